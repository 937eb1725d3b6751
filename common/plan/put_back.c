// SPDX-License-Identifier: GPL-2.0-or-later
#include "put_back.h"

#include "conditions.h"
#include "planning.h"

#include <string.h>

static bool guests_came(const struct bridge_facts *bridge)
{
	return bridge && bridge->state.ports_known && bridge->state.guest_ports > 0;
}

static const struct bridge_facts *find_bridge(const struct host_facts *facts, const char *name)
{
	for (size_t i = 0; i < facts->bridge_count; i++) {
		if (strcmp(facts->bridges[i].state.name, name) == 0)
			return &facts->bridges[i];
	}
	return NULL;
}

/* At a bridge; what goes from a guest's port has its place elsewhere. */
static bool takes_away(const struct action *action)
{
	if (action->kind == ACTION_DOCKER_USER)
		return action->for_guests && action->goes;
	return action->for_guests && action->scope == FILL_NONE && !*action->port &&
	       (action->kind == ACTION_RULE || action->kind == ACTION_FILTER ||
		       action->kind == ACTION_TX_CHECKSUM);
}

/* How much it took away. */
static enum fill_scope scope_before(const struct action *action, const struct bridge_facts *bridge)
{
	if (action->kind == ACTION_RULE)
		return bridge->fill[action->family].ours;
	if (action->kind == ACTION_DOCKER_USER)
		return FILL_NONE;
	if (action->kind == ACTION_FILTER)
		return plan_wider(bridge->filter.ours[IPV4], bridge->filter.ours[IPV6]);
	return FILL_UDP;
}

bool plan_takes_away(const struct plan *plan)
{
	for (size_t i = 0; i < plan->action_count; i++) {
		if (takes_away(&plan->actions[i]))
			return true;
	}
	return false;
}

void plan_put_back(struct plan *plan, const struct plan *done, const struct host_facts *facts)
{
	*plan = (struct plan){0};
	for (size_t i = 0; i < done->action_count; i++) {
		struct action action = done->actions[i];
		const struct bridge_facts *bridge = find_bridge(facts, action.bridge);
		struct subject subject = {.guest = action.guest, .network = action.network};

		if (!takes_away(&action) || action.result != 0 || !guests_came(bridge))
			continue;
		subject.bridge = bridge;
		action.scope = scope_before(&action, bridge);
		action.goes = false;
		action.why = "a guest has come meanwhile";
		plan_add_action(plan, &subject, action);
	}
}
