// SPDX-License-Identifier: GPL-2.0-or-later
/* Which bridges, and macvlans of the host's, have a DHCP server of this host behind them. */
#ifndef VIRT_NETBOOT_GATHER_SERVERS_H
#define VIRT_NETBOOT_GATHER_SERVERS_H

#include "facts.h"
#include "host.h"

struct server_list {
	struct dhcp_server *list;
	size_t count;
};

/* Find the servers; the caller frees them with cleanup_server_list(). */
void gather_find_servers(enum ip_family family, struct server_list *servers);

/* Add each server once more for each other device that what it sends goes through: it may be on a
 * VLAN of a bridge, for example. A bridge that @facts knows is the end of its way. */
void gather_follow_servers(const struct host_facts *facts, struct server_list *servers);

/* Note them at the bridges and macvlans of @facts. */
void gather_mark_servers(
	struct host_facts *facts, enum ip_family family, const struct server_list *servers);

/* All three, without a way that does not matter; and with the devices that need rules of their own.
 */
void gather_servers(struct host_facts *facts, enum ip_family family);

void cleanup_server_list(struct server_list *servers);

#endif
