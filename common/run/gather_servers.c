// SPDX-License-Identifier: GPL-2.0-or-later
#include "gather_servers.h"

#include "alloc.h"
#include "cleanup.h"
#include "gather_above.h"
#include "gather_memory.h"
#include "gather_parts.h"
#include "log.h"
#include "progress.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void add_server(struct server_list *servers, struct dhcp_server server)
{
	servers->list = alloc_one_more(servers->list, servers->count, sizeof(server));
	servers->list[servers->count++] = server;
}

static bool is_known_bridge(const struct host_facts *facts, unsigned int ifindex)
{
	for (size_t i = 0; i < facts->bridge_count; i++) {
		const struct bridge_state *bridge = &facts->bridges[i].state;
		if (bridge->kind == BRIDGE_LINUX && bridge->ifindex == ifindex)
			return true;
	}
	return false;
}

static void follow_way(struct server_list *servers, struct dhcp_server server)
{
	CLEANUP(cleanup_free) unsigned int *way = NULL;
	size_t count = 0;
	int result = gather_way_out(server.device, &way, &count);

	if (result != 0)
		log_warning("where a DHCP server's device leads to cannot be read: %s",
			strerror(-result));
	for (size_t i = 1; i < count; i++) {
		server.device = way[i];
		add_server(servers, server);
	}
}

void gather_follow_servers(const struct host_facts *facts, struct server_list *servers)
{
	size_t count = servers->count;

	for (size_t i = 0; i < count; i++) {
		struct dhcp_server server = servers->list[i];
		if (server.device != 0 && !is_known_bridge(facts, server.device))
			follow_way(servers, server);
	}
}

void gather_find_servers(enum ip_family family, struct server_list *servers)
{
	progress_step("looking for DHCP servers");
	int result = gather_dhcp_servers(family, &servers->list, &servers->count);
	if (result != 0 && result != -ENOTSUP)
		log_warning("the sockets of DHCP servers cannot be read: %s", strerror(-result));
}

static void mark_bridge(
	struct bridge_facts *bridge, enum ip_family family, const struct dhcp_server *server)
{
	if ((bridge->state.kind != BRIDGE_LINUX && bridge->state.kind != BRIDGE_MACVLAN) ||
		(server->device != 0 && server->device != bridge->state.ifindex))
		return;
	if (server->raw)
		bridge->raw_server[family] = true;
	else
		bridge->dhcp_server[family] = true;
}

void gather_mark_servers(
	struct host_facts *facts, enum ip_family family, const struct server_list *servers)
{
	for (size_t b = 0; b < facts->bridge_count; b++) {
		for (size_t s = 0; s < servers->count; s++)
			mark_bridge(&facts->bridges[b], family, &servers->list[s]);
	}
}

static bool all_are_served(const struct host_facts *facts, enum ip_family family)
{
	for (size_t i = 0; i < facts->bridge_count; i++) {
		if (!facts->bridges[i].dhcp_server[family])
			return false;
	}
	return true;
}

/* On a host with many networks each has a server, on a bridge of its own: where those lead to is
 * not asked for a guest whose bridge has one. */
void gather_servers(struct host_facts *facts, enum ip_family family)
{
	CLEANUP(cleanup_server_list) struct server_list servers = {0};

	gather_find_servers(family, &servers);
	gather_mark_servers(facts, family, &servers);
	/* A filter at the bridge meets what comes from there. */
	if (gather_has_kind(facts, BRIDGE_LINUX) && !gather_have_room(facts))
		gather_served_above(facts, family, &servers);
	if (all_are_served(facts, family))
		return;
	gather_follow_servers(facts, &servers);
	gather_mark_servers(facts, family, &servers);
}

void cleanup_server_list(struct server_list *servers)
{
	free(servers->list);
}
