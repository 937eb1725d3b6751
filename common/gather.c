// SPDX-License-Identifier: GPL-2.0-or-later
#include "gather.h"

#include "alloc.h"
#include "cleanup.h"
#include "guard.h"
#include "host.h"
#include "log.h"

#include <string.h>

/* Ports are counted only where it can matter how many there are: the dump grows with the bridge. */
static void add_bridge(struct host_facts *facts, const char *name, bool count_ports)
{
	struct bridge_facts bridge = {0};

	if (!*name || host_facts_bridge(facts, name))
		return;
	guard_step("reading a bridge");
	int result = host_bridge_get(name, &bridge.state);
	if (result == 0 && bridge.state.kind == BRIDGE_LINUX &&
		(count_ports || bridge_holds(&bridge.state)))
		result = host_bridge_count_ports(&bridge.state);
	if (result != 0)
		log_error("bridge %s cannot be read: %s", name, strerror(-result));
	if (result != 0 && !bridge.state.ifindex)
		return;
	facts->bridges = alloc_one_more(facts->bridges, facts->bridge_count, sizeof(bridge));
	facts->bridges[facts->bridge_count++] = bridge;
}

static void add_dhcp_servers(struct host_facts *facts, enum ip_family family)
{
	CLEANUP(cleanup_free) unsigned int *ifindexes = NULL;
	size_t count = 0;

	guard_step("looking for DHCP servers");
	int result = host_dhcp_servers(family, &ifindexes, &count);
	if (result != 0)
		log_warning("the sockets of DHCP servers cannot be read: %s", strerror(-result));
	for (size_t b = 0; b < facts->bridge_count; b++) {
		struct bridge_facts *bridge = &facts->bridges[b];
		for (size_t s = 0; s < count; s++) {
			if (ifindexes[s] == 0 || ifindexes[s] == bridge->state.ifindex)
				bridge->dhcp_server[family] = true;
		}
	}
}

/* Read which rules there are towards all bridges, in one family. */
static int look(struct host_facts *facts, enum ip_family family)
{
	CLEANUP(cleanup_free) struct fill_rule *rules = NULL;

	for (size_t i = 0; i < facts->bridge_count; i++) {
		rules = alloc_one_more(rules, i, sizeof(*rules));
		memcpy(rules[i].bridge, facts->bridges[i].state.name, IFNAME_SIZE);
	}
	int result = host_fill_look(family, rules, facts->bridge_count);
	for (size_t i = 0; result == 0 && i < facts->bridge_count; i++)
		facts->bridges[i].fill[family] = rules[i].state;
	return result;
}

static void add_fill(struct host_facts *facts, enum ip_family family, bool support)
{
	guard_step("reading the mangle table");
	int result = look(facts, family);
	if (result == 0 && support)
		result = host_fill_support(family, &facts->fill[family]);
	if (result != 0)
		log_error("the %s mangle table cannot be read: %s",
			family == IPV4 ? "iptables" : "ip6tables", strerror(-result));
	facts->fill_known[family] = result == 0;
}

static bool is_served(const struct host_facts *facts, enum ip_family family)
{
	for (size_t i = 0; i < facts->bridge_count; i++) {
		if (facts->bridges[i].dhcp_server[family])
			return true;
	}
	return false;
}

void gather_network(enum event_kind kind, const struct network *network,
	const struct policy *policy, struct host_facts *facts)
{
	*facts = (struct host_facts){0};
	if (kind == EVENT_NETWORK_START)
		return;
	add_bridge(facts, network->bridge,
		kind == EVENT_NETWORK_STOPPED && !network_is_managed(network));
	for (enum ip_family family = 0; family < IP_FAMILIES && facts->bridge_count > 0; family++) {
		const struct network_service *service = &network->service[family];

		/* What this version added goes, whatever the policy says today. */
		if (kind == EVENT_NETWORK_STOPPED) {
			add_fill(facts, family, false);
			continue;
		}
		if (policy->mechanism == MECHANISM_NONE)
			continue;
		if (!network_is_managed(network))
			add_dhcp_servers(facts, family);
		if (service->dhcp || service->tftp || is_served(facts, family))
			add_fill(facts, family, true);
	}
}

void gather_guest(const struct guest *guest, const struct policy *policy, struct host_facts *facts)
{
	*facts = (struct host_facts){.vhost_net = host_has_vhost_net()};
	for (size_t i = 0; i < guest->nic_count; i++)
		add_bridge(facts, guest->nics[i].bridge, false);
	if (policy->mechanism == MECHANISM_NONE || facts->bridge_count == 0)
		return;
	for (enum ip_family family = 0; family < IP_FAMILIES; family++) {
		add_dhcp_servers(facts, family);
		if (is_served(facts, family))
			add_fill(facts, family, true);
		else
			facts->fill_known[family] = true;
	}
}
