// SPDX-License-Identifier: GPL-2.0-or-later
#include "gather_lower.h"

#include "alloc.h"
#include "cleanup.h"
#include "gather_servers.h"
#include "host.h"
#include "log.h"
#include "progress.h"

#include <errno.h>
#include <string.h>

/* Return: whether it can be told. */
static bool add_lower(struct host_facts *facts, const char *name)
{
	struct lower_facts lower = {0};

	if (host_facts_lower(facts, name))
		return true;
	progress_step("reading a lower device");
	int result = host_lower_device(name, &lower);
	if (result != 0 && result != -ENODEV)
		log_error("device %s cannot be read: %s", name, strerror(-result));
	if (result != 0)
		return false;
	memcpy(lower.asked, name, strlen(name) + 1);
	facts->lowers = alloc_one_more(facts->lowers, facts->lower_count, sizeof(lower));
	facts->lowers[facts->lower_count++] = lower;
	return true;
}

const char *gather_lower(struct host_facts *facts, const char *name)
{
	return add_lower(facts, name) ? host_facts_lower(facts, name)->name : name;
}

void gather_guest_lowers(struct host_facts *facts, const struct guest *guest)
{
	for (size_t i = 0; i < guest->nic_count; i++) {
		const struct guest_nic *nic = &guest->nics[i];
		const struct port_facts *port = host_facts_port(facts, nic->target);
		bool found = port && port->port.macvtap && add_lower(facts, nic->target);
		if (!found && *nic->lower)
			add_lower(facts, nic->lower);
	}
}

/* On the device itself. */
static bool is_served(const struct server_list *servers, unsigned int ifindex)
{
	for (size_t i = 0; i < servers->count; i++) {
		if (servers->list[i].device == ifindex)
			return true;
	}
	return false;
}

/* Asked only if there is a server on the lower device itself. */
static bool has_served_macvlan(const char *lower, const struct server_list *servers)
{
	CLEANUP(cleanup_free) struct bridge_state *macvlans = NULL;
	size_t count = 0;
	bool served = false;
	int result = host_macvlans_on(lower, MACVLAN_OF_HOST, &macvlans, &count);

	if (result != 0)
		log_error("the macvlans on %s cannot be read: %s", lower, strerror(-result));
	for (size_t i = 0; result == 0 && i < count; i++)
		served = served || is_served(servers, macvlans[i].ifindex);
	return served;
}

static void mark_lowers(
	struct host_facts *facts, enum ip_family family, const struct server_list *servers)
{
	for (size_t i = 0; i < facts->lower_count; i++) {
		struct lower_facts *lower = &facts->lowers[i];
		lower->dhcp_server[family] = is_served(servers, lower->ifindex);
		if (lower->dhcp_server[family])
			lower->macvlan_server[family] = has_served_macvlan(lower->name, servers);
	}
}

static void add_servers(struct host_facts *facts, enum ip_family family)
{
	CLEANUP(cleanup_server_list) struct server_list servers = {0};

	gather_find_servers(family, &servers);
	mark_lowers(facts, family, &servers);
}

void gather_lower_servers(struct host_facts *facts)
{
	progress_step("looking for DHCP servers on lower devices");
	for (enum ip_family family = 0; facts->lower_count > 0 && family < IP_FAMILIES; family++)
		add_servers(facts, family);
}
