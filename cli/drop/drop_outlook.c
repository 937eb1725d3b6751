// SPDX-License-Identifier: GPL-2.0-or-later
/* What the judge says while answers are waited for, and where nobody was found. */
#include "alloc.h"
#include "drop_follow.h"
#include "drop_judge.h"
#include "drop_reason.h"
#include "drop_ways.h"

#include <string.h>

/* True if requests left by no port but guests', which seldom have servers. */
static bool left_to_guests_only(const struct drop_seen *seen)
{
	struct drop_leaving leaving = drop_find_leaving(seen);
	bool only = true;

	for (size_t i = 0; i < leaving.count; i++) {
		const struct drop_device *device = drop_find_device(seen, leaving.ports[i]);
		only = only && device && device->guest;
	}
	drop_leaving_clear(&leaving);
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
	bool alone = any && !report.left && (!report.reached_host || report.no_listener);
	drop_report_clear(&report);
	/* What a macvtap sends goes to others, too, where nothing is seen of it. From beyond an
	 * uplink a server may answer whose answers come through, and which is slower. */
	return seen->bridge && (alone || ((answer || to_host) && left_to_guests_only(seen)));
}

/* True for a packet that ended in a hook of the IP layer, and nftables did not do it. */
bool drop_vanished(const struct drop_trip *trip)
{
	return trip->layer == DROP_IN_IP && !trip->ended && !trip->verdict.table;
}

bool drop_is_unexplained(const struct drop_seen *seen)
{
	struct drop_leaving leaving = drop_find_leaving(seen);
	bool unexplained = false;
	enum drop_way way;

	for (size_t i = 0; i < seen->trip_count && !unexplained; i++)
		unexplained = drop_vanished(&seen->trips[i]) &&
			      drop_choose_way_of(seen, &leaving, &seen->trips[i], &way);
	drop_leaving_clear(&leaving);
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
	struct drop_leaving leaving = drop_find_leaving(seen);
	const struct drop_trip *end = NULL;
	enum drop_way way;

	for (size_t i = 0; i < seen->trip_count; i++) {
		if (is_silent_end(seen, i) &&
			drop_choose_way_of(seen, &leaving, &seen->trips[i], &way))
			end = &seen->trips[i];
	}
	drop_leaving_clear(&leaving);
	if (!end)
		return NULL;
	return alloc_format(
		"The %s ended in the hook \"%s\" %s, and no rule told of it: legacy tables%s, or a "
		"program that a rule hands packets to, can do this.",
		end->packet == DROP_REQUEST ? "request" : "answer", drop_hook_names[end->hook],
		layers[end->layer], end->layer == DROP_IN_BRIDGE ? " of ebtables" : "");
}
