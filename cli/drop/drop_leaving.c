// SPDX-License-Identifier: GPL-2.0-or-later
#include "drop_leaving.h"

#include "alloc.h"
#include "drop_reason.h"

#include <stdlib.h>

static bool was_dropped_leaving(const struct drop_seen *seen, size_t index)
{
	const struct drop_trip *left = &seen->trips[index];

	for (size_t i = index + 1; i < seen->trip_count; i++) {
		const struct drop_trip *trip = &seen->trips[i];
		/* The next copy: each is sent before that. */
		if (trip->layer == DROP_IN_BRIDGE && trip->hook == DROP_FORWARD)
			break;
		if (trip->id == left->id && trip->layer == DROP_AT_DEVICE &&
			trip->hook == DROP_EGRESS && trip->out == left->out)
			return trip->verdict.table != NULL;
	}
	return false;
}

/* Copies of requests that the kernel dropped when they left. */
static size_t count_dropped_leaving(const struct drop_seen *seen)
{
	size_t count = 0;

	for (size_t i = 0; i < seen->sample_count; i++) {
		struct drop_reading reading = drop_reason_read(&seen->samples[i]);
		if (reading.stage == DROP_ON_ITS_WAY_OUT &&
			(reading.cause == DROP_CAUSE_TC || reading.cause == DROP_CAUSE_QUEUE))
			count++;
	}
	return count;
}

/* A request that came past the last rule of the bridge. */
static bool is_leaving(const struct drop_seen *seen, size_t index)
{
	const struct drop_trip *trip = &seen->trips[index];

	return trip->packet == DROP_REQUEST && trip->layer == DROP_IN_BRIDGE &&
	       trip->hook == DROP_POSTROUTING && trip->ended && trip->out != seen->port &&
	       !was_dropped_leaving(seen, index);
}

struct drop_leaving drop_find_leaving(const struct drop_seen *seen)
{
	struct drop_leaving leaving = {.dropped = count_dropped_leaving(seen)};

	for (size_t i = 0; i < seen->trip_count; i++) {
		unsigned int port = seen->trips[i].out;
		size_t n = 0;
		if (!is_leaving(seen, i))
			continue;
		leaving.copies++;
		while (n < leaving.count && leaving.ports[n] != port)
			n++;
		if (n < leaving.count)
			continue;
		leaving.ports =
			alloc_one_more(leaving.ports, leaving.count, sizeof(*leaving.ports));
		leaving.ports[leaving.count++] = port;
	}
	return leaving;
}

void drop_leaving_clear(struct drop_leaving *leaving)
{
	free(leaving->ports);
}

bool drop_has_left_through(const struct drop_leaving *leaving, unsigned int port)
{
	for (size_t i = 0; i < leaving->count; i++) {
		if (leaving->ports[i] == port)
			return true;
	}
	return false;
}

const struct drop_device *drop_find_device(const struct drop_seen *seen, unsigned int ifindex)
{
	for (size_t i = 0; i < seen->device_count; i++) {
		if (seen->devices[i].ifindex == ifindex)
			return &seen->devices[i];
	}
	return NULL;
}

bool drop_is_guest(const struct drop_seen *seen, unsigned int port)
{
	const struct drop_device *device = drop_find_device(seen, port);

	return device && device->guest;
}

bool drop_is_kept_in(const struct drop_seen *seen)
{
	bool entered = false;

	for (size_t i = 0; i < seen->trip_count; i++) {
		const struct drop_trip *trip = &seen->trips[i];
		if (trip->packet != DROP_REQUEST || trip->layer != DROP_IN_BRIDGE)
			continue;
		if (trip->hook == DROP_FORWARD)
			return false;
		entered = entered || (trip->hook == DROP_PREROUTING && trip->ended);
	}
	return entered;
}
