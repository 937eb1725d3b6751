// SPDX-License-Identifier: GPL-2.0-or-later
#include "in_time.h"

#include "clock.h"

#include <errno.h>
#include <time.h>

bool in_time_begin_step(struct in_time *in_time)
{
	pthread_mutex_lock(&in_time->lock);
	return !in_time->given_up;
}

void in_time_end_step(struct in_time *in_time)
{
	in_time->steps++;
	pthread_cond_signal(&in_time->changed);
	pthread_mutex_unlock(&in_time->lock);
}

static void *run(void *argument)
{
	struct in_time *in_time = argument;

	in_time->work(in_time->argument);
	(void)in_time_begin_step(in_time);
	in_time->done = true;
	in_time_end_step(in_time);
	return NULL;
}

/* Until something has gone on, or @seconds after @start. Return: false if the time is over. */
static bool wait_for_step(struct in_time *in_time, long long start, int seconds)
{
	unsigned int steps = in_time->steps;
	long long end = start + seconds * NANOSECONDS;
	struct timespec time = {
		.tv_sec = (time_t)(end / NANOSECONDS), .tv_nsec = (long)(end % NANOSECONDS)};
	int result = 0;

	while (!in_time->done && in_time->steps == steps && result != ETIMEDOUT)
		result = pthread_cond_timedwait(&in_time->changed, &in_time->lock, &time);
	return in_time->done || in_time->steps != steps;
}

/* With the lock. */
static void wait_for_end(struct in_time *in_time, void (*tell)(void))
{
	while (!in_time->done && !in_time->given_up) {
		long long start = clock_now();
		if (wait_for_step(in_time, start, IN_TIME_TOLD))
			continue;
		if (tell)
			tell();
		tell = NULL;
		in_time->given_up = !wait_for_step(in_time, start, IN_TIME_LIMIT);
	}
}

static void initialize(struct in_time *in_time)
{
	pthread_condattr_t attributes;

	pthread_mutex_init(&in_time->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&in_time->changed, &attributes);
	pthread_condattr_destroy(&attributes);
}

int in_time_run(struct in_time *in_time, in_time_work *work, void *argument, void (*tell)(void))
{
	pthread_t thread;

	in_time->work = work;
	in_time->argument = argument;
	initialize(in_time);
	if (pthread_create(&thread, NULL, run, in_time) != 0) {
		/* Without a limit, then. */
		work(argument);
		return 0;
	}
	pthread_mutex_lock(&in_time->lock);
	wait_for_end(in_time, tell);
	bool given_up = in_time->given_up;
	pthread_mutex_unlock(&in_time->lock);
	if (given_up)
		pthread_detach(thread);
	else
		pthread_join(thread, NULL);
	return given_up ? -ETIMEDOUT : 0;
}
