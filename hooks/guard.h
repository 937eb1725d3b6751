// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The guard between the work and libvirtd.
 *
 * Theory of operation
 *
 * libvirtd waits for a hook without a time limit, and reads an exit status other than 0, or death
 * by a signal, as a refusal: at "started" and "reconnect" it kills the running guest [libvirt
 * src/util/virhook.c, src/qemu/qemu_process.c]. It also waits until nobody holds the hook's stdout
 * and stderr any more. So the process that libvirtd waits for needs libc only and does nothing but
 * wait: all work, beginning with the loading of the libraries, is done in a child, which may crash,
 * lack a library, run out of memory or hang. When the deadline has passed, counted from
 * guard_begin(), the child is killed, and even if it cannot die (a process that waits for the
 * kernel's RTNL lock cannot) the hook ends, with status 0. If the hook is killed, the child dies
 * with it.
 *
 * The guard itself opens no file and takes no lock, and what it reads and writes are pipes that it
 * does not wait for, or not longer than the alarm clock lets it. Should it hang all the same, or
 * crash, a signal handler ends it with status 0.
 *
 * The log comes last. What the work has to say is kept in memory, whatever becomes of the work;
 * when that has ended, and the refusal or the answer is written, another process sends all of it,
 * with what the guard has to say. That process holds none of libvirtd's descriptors, which the
 * guard has closed by then, and is waited for half a second and no longer: the log daemon, or the
 * file system that /dev/log leads to, may not answer, and the process may be stopped. What the work
 * says of its answer depends on whether libvirt gets it, which only the guard knows: it is left in
 * two versions. Where there can be no such process all of it is lost, as is what is said before
 * somebody kills the hook itself.
 *
 * The guard and the work share memory (progress_memory.h): the deadline, which the work may move,
 * what it is doing, for the message if it does not come back, what it has to say, a refusal, and
 * what is to be written to stdout. The last two count only if the child ended as it should, and
 * only at an operation where there can be one. So libvirtd gets a whole answer or none: the pipe is
 * first made to hold all of it, after which the write neither waits for libvirtd to read nor can be
 * cut off by a signal [linux fs/pipe.c, pipe_write()].
 */
#ifndef VIRT_NETBOOT_GUARD_H
#define VIRT_NETBOOT_GUARD_H

#include "progress_memory.h"

#include <stdbool.h>

struct guarded {
	/* Runs in the child, with stdin as it was, stdout and stderr on /dev/null. */
	void (*work)(struct progress_memory *memory, void *argument);
	void *argument;
	bool may_refuse;
	bool may_answer;
};

/* The first thing that main() does: the deadline is counted from here, and from here on nothing
 * ends the process with a status other than 0, or not at all. */
void guard_begin(void);

/**
 * guard_run() - do the work in a child process and wait for it
 *
 * Return: what main() returns. 0, whatever happened to the child; 1 if the work called
 * progress_refuse(), may do so, and ended well: the reason has then been written to stderr. What
 * progress_answer() was given has then been written to stdout.
 */
int guard_run(const struct guarded *guarded);

#endif
