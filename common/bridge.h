// SPDX-License-Identifier: GPL-2.0-or-later
/* What edge_port.c and bridge.c need of each other. */
#ifndef VIRT_NETBOOT_BRIDGE_H
#define VIRT_NETBOOT_BRIDGE_H

#include "host.h"

/*
 * As host_bridge_get_index(), but as the bridge is at this instant: with STP off if another process
 * is making an edge port. For whoever has the bridge's lock.
 */
int bridge_read(unsigned int ifindex, struct bridge_state *bridge);

/*
 * Wait until no other process is making an edge port on this bridge, and finish what one has left
 * half done. Return: false if none can have been.
 */
bool edge_port_settle(unsigned int bridge);

#endif
