// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Theory of operation
 *
 * Our own chains are the first and the last of each hook. A rule of theirs takes our packets only,
 * so the event of the first one begins a trip: from now on its id is ours in this layer, and all
 * others' ids are not followed. The event of the last one ends the trip. Between the two are the
 * rules of everybody else. A trip that neither ended nor met a verdict "drop" of nftables ended by
 * something else: a legacy table, for one.
 *
 * br_netfilter hands a bridged packet to the hooks of the IP layer while it is in a hook of the
 * bridge. The packet has the same id in both, so that a trip in the IP layer that begins while one
 * in the bridge has not ended is inside of that.
 */
#include "drop_follow.h"

#include "alloc.h"

#include <stdlib.h>
#include <string.h>

const char *const drop_hook_names[DROP_HOOKS] = {
	[DROP_NO_HOOK] = "none",
	[DROP_INGRESS] = "ingress",
	[DROP_PREROUTING] = "prerouting",
	[DROP_INPUT] = "input",
	[DROP_FORWARD] = "forward",
	[DROP_OUTPUT] = "output",
	[DROP_POSTROUTING] = "postrouting",
	[DROP_EGRESS] = "egress",
};

/* The latest trip of the packet in the layer, or NULL. */
static struct drop_trip *find_trip(
	const struct drop_seen *seen, unsigned int id, enum drop_layer layer)
{
	for (size_t i = seen->trip_count; i > 0; i--) {
		struct drop_trip *trip = &seen->trips[i - 1];
		if (trip->id == id && trip->layer == layer)
			return trip;
	}
	return NULL;
}

static bool is_under_way(const struct drop_trip *trip)
{
	return trip && !trip->ended && !trip->verdict.table;
}

/* Grows by doubling: a bridge may have a thousand ports. */
static struct drop_trip *add_trip(struct drop_seen *seen)
{
	if (seen->trip_count == DROP_TRIPS_MAX) {
		seen->lost = true;
		return NULL;
	}
	if ((seen->trip_count & (seen->trip_count - 1)) == 0) {
		size_t room = seen->trip_count ? seen->trip_count * 2 : 1;
		struct drop_trip *trips = alloc_array(room, sizeof(*trips));
		if (seen->trips)
			memcpy(trips, seen->trips, seen->trip_count * sizeof(*trips));
		free(seen->trips);
		seen->trips = trips;
	}
	return &seen->trips[seen->trip_count++];
}

static void begin_trip(struct drop_seen *seen, const struct drop_event *event, enum drop_hook hook)
{
	struct drop_trip trip = {.id = event->id,
		.packet = event->packet,
		.layer = event->layer,
		.hook = hook,
		.in = event->in,
		.out = event->out};
	const struct drop_trip *around =
		event->layer == DROP_IN_IP ? find_trip(seen, event->id, DROP_IN_BRIDGE) : NULL;

	if (is_under_way(around)) {
		trip.inside = around->hook;
		trip.in = around->in;
		trip.out = around->out;
	}
	struct drop_trip *added = add_trip(seen);
	if (added)
		*added = trip;
}

/* Which of our chains. Return: its hook, or none. */
static enum drop_hook station_hook(const char *chain, bool *first)
{
	for (enum drop_hook hook = DROP_INGRESS; hook < DROP_HOOKS; hook++) {
		size_t length = strlen(drop_hook_names[hook]);
		if (strncmp(chain, drop_hook_names[hook], length) != 0)
			continue;
		*first = strcmp(chain + length, DROP_FIRST) == 0;
		if (*first || strcmp(chain + length, DROP_LAST) == 0)
			return hook;
	}
	return DROP_NO_HOOK;
}

static void pass_station(struct drop_seen *seen, const struct drop_event *event)
{
	bool first = false;
	enum drop_hook hook = station_hook(event->chain, &first);
	struct drop_trip *trip = find_trip(seen, event->id, event->layer);

	if (!event->rule || hook == DROP_NO_HOOK)
		return;
	if (first)
		begin_trip(seen, event, hook);
	else if (is_under_way(trip) && trip->hook == hook)
		trip->ended = true;
}

static bool is_known(const struct drop_seen *seen, unsigned int id)
{
	return find_trip(seen, id, DROP_IN_BRIDGE) || find_trip(seen, id, DROP_IN_IP) ||
	       find_trip(seen, id, DROP_AT_DEVICE);
}

/* Where frames leave a device we have no chain: the hook is younger than the kernels that we
 * support. The packet is known from the layer that sends it. */
static void pass_device(struct drop_seen *seen, const struct drop_event *event)
{
	const struct drop_trip *trip = find_trip(seen, event->id, DROP_AT_DEVICE);
	bool leaves = event->out != 0 && event->in == 0;

	if (!event->has_packet || !leaves || !is_known(seen, event->id))
		return;
	if (!is_under_way(trip) || trip->hook != DROP_EGRESS || trip->out != event->out)
		begin_trip(seen, event, DROP_EGRESS);
}

void drop_follow(struct drop_seen *seen, const struct drop_event *event)
{
	if (strcmp(event->table, seen->table) == 0) {
		pass_station(seen, event);
		return;
	}
	if (event->layer == DROP_AT_DEVICE)
		pass_device(seen, event);
	struct drop_trip *trip = find_trip(seen, event->id, event->layer);
	if (!event->drops || !is_under_way(trip))
		return;
	trip->verdict = (struct drop_verdict){.family = event->family,
		.table = alloc_copy(event->table),
		.chain = alloc_copy(event->chain),
		.policy = event->policy,
		.handle = event->policy ? 0 : event->handle};
}

void drop_seen_clear(struct drop_seen *seen)
{
	for (size_t i = 0; i < seen->trip_count; i++) {
		free(seen->trips[i].verdict.table);
		free(seen->trips[i].verdict.chain);
	}
	for (size_t i = 0; i < seen->sample_count; i++)
		free(seen->samples[i].frames);
	free(seen->trips);
	free(seen->lines);
	free(seen->samples);
	free(seen->servers);
	free(seen->devices);
	*seen = (struct drop_seen){0};
}
