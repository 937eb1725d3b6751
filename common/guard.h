// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The guard between the work and libvirtd.
 *
 * Theory of operation
 *
 * libvirtd waits for a hook without a time limit, and reads an exit status other
 * than 0, or death by a signal, as a refusal: at "started" and "reconnect" it kills
 * the running guest [libvirt src/util/virhook.c, src/qemu/qemu_process.c]. So the
 * process that libvirtd waits for does nothing but wait: all work is done in a
 * child, which may crash, run out of memory or hang. The child does not hold
 * libvirtd's stdout and stderr, because libvirtd waits for their end too. When the
 * deadline has passed the child is killed, and even if it cannot die (a process
 * that waits for the kernel's RTNL lock cannot) the hook ends, with status 0.
 *
 * The two share memory: the deadline, which the child may move, what it is doing, for the message
 * if it does not come back, a refusal, and what is to be written to stdout. The last two count only
 * if the child ended as it should. So libvirtd gets a whole answer or none: the pipe is first made
 * to hold all of it, after which the write neither waits for libvirtd to read nor can be cut off by
 * a signal [linux fs/pipe.c, pipe_write()].
 */
#ifndef VIRT_NETBOOT_GUARD_H
#define VIRT_NETBOOT_GUARD_H

#include <stdbool.h>
#include <stddef.h>

/* The status of a refusal: neither the dynamic linker nor a shell ends with it. The launcher turns
 * it into 1. */
#define GUARD_REFUSED 3

/* The work; runs in the child, with stdin as it was, stdout and stderr on /dev/null. */
typedef void guard_work(void *argument);

/**
 * guard_run() - do the work in a child process and wait for it
 * @work:	what to do
 * @argument:	handed to @work
 *
 * Return: 0, whatever happened to the child; GUARD_REFUSED if the work called guard_refuse() and
 * ended well: the reason has then been written to stderr. What guard_answer() was given has then
 * been written to stdout.
 */
int guard_run(guard_work *work, void *argument);

/*
 * Below: called by the work.
 */

/* False where nobody would end the work at a deadline: in a command, or a test. */
bool guard_is_active(void);

/* The whole run may take @seconds, counted from guard_run(). Two at first. */
void guard_set_deadline(unsigned int seconds);

/*
 * Between the two, the work waits for somebody else: the run may take at least @seconds in all, and
 * the time that was spent waiting does not count.
 */
void guard_wait_begin(unsigned int seconds);
void guard_wait_end(void);

/* What the work does next, a string constant, for the message if it does not come back. */
void guard_step(const char *step);

/* Make the hook fail with @reason, one sentence without a newline, which libvirt shows to the user.
 */
void guard_refuse(const char *reason);

/* The most that guard_answer() takes, in bytes. */
#define GUARD_ANSWER_MAX (16U << 20)

/**
 * guard_answer() - what the hook writes to stdout when the work has ended well
 *
 * Return: 0, or -EFBIG for more than GUARD_ANSWER_MAX bytes.
 */
int guard_answer(const char *text, size_t length);

/* Go on without the guard, in a process of the caller's own; the hook ends without waiting for it.
 */
void guard_leave(void);

#endif
