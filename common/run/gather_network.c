// SPDX-License-Identifier: GPL-2.0-or-later
#include "gather.h"

#include "conditions.h"
#include "gather_lower.h"
#include "gather_parts.h"
#include "gather_servers.h"
#include "host.h"

/* What the XML does not tell, sockets do: a server may be given to libvirt's dnsmasq in a file, or
 * be somebody's own. At "started" that dnsmasq runs already [libvirt src/network/bridge_driver.c,
 * networkStartNetwork()]. */
static void gather_network_fill(
	const struct network *network, const struct policy *policy, struct host_facts *facts)
{
	enum fill_scope scope = plan_network_scope(network, policy);

	facts->filter_supported = plan_uses_filters(policy) && host_filters_supported();
	gather_filters(facts);
	for (enum ip_family family = 0; family < IP_FAMILIES; family++) {
		const struct network_service *service = &network->service[family];
		bool served = service->dhcp || service->tftp;
		if (gather_are_filled(facts, family, scope))
			continue;
		/* Where rules are used, others may need one of their own. */
		if (!served || !gather_have_room(facts))
			gather_servers(facts, family);
		if (!served && !gather_may_be_served(facts, family))
			continue;
		gather_rules(facts, family);
		gather_support(facts, family, scope, policy, gather_have_room(facts));
	}
}

/* Where something of ours may be that is not needed any more. */
static void gather_ended(
	enum event_kind kind, const struct network *network, bool managed, struct host_facts *facts)
{
	if (kind == EVENT_NETWORK_PORT_DELETED && managed)
		return;
	gather_bridge(facts, network->bridge);
	if (*network->port.lower && gather_may_have_rules())
		gather_macvlans(facts, gather_lower(facts, network->port.lower));
	gather_ours_there(facts);
}

/*
 * A guest's macvtap that does not exist yet. If an interface is plugged in there is no other event,
 * so what this host sends to it is to be filled from now on, where that is done by rules; a filter
 * of its own it cannot have before it is there.
 */
static void gather_macvtap_port(
	const struct network_port *port, const struct policy *policy, struct host_facts *facts)
{
	if (!port->reaches_macvlans || !plan_uses_rules(policy))
		return;
	facts->filter_supported = plan_uses_filters(policy) && host_filters_supported();
	if (facts->filter_supported)
		return;
	gather_macvlans(facts, gather_lower(facts, port->lower));
	for (enum ip_family family = 0; facts->bridge_count > 0 && family < IP_FAMILIES; family++) {
		gather_servers(facts, family);
		/* A TFTP server for IPv4 may be there without a DHCP server. */
		if (family != IPV4 && !gather_are_served(facts, family))
			continue;
		gather_rules(facts, family);
		gather_support(facts, family, plan_unknown_scope(policy), policy, false);
	}
}

void gather_network_hold(enum event_kind kind, const struct network *network,
	const struct policy *policy, struct host_facts *facts)
{
	*facts = (struct host_facts){.stp_program = host_has_stp_program()};
	if (kind != EVENT_NETWORK_ACTIVE)
		return;
	struct bridge_facts *bridge = gather_bridge(facts, network->bridge);
	if (!bridge)
		return;
	if (plan_needs_ports(&bridge->state, policy))
		gather_count_ports(&bridge->state);
	if (plan_watches_ports(&bridge->state, facts->stp_program, policy))
		gather_network_port(facts, &bridge->state, &network->port);
}

void gather_network_checksums(enum event_kind kind, const struct network *network,
	const struct policy *policy, struct host_facts *facts)
{
	const struct bridge_facts *bridge = host_facts_bridge(facts, network->bridge);
	bool managed = network_is_managed(network);

	if (kind == EVENT_NETWORK_STOPPED || kind == EVENT_NETWORK_PORT_DELETED)
		gather_ended(kind, network, managed, facts);
	else if (kind != EVENT_NETWORK_ACTIVE)
		return;
	else if (*network->port.lower)
		gather_macvtap_port(&network->port, policy, facts);
	else if (policy->mechanism != MECHANISM_NONE && bridge &&
		 bridge->state.kind == BRIDGE_LINUX)
		gather_network_fill(network, policy, facts);
}
