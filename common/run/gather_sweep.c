// SPDX-License-Identifier: GPL-2.0-or-later
#include "gather.h"

#include "alloc.h"
#include "cleanup.h"
#include "conditions.h"
#include "gather_parts.h"
#include "host.h"

/* Of libvirt's guests: it has the MAC address that libvirt gives a tap. */
static bool is_libvirts(const struct bridge_port *port)
{
	return port->guest && port->mac[0] == TAP_MAC_FIRST;
}

static void add_swept_ports(
	struct host_facts *facts, const struct bridge_state *bridge, const struct policy *policy)
{
	CLEANUP(cleanup_free) struct bridge_port *ports = NULL;
	size_t count;
	int result = host_bridge_ports(bridge->ifindex, &ports, &count);

	for (size_t i = 0; result == 0 && i < count; i++) {
		struct port_facts port = {.port = ports[i], .bridge = *bridge};
		if (!is_libvirts(&ports[i]))
			continue;
		port.filter_known = host_filters_read(ports[i].ifindex,
					    plan_port_hook(&ports[i], policy), &port.filter) == 0;
		facts->ports = alloc_one_more(facts->ports, facts->port_count, sizeof(port));
		facts->ports[facts->port_count++] = port;
	}
}

/* What fills there is known, and so something is planned, only as long as there are guests. */
static void add_swept_bridge(struct host_facts *facts, struct bridge_state *bridge)
{
	gather_count_ports(bridge);
	if (bridge->ports_known && bridge->guest_ports > 0)
		gather_rules(facts, IPV4);
}

/* The bridge has gone, or cannot be read: then there is nothing to be done. */
void gather_swept(const struct action *sweep, const struct policy *policy, struct host_facts *facts)
{
	struct bridge_state bridge;

	*facts = (struct host_facts){.filter_supported = true};
	if (host_bridge_get_index(sweep->ifindex, &bridge) != 0 || bridge.kind != BRIDGE_LINUX)
		return;
	struct bridge_facts *swept = gather_append_bridge(facts, bridge.name, &bridge);
	gather_filters(facts);
	if (plan_filled(swept, IPV4) < sweep->scope)
		add_swept_bridge(facts, &swept->state);
	add_swept_ports(facts, &bridge, policy);
}
