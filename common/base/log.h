// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The system log: facility daemon, ident virt-netboot, one line per event, made of
 * key=value fields. A value that holds anything but letters, digits and plain
 * punctuation is put in double quotes with \" \\ and \xNN inside (character.h), so that the name
 * of a guest or of a device can neither forge a field nor a line. Every line is UTF-8.
 */
#ifndef VIRT_NETBOOT_LOG_H
#define VIRT_NETBOOT_LOG_H

#include <stdbool.h>
#include <stdio.h>
#include <syslog.h>

/* Messages less important than @level (LOG_ERR ... LOG_DEBUG) are dropped; LOG_NOTICE at first. */
void log_set_level(int level);

/* True if messages of that level are not dropped. */
bool log_takes(int level);

/* The longest value as it is shown, in bytes, with a NUL: some of them fit one line. */
#define LOG_VALUE_SIZE 1000

/* Append " KEY=VALUE" to @line (without the space at its start); nothing where @value is NULL. One
 * that is too long is cut: a name takes no room from what else there is to say. */
void log_field(FILE *line, const char *key, const char *value);

/*
 * The longest line, in bytes, with its NUL. With what comes before it, it fits the smallest send
 * buffer that a socket can have, 4608 bytes [linux net/unix/af_unix.c, unix_dgram_sendmsg();
 * include/net/sock.h, SOCK_MIN_SNDBUF], and what rsyslog takes, 8 KiB [rsyslog, maxMessageSize].
 */
#define LOG_LINE_SIZE 4000

/*
 * Log one line of text that log_field() made, or a fixed sentence. Work that is guarded leaves it
 * to its guard, which sends it after all else; without a guard it is sent now. A line that is too
 * long is cut, at the end of a character, and says so (character.h).
 */
void log_line(int level, const char *line);

/* Send "error="TEXT"" for what has no finding of its own: the hook itself is in trouble. */
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same for what the administrator may want to mend, but nothing failed. */
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* What a guest or network the messages are about is called; shown in log_error and log_warning. */
void log_set_object(const char *kind, const char *name);

/* How long all messages of a process together may wait for the log daemon, in milliseconds. */
#define LOG_BUDGET 5000

/*
 * Hand a line to the system log, which is not waited for any longer than that: log_send.c, or a
 * fake of it in the tests. What a daemon did not take in that time is lost, and so is all after it.
 */
void log_send(int level, const char *line);

#endif
