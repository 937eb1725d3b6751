// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Zones are firewalld's, which only the command asks: what the plan has of them is added here.
 * Nobody is asked if no zone was noted.
 *
 * A zone is ours only while the device is in the very one that we set. Otherwise somebody has
 * changed it, or firewalld was reloaded, which forgets what was not made permanent: the note goes
 * when all else is carried out, and the device stays where it is. So it does where the permanent
 * configuration has it in that zone: somebody has run the command that repair printed. While
 * firewalld does not run there are no zones; what was noted stays noted.
 */
#include "undo_all.h"

#include "alloc.h"
#include "apply.h"
#include "gather_ours.h"
#include "host.h"
#include "log.h"
#include "report.h"
#include "undo.h"
#include "zone.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void add_zone(struct undo_all *undo, const struct device_facts *device)
{
	struct action action = {
		.kind = ACTION_ZONE,
		.ifindex = device->ifindex,
		.zone_before = device->zone.set,
		.zone = device->zone.before,
	};

	memcpy(action.bridge, device->name, IFNAME_SIZE);
	undo->plan.actions =
		alloc_one_more(undo->plan.actions, undo->plan.action_count, sizeof(action));
	undo->plan.actions[undo->plan.action_count++] = action;
}

/* Return: 0, also if firewalld does not run; or a negative errno. */
static int find_zone(struct undo_all *undo, struct device_facts *device)
{
	char now[ZONE_SIZE];
	char kept[ZONE_SIZE] = "";
	int result = zone_of(device->name, now);
	bool ours = result == 0 && strcmp(now, device->zone.set) == 0;

	if (ours)
		result = zone_kept(device->name, kept);
	if (result == 0 && ours && strcmp(kept, device->zone.set) != 0)
		add_zone(undo, device);
	else if (result == 0)
		undo->stale[undo->stale_count++] = device->ifindex;
	else if (result != -ENOENT)
		log_error("firewalld does not tell the zone of %s: %s", device->name,
			strerror(-result));
	return result == -ENOENT ? 0 : result;
}

/* Where firewalld does not answer once, the other devices need not wait for it. */
static int find_zones(struct undo_all *undo)
{
	int result = 0;

	undo->stale = alloc_array(undo->facts.device_count, sizeof(*undo->stale));
	for (size_t i = 0; i < undo->facts.device_count && result == 0; i++) {
		if (*undo->facts.devices[i].zone.set)
			result = find_zone(undo, &undo->facts.devices[i]);
	}
	return result;
}

void undo_all_find(struct undo_all *undo)
{
	*undo = (struct undo_all){0};
	undo->result = gather_ours(&undo->facts);
	plan_undo(&undo->plan, &undo->facts);
	int result = find_zones(undo);
	if (undo->result == 0)
		undo->result = result;
}

static void forget_zone(unsigned int ifindex)
{
	const struct zone_note nothing = {0};

	(void)host_note_zone(ifindex, &nothing);
}

/* The note goes afterwards: whoever is killed in between leaves one that is found not to be true.
 */
static void apply_zone(struct action *action)
{
	action->result = zone_set(action->bridge, action->zone);
	if (action->result == 0)
		forget_zone(action->ifindex);
}

void undo_all_apply(struct undo_all *undo)
{
	apply_actions(&undo->plan);
	for (size_t i = 0; i < undo->plan.action_count; i++) {
		if (undo->plan.actions[i].kind == ACTION_ZONE)
			apply_zone(&undo->plan.actions[i]);
	}
	for (size_t i = 0; i < undo->stale_count; i++)
		forget_zone(undo->stale[i]);
	report_plan(&undo->plan);
}

void undo_all_clear(struct undo_all *undo)
{
	plan_clear(&undo->plan);
	host_facts_clear(&undo->facts);
	free(undo->stale);
}
