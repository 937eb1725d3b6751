// SPDX-License-Identifier: GPL-2.0-or-later
#include "alloc.h"
#include "character.h"
#include "planning.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int plan_add_action(struct plan *plan, const struct subject *subject, struct action action)
{
	plan->actions = alloc_one_more(plan->actions, plan->action_count, sizeof(action));
	action.guest = subject->guest;
	action.network = subject->network;
	memcpy(action.bridge, subject->bridge->state.name, IFNAME_SIZE);
	action.ifindex = subject->bridge->state.ifindex;
	action.for_guests = !subject->managed;
	action.macvlan = subject->bridge->state.kind == BRIDGE_MACVLAN;
	if (subject->port) {
		memcpy(action.port, subject->port->name, IFNAME_SIZE);
		memcpy(action.port_mac, subject->port->mac, MAC_SIZE);
		action.port_ifindex = subject->port->ifindex;
	}
	plan->actions[plan->action_count] = action;
	return (int)plan->action_count++;
}

void plan_add_finding(struct plan *plan, const struct subject *subject, struct finding finding)
{
	plan->findings = alloc_one_more(plan->findings, plan->finding_count, sizeof(finding));
	finding.guest = subject->guest;
	finding.network = subject->network;
	finding.nic = subject->nic;
	finding.beyond = NO_FINDING;
	memcpy(finding.bridge, subject->bridge->state.name, IFNAME_SIZE);
	if (subject->port)
		memcpy(finding.port, subject->port->name, IFNAME_SIZE);
	plan->findings[plan->finding_count++] = finding;
}

/* Of the finding alone, whatever is beyond it. */
static enum repair own_repair(const struct plan *plan, const struct finding *finding)
{
	if (finding->action == NO_ACTION)
		return REPAIR_NOT_PLANNED;
	const struct action *action = &plan->actions[finding->action];
	if (plan_is_deferred(action))
		return REPAIR_LATER;
	return action->result == 0 ? REPAIR_DONE : REPAIR_FAILED;
}

enum repair plan_repair(const struct plan *plan, const struct finding *finding)
{
	enum repair least = own_repair(plan, finding);

	while (least != REPAIR_NOT_PLANNED && finding->beyond != NO_FINDING) {
		finding = &plan->findings[finding->beyond];
		enum repair own = own_repair(plan, finding);
		if (own == REPAIR_NOT_PLANNED)
			return REPAIR_FAILED;
		least = own < least ? own : least;
	}
	return least;
}

bool plan_is_unrepaired(const struct plan *plan, const struct finding *finding)
{
	return finding->severity == SEVERITY_ERROR && plan_repair(plan, finding) < REPAIR_LATER;
}

/* What has been repaired is good to know, and no error any more. */
enum severity plan_severity(const struct plan *plan, const struct finding *finding)
{
	if (finding->severity == SEVERITY_ERROR && !plan_is_unrepaired(plan, finding))
		return SEVERITY_NOTICE;
	return finding->severity;
}

/* Without a cure there would be one, were the name of a device another one. */
const char *plan_advice(const struct plan *plan, const struct finding *finding)
{
	if (finding->cure || finding->advice || finding->severity == SEVERITY_DEBUG ||
		plan_repair(plan, finding) >= REPAIR_LATER)
		return finding->advice;
	return "no command can be given for a device with such a name: rename it";
}

bool plan_is_deferred(const struct action *action)
{
	return ((action->kind == ACTION_WATCH_PORT || action->kind == ACTION_SWEEP) &&
		       action->result == 0) ||
	       ((action->kind == ACTION_EDGE_PORT || action->kind == ACTION_RELOAD) &&
		       action->result == -EINPROGRESS);
}

bool plan_has_result(const struct plan *plan, size_t first, int result)
{
	for (size_t i = first; i < plan->action_count; i++) {
		if (plan->actions[i].result == result)
			return true;
	}
	return false;
}

bool plan_is_reason_to_refuse(const struct finding *finding)
{
	return finding->severity == SEVERITY_ERROR && finding->action == NO_ACTION;
}

char *plan_refusal(const struct plan *plan, const struct finding *finding)
{
	return alloc_format("guest '%s' is not started: interface %s on bridge %s: %s; %s: %s",
		finding->guest ? TEXT_NAME(finding->guest) : "?",
		finding->nic ? finding->nic->mac : "?", finding->bridge, finding->evidence,
		finding->cure ? "cure" : "advice",
		finding->cure ? finding->cure : plan_advice(plan, finding));
}

void plan_clear(struct plan *plan)
{
	for (size_t i = 0; i < plan->finding_count; i++) {
		free(plan->findings[i].evidence);
		free(plan->findings[i].cure);
		free(plan->findings[i].advice);
	}
	free(plan->findings);
	free(plan->actions);
	*plan = (struct plan){0};
}
