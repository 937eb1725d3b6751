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
#include "drop_judge.h"

#include "alloc.h"
#include "drop_follow.h"
#include "drop_reason.h"

#include <stdlib.h>
#include <string.h>

/* Which ways a packet can no longer go. */
struct ways {
	bool host;
	bool through;
	bool answer;
};

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
static struct ways request_in_bridge(enum drop_hook hook)
{
	return (struct ways){.host = hook == DROP_PREROUTING || hook == DROP_INPUT,
		.through = hook == DROP_PREROUTING || hook == DROP_FORWARD ||
			   hook == DROP_POSTROUTING};
}

static struct ways request_ways(const struct drop_seen *seen, const struct drop_trip *trip)
{
	if (trip->layer == DROP_IN_BRIDGE)
		return request_in_bridge(trip->hook);
	if (trip->layer == DROP_IN_IP && trip->inside != DROP_NO_HOOK)
		return request_in_bridge(trip->inside);
	if (trip->layer == DROP_IN_IP)
		return (struct ways){
			.host = trip->hook == DROP_PREROUTING || trip->hook == DROP_INPUT};
	if (trip->hook == DROP_EGRESS)
		return (struct ways){.through = trip->out != seen->bridge};
	if (trip->in == seen->port)
		return (struct ways){.host = true, .through = true};
	return (struct ways){.host = trip->in == seen->bridge};
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
static struct ways ways_of(const struct drop_seen *seen, const struct drop_trip *trip)
{
	if (trip->packet == DROP_REQUEST)
		return request_ways(seen, trip);
	return (struct ways){.answer = trip->packet == DROP_REPLY && answer_way(seen, trip)};
}

/* A request in the IP layer of this host. The device is the bridge, or one on it; beside a macvtap
 * there may be several. */
static bool is_at_host(const struct drop_trip *trip)
{
	return trip->packet == DROP_REQUEST && trip->layer == DROP_IN_IP &&
	       trip->inside == DROP_NO_HOOK;
}

/* True if a request came past all rules at this device. */
static bool has_reached(const struct drop_seen *seen, unsigned int device)
{
	for (size_t i = 0; i < seen->trip_count; i++) {
		const struct drop_trip *trip = &seen->trips[i];
		if (is_at_host(trip) && trip->hook == DROP_INPUT && trip->ended &&
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

/* Whether a request came past all rules, and whether it did so where a server listens. */
static void note_host(const struct drop_seen *seen, struct drop_report *report)
{
	bool heard = false;

	for (size_t i = 0; i < seen->trip_count; i++) {
		const struct drop_trip *trip = &seen->trips[i];
		if (!is_at_host(trip) || trip->hook != DROP_INPUT || !trip->ended)
			continue;
		report->reached_host = true;
		heard = heard || drop_has_listener(seen, trip->in);
	}
	report->no_listener = report->reached_host && !heard;
}

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

/* The ports by which requests left. If the kernel dropped some on their way out, it is known by
 * which only if there is one, or if it was all of them. */
struct leaving {
	unsigned int *ports;
	size_t count;
	size_t copies;
	size_t dropped;
};

static struct leaving find_leaving(const struct drop_seen *seen)
{
	struct leaving leaving = {.dropped = count_dropped_leaving(seen)};

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

static bool has_left_through(const struct leaving *leaving, unsigned int port)
{
	for (size_t i = 0; i < leaving->count; i++) {
		if (leaving->ports[i] == port)
			return true;
	}
	return false;
}

static const struct drop_device *find_device(const struct drop_seen *seen, unsigned int ifindex)
{
	for (size_t i = 0; i < seen->device_count; i++) {
		if (seen->devices[i].ifindex == ifindex)
			return &seen->devices[i];
	}
	return NULL;
}

static bool is_guest(const struct drop_seen *seen, unsigned int port)
{
	const struct drop_device *device = find_device(seen, port);

	return device && device->guest;
}

/* True if a server of this host got the request, or it left to where others may have one. */
static bool has_come_further(const struct drop_seen *seen, const struct leaving *leaving)
{
	for (size_t i = 0; i < seen->trip_count; i++) {
		const struct drop_trip *trip = &seen->trips[i];
		if (is_at_host(trip) && trip->hook == DROP_INPUT && trip->ended &&
			drop_has_listener(seen, trip->in))
			return true;
	}
	for (size_t i = 0; i < leaving->count; i++) {
		if (!is_guest(seen, leaving->ports[i]))
			return true;
	}
	return false;
}

/* True if it matters that no request left by a port; 0: by any. Few guests have servers. */
static bool through_matters(
	const struct drop_seen *seen, const struct leaving *leaving, unsigned int out)
{
	if (out == 0)
		return leaving->count == 0;
	if (has_left_through(leaving, out))
		return false;
	return !is_guest(seen, out) || !has_come_further(seen, leaving);
}

static void note_leaving(const struct drop_seen *seen, struct drop_report *report)
{
	struct leaving leaving = find_leaving(seen);

	report->left = leaving.copies > leaving.dropped;
	for (size_t i = 0; report->left && i < leaving.count; i++) {
		const struct drop_device *device = find_device(seen, leaving.ports[i]);
		char *before = report->left_through;
		if (!device || leaving.dropped > 0)
			continue;
		report->left_through = alloc_format(
			"%s%s%s", before ? before : "", before ? " " : "", device->name);
		free(before);
	}
	free(leaving.ports);
}

/* What is known when drops are looked at. */
struct judging {
	const struct drop_seen *seen;
	struct drop_report *report;
	struct leaving leaving;
};

/* Which way to say of those that are closed. @device is that of this host that the packet came to,
 * and @out the port by which it was to leave, or 0. Return: false if it does not matter. */
static bool choose_way(const struct judging *judging, struct ways ways, unsigned int device,
	unsigned int out, enum drop_way *way)
{
	if (ways.answer)
		*way = DROP_ANSWER;
	else if (ways.host && host_matters(judging->seen, device))
		*way = DROP_TO_HOST;
	else if (ways.through && through_matters(judging->seen, &judging->leaving, out))
		*way = DROP_THROUGH;
	else
		return false;
	return true;
}

/* A server that is bound to no device may be there for others only. */
static bool is_bound(const struct drop_seen *seen, unsigned int device)
{
	for (size_t i = 0; i < seen->server_count; i++) {
		if (!seen->servers[i].raw && seen->servers[i].device == device)
			return true;
	}
	return false;
}

static void advise(const struct drop_seen *seen, unsigned int device, struct drop *drop)
{
	if (drop->way == DROP_TO_HOST && !is_bound(seen, device))
		drop->advice = alloc_copy("This host's server listens on all devices; whether it "
					  "serves this one is not known here.");
}

static unsigned int device_of(const struct drop_seen *seen, const struct drop_trip *trip)
{
	return is_at_host(trip) ? trip->in : seen->bridge;
}

static bool choose_way_of(
	const struct judging *judging, const struct drop_trip *trip, enum drop_way *way)
{
	return choose_way(judging, ways_of(judging->seen, trip), device_of(judging->seen, trip),
		trip->out, way);
}

static bool is_same_text(const char *one, const char *other)
{
	return one && other ? strcmp(one, other) == 0 : one == other;
}

static bool is_same(const struct drop *one, const struct drop *other)
{
	return one->way == other->way && one->kind == other->kind && one->handle == other->handle &&
	       one->number == other->number && is_same_text(one->family, other->family) &&
	       is_same_text(one->table, other->table) && is_same_text(one->chain, other->chain) &&
	       is_same_text(one->text, other->text) && strcmp(one->out, other->out) == 0;
}

static void drop_clear(struct drop *drop)
{
	free(drop->family);
	free(drop->table);
	free(drop->chain);
	free(drop->text);
	free(drop->owner);
	free(drop->cure);
	free(drop->advice);
}

/* Takes what the drop has. Each request meets the same rules. */
static void add_drop(struct drop_report *report, struct drop *drop)
{
	for (size_t i = 0; i < report->count; i++) {
		if (is_same(&report->drops[i], drop)) {
			drop_clear(drop);
			return;
		}
	}
	report->drops = alloc_one_more(report->drops, report->count, sizeof(*report->drops));
	report->drops[report->count++] = *drop;
}

static void name_port(const struct drop_seen *seen, unsigned int ifindex, struct drop *drop)
{
	const struct drop_device *device = find_device(seen, ifindex);

	if (device && drop->way == DROP_THROUGH)
		memcpy(drop->out, device->name, sizeof(drop->out));
}

static void judge_trip(struct judging *judging, const struct drop_trip *trip)
{
	const struct drop_verdict *verdict = &trip->verdict;
	struct drop drop = {.kind = verdict->policy ? DROP_POLICY : DROP_RULE};

	if (!verdict->table || !choose_way_of(judging, trip, &drop.way))
		return;
	name_port(judging->seen, trip->out, &drop);
	drop.family = alloc_copy(verdict->family);
	drop.table = alloc_copy(verdict->table);
	drop.chain = alloc_copy(verdict->chain);
	drop.handle = verdict->handle;
	advise(judging->seen, device_of(judging->seen, trip), &drop);
	add_drop(judging->report, &drop);
}

static struct ways sample_ways(const struct drop_reading *reading)
{
	switch (reading->stage) {
	case DROP_BEFORE_BRIDGE:
		return (struct ways){.host = true, .through = true};
	case DROP_AT_HOST:
		return (struct ways){.host = true};
	default:
		return (struct ways){.through = true};
	}
}

static bool is_told_of(enum drop_cause cause)
{
	return cause != DROP_CAUSE_NONE && cause != DROP_CAUSE_RULE &&
	       cause != DROP_CAUSE_NO_LISTENER;
}

/* The one port by which requests left, but were dropped; 0 if that is not known. */
static unsigned int only_port(const struct judging *judging)
{
	return judging->leaving.count == 1 ? judging->leaving.ports[0] : 0;
}

/* A port whose guest ends at this moment has a queue that takes nothing [linux
 * net/sched/sch_generic.c, noop_enqueue()]. It does not matter where others took the request. */
static bool is_port_that_goes(const struct judging *judging, const struct drop_reading *reading)
{
	return reading->cause == DROP_CAUSE_QUEUE && judging->report->left;
}

static void judge_sample(struct judging *judging, const struct drop_reading *reading)
{
	struct drop drop = {.kind = DROP_KERNEL};
	bool leaving = reading->stage == DROP_ON_ITS_WAY_OUT;
	/* It came past the socket's rules, which is what counts as the host. */
	bool socket = reading->cause == DROP_CAUSE_BUFFER || reading->cause == DROP_CAUSE_FILTER;

	if (!is_told_of(reading->cause))
		return;
	if (socket && drop_has_listener(judging->seen, judging->seen->bridge))
		drop.way = DROP_TO_HOST;
	else if (leaving && !is_port_that_goes(judging, reading))
		drop.way = DROP_THROUGH;
	else if (leaving ||
		 !choose_way(judging, sample_ways(reading), judging->seen->bridge, 0, &drop.way))
		return;
	if (leaving)
		name_port(judging->seen, only_port(judging), &drop);
	drop.text = alloc_copy(drop_cause_text(reading->cause));
	advise(judging->seen, judging->seen->bridge, &drop);
	add_drop(judging->report, &drop);
}

/* What the kernel dropped before, or after, all rules. */
static void judge_samples(struct judging *judging, bool before)
{
	for (size_t i = 0; i < judging->seen->sample_count; i++) {
		struct drop_reading reading = drop_reason_read(&judging->seen->samples[i]);
		if ((reading.stage == DROP_BEFORE_BRIDGE) == before)
			judge_sample(judging, &reading);
	}
}

/* True for a packet that ended in a hook of the IP layer, and nftables did not do it. */
static bool vanished(const struct drop_trip *trip)
{
	return trip->layer == DROP_IN_IP && !trip->ended && !trip->verdict.table;
}

/* Lines of a legacy table come in the order of the hooks, and those of one packet one after the
 * other: what the last one of its hook says is what became of it. */
static const struct drop_line *last_line(const struct drop_seen *seen, const struct drop_trip *trip)
{
	for (size_t i = seen->line_count; i > 0; i--) {
		const struct drop_line *line = &seen->lines[i - 1];
		if (line->packet == trip->packet && line->hook == trip->hook &&
			(line->out == 0 || trip->inside == DROP_NO_HOOK || line->out == trip->out))
			return line;
	}
	return NULL;
}

static void judge_legacy(struct judging *judging, const struct drop_trip *trip)
{
	struct drop drop = {.kind = DROP_LEGACY};
	const struct drop_line *line = last_line(judging->seen, trip);

	if (!line || !line->known || !line->drops || !choose_way_of(judging, trip, &drop.way))
		return;
	name_port(judging->seen, trip->out, &drop);
	drop.family = alloc_copy("ip");
	drop.table = alloc_copy(line->table);
	drop.chain = alloc_copy(line->chain);
	drop.number = line->policy ? 0 : line->number;
	advise(judging->seen, device_of(judging->seen, trip), &drop);
	add_drop(judging->report, &drop);
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

/* The one reason for all other ports that forward; *@port is the only one, or NULL. */
static enum drop_gate common_gate(const struct drop_seen *seen, const struct drop_device **port)
{
	enum drop_gate gate = DROP_GATE_UNKNOWN;
	size_t ports = 0;

	for (size_t i = 0; i < seen->device_count; i++) {
		const struct drop_device *device = &seen->devices[i];
		if (device->ifindex == seen->port || device->gate == DROP_GATE_CLOSED)
			continue;
		if (device->gate == DROP_GATE_UNKNOWN || (ports > 0 && device->gate != gate))
			return DROP_GATE_UNKNOWN;
		gate = device->gate;
		*port = device;
		ports++;
	}
	if (ports != 1)
		*port = NULL;
	return gate;
}

/* How the bridge's ports are set keeps requests from others. Where this host has a server it may be
 * meant so. */
static void judge_gates(struct judging *judging)
{
	static const char *const texts[DROP_GATES] = {
		[DROP_GATE_ISOLATED] = "port isolation: this port and all others are isolated",
		[DROP_GATE_NO_BROADCASTS] =
			"flooding: the bridge sends broadcasts through no other port (bcast_flood)",
		[DROP_GATE_OTHER_VLAN] = "VLAN filtering: no other port is in this port's VLAN",
	};
	const struct drop_device *port = NULL;
	enum drop_gate gate = common_gate(judging->seen, &port);
	struct drop drop = {.kind = DROP_KERNEL, .way = DROP_THROUGH};

	if (!texts[gate] || !drop_is_kept_in(judging->seen) ||
		drop_has_listener(judging->seen, judging->seen->bridge))
		return;
	if (port)
		memcpy(drop.out, port->name, sizeof(drop.out));
	drop.text = alloc_copy(texts[gate]);
	add_drop(judging->report, &drop);
}

static void judge_all(struct judging *judging)
{
	judge_samples(judging, true);
	for (size_t i = 0; i < judging->seen->trip_count; i++) {
		const struct drop_trip *trip = &judging->seen->trips[i];
		if (vanished(trip))
			judge_legacy(judging, trip);
		else
			judge_trip(judging, trip);
	}
	judge_gates(judging);
	judge_samples(judging, false);
}

void drop_decide(const struct drop_seen *seen, struct drop_report *report)
{
	struct judging judging = {.seen = seen, .report = report};

	*report = (struct drop_report){.looked = seen->traced || seen->sampled};
	note_host(seen, report);
	for (size_t i = 0; i < seen->trip_count; i++)
		report->answer_seen = report->answer_seen || seen->trips[i].packet == DROP_REPLY;
	note_leaving(seen, report);
	/* Then what was not seen may have happened. */
	if (seen->lost)
		return;
	judging.leaving = find_leaving(seen);
	judge_all(&judging);
	free(judging.leaving.ports);
}

void drop_report_clear(struct drop_report *report)
{
	for (size_t i = 0; i < report->count; i++)
		drop_clear(&report->drops[i]);
	free(report->drops);
	free(report->left_through);
	free(report->trouble);
	*report = (struct drop_report){0};
}

/* True if requests left by no port but guests', which seldom have servers. */
static bool left_to_guests_only(const struct drop_seen *seen)
{
	struct leaving leaving = find_leaving(seen);
	bool only = true;

	for (size_t i = 0; i < leaving.count; i++) {
		const struct drop_device *device = find_device(seen, leaving.ports[i]);
		only = only && device && device->guest;
	}
	free(leaving.ports);
	return only;
}

/* True if the next request may get further: the port forwards before long. */
static bool will_pass(const struct drop *drop)
{
	return drop->kind == DROP_KERNEL &&
	       strcmp(drop->text, drop_cause_text(DROP_CAUSE_STP)) == 0;
}

bool drop_is_hopeless(const struct drop_seen *seen)
{
	struct drop_report report;
	bool answer = false;
	bool to_host = false;
	bool any = false;

	drop_decide(seen, &report);
	for (size_t i = 0; i < report.count; i++) {
		const struct drop *drop = &report.drops[i];
		bool lasting = !will_pass(drop);
		any = any || lasting;
		answer = answer || drop->way == DROP_ANSWER;
		to_host = to_host || (lasting && drop->way == DROP_TO_HOST);
	}
	/* What a macvtap sends goes to others, too, where nothing is seen of it. */
	bool alone =
		seen->bridge && any && !report.left && (!report.reached_host || report.no_listener);
	drop_report_clear(&report);
	return answer || alone || (seen->bridge && to_host && left_to_guests_only(seen));
}

bool drop_is_unexplained(const struct drop_seen *seen)
{
	struct judging judging = {.seen = seen, .leaving = find_leaving(seen)};
	bool unexplained = false;
	enum drop_way way;

	for (size_t i = 0; i < seen->trip_count && !unexplained; i++)
		unexplained =
			vanished(&seen->trips[i]) && choose_way_of(&judging, &seen->trips[i], &way);
	free(judging.leaving.ports);
	return unexplained;
}

/* True for a trip that ended without a verdict, and not because another one inside of it did. */
static bool is_silent_end(const struct drop_seen *seen, size_t index)
{
	const struct drop_trip *trip = &seen->trips[index];

	if (trip->ended || trip->verdict.table || trip->hook == DROP_EGRESS)
		return false;
	for (size_t i = index + 1; i < seen->trip_count && trip->layer == DROP_IN_BRIDGE; i++) {
		const struct drop_trip *inner = &seen->trips[i];
		if (inner->id == trip->id && inner->inside == trip->hook)
			return false;
	}
	return true;
}

char *drop_describe_end(const struct drop_seen *seen)
{
	static const char *const layers[] = {[DROP_AT_DEVICE] = "of a device",
		[DROP_IN_BRIDGE] = "of the bridge",
		[DROP_IN_IP] = "of the IP layer"};
	struct judging judging = {.seen = seen, .leaving = find_leaving(seen)};
	const struct drop_trip *end = NULL;
	enum drop_way way;

	for (size_t i = 0; i < seen->trip_count; i++) {
		if (is_silent_end(seen, i) && choose_way_of(&judging, &seen->trips[i], &way))
			end = &seen->trips[i];
	}
	free(judging.leaving.ports);
	if (!end)
		return NULL;
	return alloc_format(
		"The %s ended in the hook \"%s\" %s, and no rule told of it: legacy tables%s, or a "
		"program that a rule hands packets to, can do this.",
		end->packet == DROP_REQUEST ? "request" : "answer", drop_hook_names[end->hook],
		layers[end->layer], end->layer == DROP_IN_BRIDGE ? " of ebtables" : "");
}
