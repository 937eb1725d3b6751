// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Theory of operation
 *
 * A request has two ways: to this host's own server, and through the bridge to others; an answer
 * has one. A drop counts for a way only if it is on it:
 *
 * - what kept a request from this host's IP layer counts only if a server listens there, and no
 *   request came past all rules. Many hosts drop what nobody listens for, and that is well.
 * - a broadcast is copied for each port. What kept a copy from one port counts, with the port's
 *   name, unless another request left through the same port. A guest's port counts only if no
 *   server of this host got a request, and none left through a port that is not a guest's.
 * - an answer counts only on its way to our own port. A broadcast answer comes back to the host
 *   that sent it, which has no use for it, and goes to other guests too.
 */
#include "drop_ways.h"

bool drop_has_listener(const struct drop_seen *seen, unsigned int device)
{
	for (size_t i = 0; i < seen->server_count; i++) {
		const struct dhcp_server *server = &seen->servers[i];
		if (!server->raw && !server->unicast &&
			(server->device == 0 || server->device == device))
			return true;
	}
	return false;
}

/* A hook of the bridge, or what it hands to the IP layer from there. */
static struct drop_ways request_in_bridge(enum drop_hook hook)
{
	return (struct drop_ways){.host = hook == DROP_PREROUTING || hook == DROP_INPUT,
		.through = hook == DROP_PREROUTING || hook == DROP_FORWARD ||
			   hook == DROP_POSTROUTING};
}

static struct drop_ways request_ways(const struct drop_seen *seen, const struct drop_trip *trip)
{
	if (trip->layer == DROP_IN_BRIDGE)
		return request_in_bridge(trip->hook);
	if (trip->layer == DROP_IN_IP && trip->inside != DROP_NO_HOOK)
		return request_in_bridge(trip->inside);
	if (trip->layer == DROP_IN_IP)
		return (struct drop_ways){
			.host = trip->hook == DROP_PREROUTING || trip->hook == DROP_INPUT};
	if (trip->hook == DROP_EGRESS)
		return (struct drop_ways){.through = trip->out != seen->bridge};
	if (trip->in == seen->port)
		return (struct drop_ways){.host = true, .through = true};
	return (struct drop_ways){.host = trip->in == seen->bridge};
}

static bool answer_in_bridge(const struct drop_seen *seen, enum drop_hook hook, unsigned int out)
{
	if (hook == DROP_PREROUTING)
		return true;
	return hook != DROP_INPUT && out == seen->port;
}

static bool answer_way(const struct drop_seen *seen, const struct drop_trip *trip)
{
	if (trip->layer == DROP_IN_BRIDGE)
		return answer_in_bridge(seen, trip->hook, trip->out);
	if (trip->layer == DROP_IN_IP && trip->inside != DROP_NO_HOOK)
		return answer_in_bridge(seen, trip->inside, trip->out);
	if (trip->layer == DROP_IN_IP)
		return trip->hook == DROP_OUTPUT || trip->hook == DROP_POSTROUTING;
	if (trip->hook == DROP_EGRESS)
		return trip->out == seen->port || trip->out == seen->bridge;
	return trip->in != seen->bridge;
}

/* The ways that are closed for a packet that ends here. */
static struct drop_ways ways_of(const struct drop_seen *seen, const struct drop_trip *trip)
{
	if (trip->packet == DROP_REQUEST)
		return request_ways(seen, trip);
	return (struct drop_ways){.answer = trip->packet == DROP_REPLY && answer_way(seen, trip)};
}

bool drop_is_at_host(const struct drop_trip *trip)
{
	return trip->packet == DROP_REQUEST && trip->layer == DROP_IN_IP &&
	       trip->inside == DROP_NO_HOOK;
}

unsigned int drop_device_of(const struct drop_seen *seen, const struct drop_trip *trip)
{
	return drop_is_at_host(trip) ? trip->in : seen->bridge;
}

/* True if a request came past all rules at this device. */
static bool has_reached(const struct drop_seen *seen, unsigned int device)
{
	for (size_t i = 0; i < seen->trip_count; i++) {
		const struct drop_trip *trip = &seen->trips[i];
		if (drop_is_at_host(trip) && trip->hook == DROP_INPUT && trip->ended &&
			trip->in == device)
			return true;
	}
	return false;
}

/* True if a server listens there, and got no request: then it matters what kept it away. */
static bool host_matters(const struct drop_seen *seen, unsigned int device)
{
	return drop_has_listener(seen, device) && !has_reached(seen, device);
}

/* True if a server of this host got the request, or it left to where others may have one. */
static bool has_come_further(const struct drop_seen *seen, const struct drop_leaving *leaving)
{
	for (size_t i = 0; i < seen->trip_count; i++) {
		const struct drop_trip *trip = &seen->trips[i];
		if (drop_is_at_host(trip) && trip->hook == DROP_INPUT && trip->ended &&
			drop_has_listener(seen, trip->in))
			return true;
	}
	for (size_t i = 0; i < leaving->count; i++) {
		if (!drop_is_guest(seen, leaving->ports[i]))
			return true;
	}
	return false;
}

/* True if it matters that no request left by a port; 0: by any. Few guests have servers. */
static bool through_matters(
	const struct drop_seen *seen, const struct drop_leaving *leaving, unsigned int out)
{
	if (out == 0)
		return leaving->count == 0;
	if (drop_has_left_through(leaving, out))
		return false;
	return !drop_is_guest(seen, out) || !has_come_further(seen, leaving);
}

bool drop_choose_way(const struct drop_seen *seen, const struct drop_leaving *leaving,
	struct drop_ways ways, unsigned int device, unsigned int out, enum drop_way *way)
{
	if (ways.answer)
		*way = DROP_ANSWER;
	else if (ways.host && host_matters(seen, device))
		*way = DROP_TO_HOST;
	else if (ways.through && through_matters(seen, leaving, out))
		*way = DROP_THROUGH;
	else
		return false;
	return true;
}

bool drop_choose_way_of(const struct drop_seen *seen, const struct drop_leaving *leaving,
	const struct drop_trip *trip, enum drop_way *way)
{
	return drop_choose_way(
		seen, leaving, ways_of(seen, trip), drop_device_of(seen, trip), trip->out, way);
}
