// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Devices of the host's own that lead to a bridge. What a server there sends does not leave by the
 * bridge as far as iptables can see, so that it takes a rule for the device.
 */
#ifndef VIRT_NETBOOT_GATHER_ABOVE_H
#define VIRT_NETBOOT_GATHER_ABOVE_H

#include "gather_servers.h"

/* Add the devices that lead to bridges of @facts and have one of the servers. */
void gather_served_above(
	struct host_facts *facts, enum ip_family family, const struct server_list *servers);

/* Add those that have a rule of ours. */
void gather_rules_above(struct host_facts *facts);

#endif
