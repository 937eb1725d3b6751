// SPDX-License-Identifier: GPL-2.0-or-later
#include "gather_above.h"

#include "alloc.h"
#include "cleanup.h"
#include "gather_memory.h"
#include "gather_parts.h"
#include "host.h"
#include "progress.h"

#include <string.h>

static struct bridge_facts *find_device(struct host_facts *facts, unsigned int ifindex)
{
	for (size_t i = 0; i < facts->bridge_count; i++) {
		if (facts->bridges[i].state.ifindex == ifindex)
			return &facts->bridges[i];
	}
	return NULL;
}

/* Return: the facts about the device, if it leads to a bridge of @facts, or NULL. */
static struct bridge_facts *add_above(struct host_facts *facts, const struct bridge_state *device)
{
	CLEANUP(cleanup_free) unsigned int *way = NULL;
	struct bridge_facts above = {.state = *device};
	size_t count = 0;
	const struct bridge_facts *lower = NULL;

	(void)gather_way_out(device->ifindex, &way, &count);
	for (size_t i = 1; i < count && !lower; i++)
		lower = find_device(facts, way[i]);
	if (!lower || lower->state.kind != BRIDGE_LINUX)
		return NULL;
	above.state.kind = BRIDGE_ABOVE;
	memcpy(above.lower, lower->state.name, sizeof(above.lower));
	facts->bridges = alloc_one_more(facts->bridges, facts->bridge_count, sizeof(above));
	facts->bridges[facts->bridge_count] = above;
	return &facts->bridges[facts->bridge_count++];
}

void gather_served_above(
	struct host_facts *facts, enum ip_family family, const struct server_list *servers)
{
	for (size_t i = 0; i < servers->count; i++) {
		const struct dhcp_server *server = &servers->list[i];
		struct bridge_facts *above = find_device(facts, server->device);
		struct bridge_state device;
		if (server->device == 0 || server->raw)
			continue;
		if (!above && gather_device(server->device, &device) == 0 &&
			device.kind == BRIDGE_NOT_A_BRIDGE)
			above = add_above(facts, &device);
		if (above)
			above->dhcp_server[family] = true;
	}
}

static void add_rules_above(struct host_facts *facts, enum ip_family family)
{
	CLEANUP(cleanup_free) struct checksum_rule *rules = NULL;
	size_t count = 0;

	(void)gather_list_rules(family, &rules, &count);
	for (size_t i = 0; i < count; i++) {
		struct bridge_state device;
		if (host_bridge_get(rules[i].bridge, &device) == 0 &&
			device.kind == BRIDGE_NOT_A_BRIDGE && !find_device(facts, device.ifindex))
			add_above(facts, &device);
	}
}

void gather_rules_above(struct host_facts *facts)
{
	progress_step("looking for rules of ours");
	for (enum ip_family family = 0; facts->bridge_count > 0 && family < IP_FAMILIES; family++)
		add_rules_above(facts, family);
}
