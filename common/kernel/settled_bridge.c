// SPDX-License-Identifier: GPL-2.0-or-later
/* Bridges as they are when no edge port is being made: above bridge.c and edge_port.c. */
#include "bridge.h"
#include "edge_port.h"

#include <errno.h>

/* That STP is off may be for a moment only. */
static int settle(struct bridge_state *bridge)
{
	if (bridge->kind != BRIDGE_LINUX || bridge->stp != STP_OFF ||
		!edge_port_settle(bridge->ifindex))
		return 0;
	return bridge_read(bridge->ifindex, bridge);
}

int host_bridge_get(const char *name, struct bridge_state *bridge)
{
	int result = bridge_read_named(name, bridge);

	if (result == 0)
		result = settle(bridge);
	return result == -ENODEV ? 0 : result;
}

int host_bridge_get_index(unsigned int ifindex, struct bridge_state *bridge)
{
	int result = bridge_read(ifindex, bridge);

	return result == 0 ? settle(bridge) : result;
}
