// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A bridge as it is at this instant: with STP off if another process is making an edge port. For
 * whoever has the bridge's lock, or waits for it afterwards; all others use host_bridge_get().
 */
#ifndef VIRT_NETBOOT_BRIDGE_H
#define VIRT_NETBOOT_BRIDGE_H

#include "host.h"
#include "netlink.h"

/* A netlink_parser for RTM_NEWLINK; @argument is a struct bridge_state, zeroed. */
int bridge_parse(struct nlmsghdr *header, void *argument);

/* As host_bridge_get_index(). */
int bridge_read(unsigned int ifindex, struct bridge_state *bridge);

/* The same by name. */
int bridge_read_named(const char *name, struct bridge_state *bridge);

#endif
