// SPDX-License-Identifier: GPL-2.0-or-later
#include "cleanup.h"
#include "gather.h"
#include "gather_parts.h"
#include "host.h"

#include <string.h>

static void ask_port(const struct bridge_port *port, struct outside_port *outside)
{
	outside->sender = host_outside_sender(port->ifindex);
	if (outside->sender != OUTSIDE_NONE)
		memcpy(outside->name, port->name, IFNAME_SIZE);
}

static void find_outside(struct bridge_facts *bridge)
{
	CLEANUP(cleanup_free) struct bridge_port *ports = NULL;
	size_t count;

	if (host_bridge_ports(bridge->state.ifindex, &ports, &count) != 0)
		return;
	for (size_t i = 0; i < count; i++) {
		if (ports[i].guest)
			bridge->state.guest_ports++;
		else if (!*bridge->outside.name)
			ask_port(&ports[i], &bridge->outside);
	}
}

void gather_outside(const struct action *sweep, struct host_facts *facts)
{
	struct bridge_state bridge;

	*facts = (struct host_facts){0};
	if (!host_is_told(sweep->ifindex) && host_bridge_get_index(sweep->ifindex, &bridge) == 0)
		find_outside(gather_append_bridge(facts, bridge.name, &bridge));
}
