// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Processes that go on when the hook has ended. Such a process is a session of its own and holds no
 * descriptor that it was given but its own two, so that libvirtd neither waits for it nor ends it;
 * and the kernel's alarm clock ends it after its time whatever it does.
 */
#ifndef VIRT_NETBOOT_BACKGROUND_H
#define VIRT_NETBOOT_BACKGROUND_H

/* Of the new process. */
struct background {
	int lock;        /* released when it ends, or closes this */
	int watch;       /* a socket that tells of changes */
	long long start; /* clock_now() */
};

/**
 * background_start() - fork a process
 * @lock, @watch:	descriptors; the caller's to close, in the hook
 * @seconds:	after which it ends
 * @run:	what it does
 *
 * Return: 0 or a negative errno.
 */
int background_start(int lock, int watch, unsigned int seconds,
	void (*run)(struct background *background, const void *argument), const void *argument);

#endif
