// SPDX-License-Identifier: GPL-2.0-or-later
#include "gather.h"
#include "gather_parts.h"
#include "host.h"

#include <stdlib.h>
#include <string.h>

static void ask_port(const struct bridge_port *port, struct outside_port *outside)
{
	outside->sender = host_outside_sender(port->ifindex);
	if (outside->sender != OUTSIDE_NONE)
		memcpy(outside->name, port->name, IFNAME_SIZE);
}

void gather_outside_among(
	const struct port_list *ports, const struct bridge_state *state, struct host_facts *facts)
{
	*facts = (struct host_facts){0};
	struct bridge_facts *bridge = gather_append_bridge(facts, state->name, state);

	bridge->state.guest_ports = 0;
	for (size_t i = 0; i < ports->count; i++) {
		const struct bridge_port *port = &ports->ports[i];
		if (port->bridge != state->ifindex)
			continue;
		if (port->guest)
			bridge->state.guest_ports++;
		else if (!*bridge->outside.name)
			ask_port(port, &bridge->outside);
	}
}

void gather_outside(const struct action *sweep, struct host_facts *facts)
{
	struct bridge_state bridge;
	struct port_list ports = {0};

	*facts = (struct host_facts){0};
	if (!host_is_told(sweep->ifindex) && host_bridge_get_index(sweep->ifindex, &bridge) == 0 &&
		host_bridge_ports(bridge.ifindex, &ports.ports, &ports.count) == 0)
		gather_outside_among(&ports, &bridge, facts);
	free(ports.ports);
}
