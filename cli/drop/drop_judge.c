// SPDX-License-Identifier: GPL-2.0-or-later
#include "drop_judge.h"

#include "alloc.h"
#include "drop_reason.h"
#include "drop_ways.h"

#include <stdlib.h>
#include <string.h>

/* What is known when drops are looked at. */
struct judging {
	const struct drop_seen *seen;
	struct drop_report *report;
	struct drop_leaving leaving;
};

/* Whether a request came past all rules, and whether it did so where a server listens. */
static void note_host(const struct drop_seen *seen, struct drop_report *report)
{
	bool heard = false;

	for (size_t i = 0; i < seen->trip_count; i++) {
		const struct drop_trip *trip = &seen->trips[i];
		if (!drop_is_at_host(trip) || trip->hook != DROP_INPUT || !trip->ended)
			continue;
		report->reached_host = true;
		heard = heard || drop_has_listener(seen, trip->in);
	}
	report->no_listener = report->reached_host && !heard;
}

static void note_leaving(const struct drop_seen *seen, struct drop_report *report)
{
	struct drop_leaving leaving = drop_find_leaving(seen);

	report->left = leaving.copies > leaving.dropped;
	for (size_t i = 0; report->left && i < leaving.count; i++) {
		const struct drop_device *device = drop_find_device(seen, leaving.ports[i]);
		char *before = report->left_through;
		if (!device || leaving.dropped > 0)
			continue;
		report->left_through = alloc_format(
			"%s%s%s", before ? before : "", before ? " " : "", device->name);
		free(before);
	}
	drop_leaving_clear(&leaving);
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
	const struct drop_device *device = drop_find_device(seen, ifindex);

	if (device && drop->way == DROP_THROUGH)
		memcpy(drop->out, device->name, sizeof(drop->out));
}

static void judge_trip(struct judging *judging, const struct drop_trip *trip)
{
	const struct drop_verdict *verdict = &trip->verdict;
	struct drop drop = {.kind = verdict->policy ? DROP_POLICY : DROP_RULE};

	if (!verdict->table ||
		!drop_choose_way_of(judging->seen, &judging->leaving, trip, &drop.way))
		return;
	name_port(judging->seen, trip->out, &drop);
	drop.family = alloc_copy(verdict->family);
	drop.table = alloc_copy(verdict->table);
	drop.chain = alloc_copy(verdict->chain);
	drop.handle = verdict->handle;
	advise(judging->seen, drop_device_of(judging->seen, trip), &drop);
	add_drop(judging->report, &drop);
}

static struct drop_ways sample_ways(const struct drop_reading *reading)
{
	switch (reading->stage) {
	case DROP_BEFORE_BRIDGE:
		return (struct drop_ways){.host = true, .through = true};
	case DROP_AT_HOST:
		return (struct drop_ways){.host = true};
	default:
		return (struct drop_ways){.through = true};
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

/* Of copies that were dropped on their way out it is not known by which port that was: they count
 * only if they were all. A device that is just going up or down drops some. */
static bool choose_way_of_sample(
	const struct judging *judging, const struct drop_reading *reading, enum drop_way *way)
{
	const struct drop_leaving *leaving = &judging->leaving;
	const struct drop_seen *seen = judging->seen;
	/* It came past the rules before the socket, which is what counts as the host. */
	bool socket = reading->cause == DROP_CAUSE_BUFFER || reading->cause == DROP_CAUSE_FILTER;

	if (reading->stage == DROP_ON_ITS_WAY_OUT) {
		*way = DROP_THROUGH;
		return leaving->copies > 0 && leaving->dropped >= leaving->copies;
	}
	if (socket) {
		*way = DROP_TO_HOST;
		return drop_has_listener(seen, seen->bridge);
	}
	return drop_choose_way(seen, leaving, sample_ways(reading), seen->bridge, 0, way);
}

static void judge_sample(struct judging *judging, const struct drop_reading *reading)
{
	struct drop drop = {.kind = DROP_KERNEL};

	if (!is_told_of(reading->cause) || !choose_way_of_sample(judging, reading, &drop.way))
		return;
	if (reading->stage == DROP_ON_ITS_WAY_OUT)
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

	if (!line || !line->known || !line->drops ||
		!drop_choose_way_of(judging->seen, &judging->leaving, trip, &drop.way))
		return;
	name_port(judging->seen, trip->out, &drop);
	drop.family = alloc_copy("ip");
	drop.table = alloc_copy(line->table);
	drop.chain = alloc_copy(line->chain);
	drop.number = line->policy ? 0 : line->number;
	advise(judging->seen, drop_device_of(judging->seen, trip), &drop);
	add_drop(judging->report, &drop);
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
		if (drop_vanished(trip))
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

	*report = (struct drop_report){.looked = seen->traced};
	note_host(seen, report);
	for (size_t i = 0; i < seen->trip_count; i++)
		report->answer_seen = report->answer_seen || seen->trips[i].packet == DROP_REPLY;
	note_leaving(seen, report);
	/* Then what was not seen may have happened. */
	if (seen->lost)
		return;
	judging.leaving = drop_find_leaving(seen);
	judge_all(&judging);
	/* By the kernel alone, if it dropped it. Else it is not known how far it came. */
	report->looked = report->looked || report->count > 0;
	drop_leaving_clear(&judging.leaving);
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
