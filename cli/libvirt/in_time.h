// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Work that may never come back, because a daemon does not answer.
 *
 * Theory of operation
 *
 * libvirt's client library waits for an answer without a limit, from connect(2) on; its keepalive
 * takes an event loop, and a connection that is there. So the work is done in a thread, and who
 * wants it waits for as long as something goes on. A thread that is given up is left alone, with
 * all that it works with: the process ends soon, and the thread with it. No signal is caught, so
 * Ctrl-C ends the process at once.
 */
#ifndef VIRT_NETBOOT_IN_TIME_H
#define VIRT_NETBOOT_IN_TIME_H

#include <pthread.h>
#include <stdbool.h>

/* For how many seconds nothing may go on until a person is told, and until the work is given up. A
 * hook for which the daemon waits ends before, unless the administrator gives it more
 * (virt-netboot.conf(5), under "deadline"). */
#define IN_TIME_TOLD 3
#define IN_TIME_LIMIT 30

typedef void in_time_work(void *argument);

/* In what the work works with, which is on the heap. */
struct in_time {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	unsigned int steps;
	bool done;
	bool given_up;
	in_time_work *work;
	void *argument;
};

/**
 * in_time_run() - do work, or give it up
 * @in_time:	all zero
 * @argument:	of the work
 * @tell:	called after IN_TIME_TOLD seconds in which nothing went on, once; or NULL
 *
 * Return: 0; or -ETIMEDOUT if it was given up. Then the work may still use all that it has, which
 * must not be freed.
 */
int in_time_run(struct in_time *in_time, in_time_work *work, void *argument, void (*tell)(void));

/* Between these the work changes what is looked at also after it was given up. Return: false if it
 * has been, and nobody will look. */
bool in_time_begin_step(struct in_time *in_time);
void in_time_end_step(struct in_time *in_time);

#endif
