// SPDX-License-Identifier: GPL-2.0-or-later
/* The clock that nobody sets. */
#ifndef VIRT_NETBOOT_CLOCK_H
#define VIRT_NETBOOT_CLOCK_H

#include <time.h>

#define NANOSECONDS 1000000000LL
#define NANOSECONDS_PER_MILLISECOND 1000000LL

/* CLOCK_MONOTONIC, in ns. */
static inline long long clock_now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * NANOSECONDS + time.tv_nsec;
}

#endif
