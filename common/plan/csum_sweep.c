// SPDX-License-Identifier: GPL-2.0-or-later
/* Checksums at a bridge and at guests' ports that no event is about. */
#include "conditions.h"
#include "csum.h"
#include "dispatch.h"

/* What a guest sends; the name of that guest is not known. */
static void plan_swept_port(const struct planning *planning, const struct port_facts *port)
{
	const struct bridge_facts bridge = {.state = port->bridge};
	const struct subject subject = {.bridge = &bridge, .port = &port->port};
	enum fill_scope scope = plan_unknown_scope(planning->policy);

	if (!port->filter_known || csum_is_blocked(port) || csum_port_fills(port, scope))
		return;
	if (port->filter.shadowed)
		csum_in_shadow(planning, &subject, &port->filter, scope);
	else
		csum_at_port(planning, &subject, scope);
}

void plan_sweep(struct plan *plan, const struct action *sweep, const struct host_facts *facts,
	const struct policy *policy)
{
	const struct planning planning = {.plan = plan, .facts = facts, .policy = policy};
	const struct need need = {.family = IPV4, .scope = sweep->scope, .vhost = true};

	*plan = (struct plan){0};
	for (size_t i = 0; i < facts->bridge_count; i++) {
		const struct subject subject = {
			.bridge = &facts->bridges[i], .managed = !sweep->for_guests};
		if (facts->fill_known[IPV4])
			csum_before_a_server_comes(&planning, &subject, need);
	}
	for (size_t i = 0; i < facts->port_count; i++)
		plan_swept_port(&planning, &facts->ports[i]);
}
