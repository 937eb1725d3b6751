// SPDX-License-Identifier: GPL-2.0-or-later
/* What lies beyond a guest's port: whether its packets get anywhere once the port forwards. */
#ifndef VIRT_NETBOOT_GATHER_PATH_H
#define VIRT_NETBOOT_GATHER_PATH_H

#include "facts.h"
#include "guest.h"

/*
 * Fill in the paths of the ports of @facts, which have been seen to: each takes a dump of its
 * bridge's ports, unless gather_memory.h has them, where the port is up and the bridge delays new
 * ones or tells VLANs apart, and nothing elsewhere; a dump of UDP sockets only where no uplink
 * forwards.
 */
void gather_paths(struct host_facts *facts);

/*
 * The same of ports that are still to come: for each interface of the guest that is on a Linux
 * bridge of @facts, a port is added that has a path and the interface's target as its name, and no
 * more. It will be in the bridge's default VLAN. @known has all ports of these bridges.
 */
void gather_newcomer_paths(
	const struct guest *guest, const struct port_list *known, struct host_facts *facts);

#endif
