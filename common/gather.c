// SPDX-License-Identifier: GPL-2.0-or-later
#include "gather.h"

#include "alloc.h"
#include "cleanup.h"
#include "guard.h"
#include "host.h"
#include "log.h"
#include "plan.h"

#include <string.h>

static void count_ports(struct bridge_state *bridge)
{
	guard_step("counting a bridge's ports");
	int result = host_bridge_count_ports(bridge);
	if (result != 0)
		log_error("the ports of bridge %s cannot be read: %s", bridge->name,
			strerror(-result));
}

/* Return: the facts about the bridge, if it is one of @facts now and was not before, or NULL. */
static struct bridge_facts *add_bridge(struct host_facts *facts, const char *name)
{
	struct bridge_facts bridge = {0};

	if (!*name || host_facts_bridge(facts, name))
		return NULL;
	guard_step("reading a bridge");
	memcpy(bridge.asked, name, strlen(name) + 1);
	int result = host_bridge_get(name, &bridge.state);
	if (result != 0) {
		log_error("bridge %s cannot be read: %s", name, strerror(-result));
		return NULL;
	}
	facts->bridges = alloc_one_more(facts->bridges, facts->bridge_count, sizeof(bridge));
	facts->bridges[facts->bridge_count] = bridge;
	return &facts->bridges[facts->bridge_count++];
}

/* The bridge that the port is on, asked again only if it is not known yet. */
static int port_bridge(
	const struct host_facts *facts, const struct bridge_port *port, struct bridge_state *bridge)
{
	for (size_t i = 0; i < facts->bridge_count; i++) {
		if (facts->bridges[i].state.ifindex == port->bridge) {
			*bridge = facts->bridges[i].state;
			return 0;
		}
	}
	return host_bridge_get_index(port->bridge, bridge);
}

/* What is no port of a Linux bridge is nothing to us. */
static int add_port(struct host_facts *facts, const struct bridge_port *port)
{
	struct port_facts added = {.port = *port};

	if (port->bridge == 0)
		return 0;
	int result = port_bridge(facts, port, &added.bridge);
	if (result != 0)
		return result;
	facts->ports = alloc_one_more(facts->ports, facts->port_count, sizeof(added));
	facts->ports[facts->port_count++] = added;
	return 0;
}

static void add_guest_port(struct host_facts *facts, const char *name)
{
	struct bridge_port port;

	guard_step("reading a guest's port");
	int result = host_port_get(name, &port);
	if (result == 0)
		result = add_port(facts, &port);
	if (result != 0)
		log_error("port %s cannot be read: %s", name, strerror(-result));
}

int gather_watched_port(
	unsigned int bridge, const unsigned char mac[MAC_SIZE], struct host_facts *facts)
{
	struct bridge_port port;

	*facts = (struct host_facts){.stp_program = host_has_stp_program()};
	int result = host_port_find(bridge, mac, &port);
	return result == 0 ? add_port(facts, &port) : result;
}

static void add_network_port(struct host_facts *facts, const struct bridge_state *bridge,
	const struct network_port *owner)
{
	unsigned char mac[MAC_SIZE];
	struct bridge_port port;

	if (!tap_mac(owner->mac, mac))
		return;
	guard_step("looking for a guest's port");
	int result = host_port_find(bridge->ifindex, mac, &port);
	if (result == 0)
		result = add_port(facts, &port);
	if (result != 0)
		log_error("the port of %s on bridge %s cannot be read: %s", owner->mac,
			bridge->name, strerror(-result));
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
			if (bridge->state.kind == BRIDGE_LINUX &&
				(ifindexes[s] == 0 || ifindexes[s] == bridge->state.ifindex))
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
	*facts = (struct host_facts){.stp_program = host_has_stp_program()};
	if (kind == EVENT_NETWORK_START)
		return;
	bool managed = network_is_managed(network);
	struct bridge_facts *bridge = add_bridge(facts, network->bridge);
	if (!bridge)
		return;
	if (kind == EVENT_NETWORK_STOPPED ? !managed && bridge->state.kind == BRIDGE_LINUX
					  : plan_needs_ports(&bridge->state, policy))
		count_ports(&bridge->state);
	if (kind == EVENT_NETWORK_ACTIVE &&
		plan_watches_ports(&bridge->state, facts->stp_program, policy))
		add_network_port(facts, &bridge->state, &network->port);
	for (enum ip_family family = 0; family < IP_FAMILIES; family++) {
		const struct network_service *service = &network->service[family];

		/* What this version added goes, whatever the policy says today. */
		if (kind == EVENT_NETWORK_STOPPED) {
			add_fill(facts, family, false);
			continue;
		}
		if (policy->mechanism == MECHANISM_NONE || bridge->state.kind != BRIDGE_LINUX)
			continue;
		if (!managed)
			add_dhcp_servers(facts, family);
		if (service->dhcp || service->tftp || is_served(facts, family))
			add_fill(facts, family, true);
	}
}

void gather_guest(enum event_kind kind, const struct guest *guest, const struct policy *policy,
	struct host_facts *facts)
{
	*facts = (struct host_facts){
		.stp_program = host_has_stp_program(),
		.vhost_net = host_has_vhost_net(),
	};
	for (size_t i = 0; i < guest->nic_count; i++) {
		const struct guest_nic *nic = &guest->nics[i];
		if (kind == EVENT_GUEST_START && !nic->network)
			continue;
		struct bridge_facts *bridge = add_bridge(facts, nic->bridge);
		if (bridge && plan_needs_ports(&bridge->state, policy))
			count_ports(&bridge->state);
	}
	for (size_t i = 0; kind != EVENT_GUEST_PREPARE && i < guest->nic_count; i++) {
		if (*guest->nics[i].target)
			add_guest_port(facts, guest->nics[i].target);
	}
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
