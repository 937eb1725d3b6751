// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What work that is guarded tells its guard (hooks/guard.h) while it runs. Without a guard, in the
 * command or in a test, nobody listens and nothing happens.
 */
#ifndef VIRT_NETBOOT_PROGRESS_H
#define VIRT_NETBOOT_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

/* False where nobody would end the work at a deadline. */
bool progress_is_guarded(void);

/* What the work does next, for the message if it does not come back: "reading a bridge". */
void progress_step(const char *step);

/* The work has changed something: "edge-port vnet7"; likewise, for there is no report then. */
void progress_done(const char *what);

/* The whole run may take @seconds, counted from the guard's start. */
void progress_set_deadline(unsigned int seconds);

/*
 * Between the two, the work waits for somebody else: the run may take at least @seconds in all, and
 * the time that was spent waiting does not count.
 */
void progress_wait_begin(unsigned int seconds);
void progress_wait_end(void);

/**
 * progress_log() - leave a line to the guard, which sends it to the system log (log.h)
 *
 * The guard does so when the work has ended, however it ended. Return: false without a guard.
 */
bool progress_log(int level, const char *line);

/* What a line is true of. Whether libvirt has the answer is known when the work has ended. */
enum progress_log_case {
	PROGRESS_LOG_ALWAYS = 'i',
	PROGRESS_LOG_ANSWERED = 'a',
	PROGRESS_LOG_NOT_ANSWERED = 'n',
};

/* Have the lines that follow sent in that case only; PROGRESS_LOG_ALWAYS at first. */
void progress_log_for(enum progress_log_case which);

/* Have the hook fail with @reason, one sentence, which libvirt shows to the user. */
void progress_refuse(const char *reason);

/* The most that progress_answer() takes, in bytes. */
#define PROGRESS_ANSWER_MAX (16U << 20)

/**
 * progress_answer() - what the hook writes to stdout when the work has ended well
 *
 * Return: 0, or -EFBIG for more than PROGRESS_ANSWER_MAX bytes.
 */
int progress_answer(const char *text, size_t length);

/* Go on without the guard, in a process of the caller's own; the hook ends without waiting for it,
 * and it has the priority that the hook was started with. */
void progress_leave(void);

#endif
