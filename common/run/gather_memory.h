// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What of this host has to do with every guest: its DHCP servers, the devices that they are on, and
 * the ports of a bridge, which take a dump that grows with the number of guests. Who gathers facts
 * about many guests, one after the other, asks for that once, and has a picture of one moment.
 * Others ask each time.
 */
#ifndef VIRT_NETBOOT_GATHER_MEMORY_H
#define VIRT_NETBOOT_GATHER_MEMORY_H

#include "host.h"

/* From now on, until gather_forget(), the answers of this host are remembered. */
void gather_remember(void);
void gather_forget(void);

/* The same, of the ports of bridges only, for those who change something; and what was known is
 * forgotten. To be called again when the port was changed that others' packets leave by. */
void gather_remember_ports(void);

/* As the functions of host.h. */
int gather_dhcp_servers(enum ip_family family, struct dhcp_server **servers, size_t *count);
int gather_device(unsigned int ifindex, struct bridge_state *device);
int gather_way_out(unsigned int ifindex, unsigned int **way, size_t *count);
int gather_bridge_ports(unsigned int bridge, struct bridge_port **ports, size_t *count);
int gather_bridge_count(struct bridge_state *bridge);

#endif
