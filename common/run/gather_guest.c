// SPDX-License-Identifier: GPL-2.0-or-later
#include "gather.h"

#include "alloc.h"
#include "cleanup.h"
#include "conditions.h"
#include "gather_above.h"
#include "gather_lower.h"
#include "gather_parts.h"
#include "gather_servers.h"
#include "host.h"
#include "log.h"
#include "progress.h"

#include <string.h>

/* At its start the hold of the host's own bridges was seen to before. */
static void add_guest_bridges(enum event_kind kind, const struct guest *guest,
	const struct policy *policy, struct host_facts *facts)
{
	for (size_t i = 0; i < guest->nic_count; i++) {
		struct bridge_facts *bridge = gather_bridge(facts, guest->nics[i].bridge);
		bool seen = kind == EVENT_GUEST_START && !guest->nics[i].network;
		if (bridge && !seen && plan_needs_ports(&bridge->state, policy))
			gather_count_ports(&bridge->state);
	}
}

/* Ports that were put into other bridges than the XML names, or where it names none. */
static void add_port_bridges(struct host_facts *facts, const struct policy *policy)
{
	for (size_t i = 0; i < facts->port_count; i++) {
		const struct bridge_state *state = &facts->ports[i].bridge;
		if (facts->ports[i].port.bridge == 0 ||
			host_facts_bridge_index(facts, state->ifindex))
			continue;
		struct bridge_facts *bridge = gather_append_bridge(facts, state->name, state);
		if (plan_needs_ports(&bridge->state, policy))
			gather_count_ports(&bridge->state);
	}
}

static void add_guest_ports(const struct guest *guest, struct host_facts *facts)
{
	for (size_t i = 0; i < guest->nic_count; i++) {
		if (*guest->nics[i].target)
			gather_guest_port(facts, guest->nics[i].target);
	}
}

/* Filters of an earlier policy, or version, are looked for when a daemon comes back, as it does
 * after an upgrade. */
static void add_port_filter(
	enum event_kind kind, const struct policy *policy, struct port_facts *port)
{
	enum filter_hook hook = plan_port_hook(&port->port, policy);
	struct filter_state other;
	int result =
		gather_device_filters(port->port.ifindex, port->port.name, hook, &port->filter);

	if (result == 0 && kind == EVENT_GUEST_RECONNECT && !port->port.macvtap) {
		result = gather_device_filters(port->port.ifindex, port->port.name,
			hook == FILTER_EGRESS ? FILTER_INGRESS : FILTER_EGRESS, &other);
		port->filter_elsewhere = filter_has_ours(&other);
	}
	port->filter_known = result == 0;
}

static void add_port_filters(
	enum event_kind kind, const struct policy *policy, struct host_facts *facts)
{
	progress_step("reading the filters of a guest's port");
	for (size_t i = 0; i < facts->port_count; i++)
		add_port_filter(kind, policy, &facts->ports[i]);
}

static bool has_partial_checksums(const struct guest *guest)
{
	for (size_t i = 0; i < guest->nic_count; i++) {
		if (nic_leaves_partial_checksums(&guest->nics[i]))
			return true;
	}
	return false;
}

/* True if what this interface is sent is filled at its port. */
static bool is_filled_at_port(
	const struct guest_nic *nic, const struct port_facts *port, const struct policy *policy)
{
	if (!nic_takes_partial_checksums(nic))
		return true;
	if (port && !plan_filter_is_sure(&port->filter))
		return false;
	return nic->type == NIC_DIRECT || plan_fills_at_port(port ? &port->port : NULL, policy);
}

/* True if nothing has to be done anywhere but at the guest's ports. */
static bool ports_suffice(
	const struct guest *guest, const struct policy *policy, const struct host_facts *facts)
{
	for (size_t i = 0; i < guest->nic_count; i++) {
		const struct guest_nic *nic = &guest->nics[i];
		if (!is_filled_at_port(nic, host_facts_port(facts, nic->target), policy))
			return false;
	}
	return facts->filter_supported;
}

/* True if a macvtap of the guest's has no filter. */
static bool macvtap_lacks_filter(const struct guest *guest, const struct host_facts *facts)
{
	for (size_t i = 0; i < guest->nic_count; i++) {
		const struct port_facts *port = host_facts_port(facts, guest->nics[i].target);
		if (guest->nics[i].type == NIC_DIRECT && port &&
			!plan_filter_is_sure(&port->filter))
			return true;
	}
	return !facts->filter_supported;
}

/* What fills what this host sends to the guest, and whether anything has to. */
static void add_bridges_fill(
	const struct guest *guest, const struct policy *policy, struct host_facts *facts)
{
	enum fill_scope scope = plan_guest_scope(guest, policy);

	if (facts->bridge_count == 0)
		return;
	gather_filters(facts);
	for (enum ip_family family = 0; family < IP_FAMILIES; family++) {
		facts->fill_known[family] = true;
		if (gather_are_filled(facts, family, scope))
			continue;
		gather_servers(facts, family);
		if (!gather_may_be_served(facts, family) &&
			!(family == IPV4 && gather_has_kind(facts, BRIDGE_MACVLAN)))
			continue;
		gather_rules(facts, family);
		gather_support(facts, family, scope, policy, gather_have_room(facts));
	}
}

static void gather_guest_fill(enum event_kind kind, const struct guest *guest,
	const struct policy *policy, struct host_facts *facts)
{
	facts->filter_supported = plan_uses_filters(policy) && host_filters_supported();
	if (facts->filter_supported)
		add_port_filters(kind, policy, facts);
	if (kind == EVENT_GUEST_PREPARE && ports_suffice(guest, policy, facts))
		return;
	if (kind != EVENT_GUEST_PREPARE && macvtap_lacks_filter(guest, facts))
		gather_guest_macvlans(facts, guest, ON_LOWER_REACHES);
	add_bridges_fill(guest, policy, facts);
}

static bool sees_zeroed(const struct guest *guest)
{
	for (size_t i = 0; i < guest->nic_count; i++) {
		if (plan_sees_zeroed(guest, &guest->nics[i]))
			return true;
	}
	return false;
}

/* Whether rules spoil what servers of this host send: a dump of all chains, for those only whom it
 * concerns. Return: true if that may be so. */
static bool add_zeroing(const struct guest *guest, struct host_facts *facts)
{
	bool found = false;

	if (!sees_zeroed(guest))
		return false;
	progress_step("reading the rules of nftables");
	for (size_t i = 0; i < facts->bridge_count; i++) {
		struct bridge_facts *bridge = &facts->bridges[i];
		if (bridge->state.kind != BRIDGE_LINUX || !host_has_address(bridge->state.name))
			continue;
		int result = host_zeroing_read(bridge->state.name, &bridge->zeroing);
		if (result != 0)
			log_error("the rules of nftables cannot be read: %s", strerror(-result));
		found = found || bridge->zeroing.found;
	}
	return found;
}

/* The bridges that the host's DHCP servers are reached through. */
static void add_served_bridges(struct host_facts *facts, const struct server_list *servers)
{
	for (size_t i = 0; i < servers->count; i++) {
		struct bridge_state bridge;
		unsigned int device = servers->list[i].device;
		if (servers->list[i].raw)
			continue;
		if (device == 0)
			facts->dhcp_server_anywhere = true;
		else if (host_bridge_get_index(device, &bridge) == 0 &&
			 bridge.kind == BRIDGE_LINUX && !host_facts_bridge(facts, bridge.name))
			gather_append_bridge(facts, bridge.name, &bridge);
	}
}

/* The bridges of networks are not known, and no port is there yet. */
static void gather_arrival(
	const struct guest *guest, const struct policy *policy, struct host_facts *facts)
{
	CLEANUP(cleanup_server_list) struct server_list servers = {0};

	if (!plan_may_rewrite(guest, facts, policy))
		return;
	facts->filter_supported = plan_uses_filters(policy) && host_filters_supported();
	if (facts->filter_supported)
		return;
	for (size_t i = 0; i < guest->nic_count; i++)
		gather_bridge(facts, guest->nics[i].bridge);
	gather_guest_macvlans(facts, guest, ON_LOWER_REACHES);
	gather_find_servers(IPV4, &servers);
	gather_follow_servers(facts, &servers);
	add_served_bridges(facts, &servers);
	gather_mark_servers(facts, IPV4, &servers);
	if (!gather_are_served(facts, IPV4) && !facts->dhcp_server_anywhere)
		return;
	gather_filters(facts);
	gather_rules(facts, IPV4);
	gather_support(facts, IPV4, FILL_DHCP, policy, false);
}

static bool has_ethernet(const struct guest *guest)
{
	for (size_t i = 0; i < guest->nic_count; i++) {
		if (guest->nics[i].type == NIC_ETHERNET)
			return true;
	}
	return false;
}

/* Wherever there are rules of ours: the XML does not say which bridge it was. */
static void add_bridges_with_rules(struct host_facts *facts)
{
	for (enum ip_family family = 0; family < IP_FAMILIES; family++) {
		CLEANUP(cleanup_free) struct checksum_rule *rules = NULL;
		size_t count = 0;
		(void)gather_list_rules(family, &rules, &count);
		for (size_t i = 0; i < count; i++)
			gather_bridge(facts, rules[i].bridge);
	}
}

/* A port may outlive its guest. */
static void gather_released(
	const struct guest *guest, const struct policy *policy, struct host_facts *facts)
{
	for (size_t i = 0; i < guest->nic_count; i++)
		gather_bridge(facts, guest->nics[i].bridge);
	add_guest_ports(guest, facts);
	add_port_bridges(facts, policy);
	if (gather_may_have_rules()) {
		gather_guest_macvlans(facts, guest, ON_LOWER_ANY);
		if (has_ethernet(guest))
			add_bridges_with_rules(facts);
		gather_rules_above(facts);
	}
	if (has_ethernet(guest))
		gather_docker_bridges(facts);
	gather_ours_there(facts);
}

void gather_guest_hold(enum event_kind kind, const struct guest *guest, const struct policy *policy,
	struct host_facts *facts)
{
	*facts = (struct host_facts){
		.stp_program = host_has_stp_program(),
		.vhost_net = host_has_vhost_net(),
	};
	if (kind == EVENT_GUEST_RELEASE || kind == EVENT_GUEST_ARRIVE)
		return;
	add_guest_bridges(kind, guest, policy, facts);
	if (kind != EVENT_GUEST_PREPARE) {
		add_guest_ports(guest, facts);
		add_port_bridges(facts, policy);
	}
}

static void gather_present(enum event_kind kind, const struct guest *guest,
	const struct policy *policy, struct host_facts *facts)
{
	if (kind != EVENT_GUEST_PREPARE) {
		gather_guest_lowers(facts, guest);
		gather_lower_servers(facts);
	}
	if (policy->mechanism == MECHANISM_NONE)
		return;
	bool zeroed = kind != EVENT_GUEST_PREPARE && add_zeroing(guest, facts);
	if (zeroed || has_partial_checksums(guest))
		gather_guest_fill(kind, guest, policy, facts);
}

void gather_guest_checksums(enum event_kind kind, const struct guest *guest,
	const struct policy *policy, struct host_facts *facts)
{
	if (kind == EVENT_GUEST_RELEASE)
		gather_released(guest, policy, facts);
	else if (kind == EVENT_GUEST_ARRIVE)
		gather_arrival(guest, policy, facts);
	else
		gather_present(kind, guest, policy, facts);
}
