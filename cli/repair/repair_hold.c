// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Bridges that delay new ports. Nothing is wrong with the ports of guests that run and forward
 * already, so no plan has anything about it; but the next guest's will be delayed, unless libvirt
 * runs the hook. That is told at the end of a pass, of each bridge once, if nobody has planned to
 * shorten the delay.
 */
#include "repair_parts.h"

#include "alloc.h"
#include "check_hold.h"

#include <stdlib.h>
#include <string.h>

struct repair_hold {
	char bridge[IFNAME_SIZE];
	char *evidence;
	const char *advice;
	bool delays; /* and the hook does not help */
	bool told;   /* a plan has something about it */
};

static struct repair_hold *hold_of(struct repair_run *run, const char *bridge)
{
	for (size_t i = 0; i < run->hold_count; i++) {
		if (strcmp(run->holds[i].bridge, bridge) == 0)
			return &run->holds[i];
	}
	run->holds = alloc_one_more(run->holds, run->hold_count, sizeof(*run->holds));
	struct repair_hold *hold = &run->holds[run->hold_count++];
	memcpy(hold->bridge, bridge, IFNAME_SIZE);
	return hold;
}

static void note_told(struct repair_run *run, const struct plan *plan)
{
	for (size_t i = 0; i < plan->finding_count; i++) {
		const struct finding *finding = &plan->findings[i];
		if (strncmp(finding->slug, "bridge-", strlen("bridge-")) == 0 && !*finding->port)
			hold_of(run, finding->bridge)->told = true;
	}
}

static void note_bridge(struct repair_run *run, const struct diagnosis *diagnosis,
	const struct bridge_state *bridge)
{
	const char *advice = check_hold_advice(run->qemu_hook, diagnosis);

	if (!advice || bridge->kind != BRIDGE_LINUX || !bridge_holds(bridge))
		return;
	struct repair_hold *hold = hold_of(run, bridge->name);
	if (!hold->delays)
		hold->evidence = check_hold_evidence(bridge);
	hold->advice = advice;
	hold->delays = true;
}

void repair_note_holds(struct repair_run *run, const struct diagnosis *diagnosis)
{
	note_told(run, &diagnosis->plan);
	for (size_t i = 0; i < diagnosis->facts.bridge_count; i++)
		note_bridge(run, diagnosis, &diagnosis->facts.bridges[i].state);
}

static void tell_hold(struct repair_run *run, const struct repair_hold *hold)
{
	struct finding finding = {.slug = "bridge-hold",
		.severity = SEVERITY_ERROR,
		.evidence = hold->evidence,
		.advice = alloc_copy(hold->advice),
		.action = NO_ACTION,
		.beyond = NO_FINDING};
	const struct plan plan = {.findings = &finding, .finding_count = 1};

	memcpy(finding.bridge, hold->bridge, IFNAME_SIZE);
	repair_tell_left(run, &plan, &finding);
	free(finding.advice);
}

void repair_tell_holds(struct repair_run *run)
{
	for (size_t i = 0; i < run->hold_count; i++) {
		if (run->holds[i].delays && !run->holds[i].told)
			tell_hold(run, &run->holds[i]);
		free(run->holds[i].evidence);
	}
	free(run->holds);
	run->holds = NULL;
	run->hold_count = 0;
}
