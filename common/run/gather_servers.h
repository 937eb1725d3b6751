// SPDX-License-Identifier: GPL-2.0-or-later
/* Which bridges, and macvlans of the host's, have a DHCP server of this host behind them. */
#ifndef VIRT_NETBOOT_GATHER_SERVERS_H
#define VIRT_NETBOOT_GATHER_SERVERS_H

#include "facts.h"
#include "host.h"

/* Each server once for each device that what it sends goes through. */
struct server_list {
	struct dhcp_server *list;
	size_t count;
};

/* Find the servers, to be freed with cleanup_server_list(). Of those on a bridge that @facts knows
 * no way need be followed. */
void gather_find_servers(
	const struct host_facts *facts, enum ip_family family, struct server_list *servers);

/* Note them at the bridges and macvlans of @facts. */
void gather_mark_servers(
	struct host_facts *facts, enum ip_family family, const struct server_list *servers);

/* Both. */
void gather_servers(struct host_facts *facts, enum ip_family family);

void cleanup_server_list(struct server_list *servers);

#endif
