// SPDX-License-Identifier: GPL-2.0-or-later
#include "quiet.h"

#include "alloc.h"
#include "cleanup.h"
#include "clock.h"
#include "host.h"

#include <stdlib.h>

/* When a device's qdiscs were last changed. */
struct quiet_change {
	unsigned int ifindex; /* 0: any */
	long long when;       /* ns */
};

static long long milliseconds_since(long long when)
{
	return (clock_now() - when) / NANOSECONDS_PER_MILLISECOND;
}

static void note_change(struct quiet *quiet, unsigned int ifindex)
{
	size_t i = 0;

	while (i < quiet->count && quiet->changes[i].ifindex != ifindex)
		i++;
	if (i == quiet->count)
		quiet->changes =
			alloc_one_more(quiet->changes, quiet->count++, sizeof(*quiet->changes));
	quiet->changes[i] = (struct quiet_change){ifindex, clock_now()};
}

void quiet_note(struct quiet *quiet, long long timeout)
{
	long long start = clock_now();

	do {
		CLEANUP(cleanup_free) unsigned int *ifindexes = NULL;
		size_t count;
		long long left = timeout - milliseconds_since(start);
		host_qdisc_wait(quiet->watch, left > 0 ? (int)left : 0, &ifindexes, &count);
		for (size_t i = 0; i < count; i++)
			note_change(quiet, ifindexes[i]);
	} while (milliseconds_since(start) < timeout);
}

long long quiet_left(const struct quiet *quiet, unsigned int ifindex)
{
	long long left = 0;

	for (size_t i = 0; i < quiet->count; i++) {
		const struct quiet_change *change = &quiet->changes[i];
		long long rest = QUIET - milliseconds_since(change->when);
		if ((change->ifindex == 0 || change->ifindex == ifindex) && rest > left)
			left = rest;
	}
	return left;
}

void quiet_clear(struct quiet *quiet)
{
	free(quiet->changes);
	quiet->changes = NULL;
	quiet->count = 0;
}
