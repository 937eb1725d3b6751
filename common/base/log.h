// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The system log: facility daemon, ident virt-netboot, one line per event, made of
 * key=value fields. A value that holds anything but letters, digits and plain
 * punctuation is put in double quotes with \" \\ and \xNN inside, so that the name of a guest
 * or of a device can neither forge a field nor a line. Every line is UTF-8.
 */
#ifndef VIRT_NETBOOT_LOG_H
#define VIRT_NETBOOT_LOG_H

#include <stdio.h>
#include <syslog.h>

/* Messages less important than @level (LOG_ERR ... LOG_DEBUG) are dropped; LOG_NOTICE at first. */
void log_set_level(int level);

/* Append " KEY=VALUE" to @line (without the space at its start); nothing where @value is NULL. */
void log_field(FILE *line, const char *key, const char *value);

/* Send one line of text that log_field() made, or a fixed sentence. */
void log_line(int level, const char *line);

/* Send "error="TEXT"" for what has no finding of its own: the hook itself is in trouble. */
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same for what the administrator may want to mend, but nothing failed. */
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* What a guest or network the messages are about is called; shown in log_error and log_warning. */
void log_set_object(const char *kind, const char *name);

/* Hand a line to the system log, which is not waited for: log_send.c, or a fake of it in the tests.
 */
void log_send(int level, const char *line);

#endif
