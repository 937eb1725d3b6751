// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Guests that come to this host running or with their state: by migration, or from a file.
 *
 * libvirt takes XML from a hook then, and only then. A guest whose interface is handed packets by
 * vhost-net comes to a host where nothing can fill the checksums of DHCP replies: without vhost-net
 * QEMU does, and the guest sees the same card. That is worth its price in throughput only where the
 * fault will be there, so the DHCP server has to be on this host.
 *
 * Which bridge a network has the XML does not say at this time. Any bridge that has a DHCP server
 * on this host behind it, and no filled checksums, then counts; and a server that is bound to no
 * device, if no such bridge is known at all.
 */
#include "alloc.h"
#include "plan_parts.h"

#include <stdlib.h>
#include <string.h>

/* The interface is on the host's own bridge, macvlan or libvirt's network, and vhost-net serves it.
 * By its MAC address it is told from others. */
static bool is_candidate(
	const struct guest *guest, const struct guest_nic *nic, const struct host_facts *facts)
{
	return (nic->type == NIC_NETWORK || nic->type == NIC_BRIDGE || nic->type == NIC_DIRECT) &&
	       *nic->mac && plan_uses_vhost(guest, nic, facts) && nic_takes_partial_checksums(nic);
}

bool plan_may_rewrite(
	const struct guest *guest, const struct host_facts *facts, const struct policy *policy)
{
	if (!policy->rewrite || policy->mechanism == MECHANISM_NONE)
		return false;
	for (size_t i = 0; i < guest->nic_count; i++) {
		if (is_candidate(guest, &guest->nics[i], facts))
			return true;
	}
	return false;
}

/* What the guest's start will bring is enough. */
static bool can_fill(
	const struct guest_nic *nic, const struct host_facts *facts, const struct policy *policy)
{
	if (plan_uses_filters(policy) && facts->filter_supported)
		return true;
	if (policy->mechanism == MECHANISM_ETHTOOL)
		return nic->type != NIC_DIRECT;
	return policy->mechanism != MECHANISM_TC && plan_has_rule(facts, IPV4);
}

static bool is_unfilled(const struct bridge_facts *bridge)
{
	return bridge->dhcp_server[IPV4] && plan_filled(bridge, IPV4) < FILL_DHCP;
}

static bool is_on(const struct guest_nic *nic, const struct bridge_facts *bridge)
{
	if (nic->type == NIC_DIRECT)
		return nic_reaches_macvlans(nic) && bridge->state.kind == BRIDGE_MACVLAN &&
		       strcmp(bridge->lower, nic->lower) == 0;
	return bridge->state.kind == BRIDGE_LINUX && strcmp(bridge->asked, nic->bridge) == 0;
}

/* For a network whose bridge is not known. */
static bool is_any_unfilled(const struct host_facts *facts)
{
	bool known = false;

	for (size_t i = 0; i < facts->bridge_count; i++) {
		const struct bridge_facts *bridge = &facts->bridges[i];
		if (bridge->state.kind != BRIDGE_LINUX || !bridge->dhcp_server[IPV4])
			continue;
		known = true;
		if (is_unfilled(bridge))
			return true;
	}
	return !known && facts->dhcp_server_anywhere;
}

static bool is_exposed(const struct guest_nic *nic, const struct host_facts *facts)
{
	if (nic->type == NIC_NETWORK && !*nic->bridge)
		return is_any_unfilled(facts);
	for (size_t i = 0; i < facts->bridge_count; i++) {
		if (is_on(nic, &facts->bridges[i]) && is_unfilled(&facts->bridges[i]))
			return true;
	}
	return false;
}

/* Why; the caller frees it. */
static char *why_nothing_fills(const struct host_facts *facts, const struct policy *policy)
{
	if (policy->mechanism == MECHANISM_ETHTOOL)
		return alloc_copy("[checksum] mechanism = ethtool is not for macvtaps");
	return plan_lack(IPV4, facts, policy);
}

static void plan_rewrite(struct plan *plan, const struct guest *guest, const struct guest_nic *nic,
	const struct host_facts *facts, const struct policy *policy)
{
	static const struct bridge_facts unknown;
	const struct bridge_facts *bridge = host_facts_bridge(facts, nic->bridge);
	const struct subject subject = {
		.guest = guest->name,
		.network = nic->network,
		.nic = nic,
		.bridge = bridge ? bridge : &unknown,
	};
	char *lacking = why_nothing_fills(facts, policy);

	plan_add_finding(plan, &subject, "vhost-exposed", SEVERITY_ERROR,
		alloc_format("virtio with vhost-net, a DHCP server on this host, and nothing that "
			     "can fill its checksums; %s",
			lacking),
		policy->mechanism == MECHANISM_ETHTOOL
			? alloc_copy("[checksum] mechanism = auto in virt-netboot.conf")
			: plan_lack_cure(IPV4),
		plan_add_action(
			plan, &subject, (struct action){.kind = ACTION_REWRITE, .nic = nic}));
	free(lacking);
}

void plan_arrival(struct plan *plan, const struct guest *guest, const struct host_facts *facts,
	const struct policy *policy)
{
	if (!plan_may_rewrite(guest, facts, policy) || !facts->fill_known[IPV4])
		return;
	for (size_t i = 0; i < guest->nic_count; i++) {
		const struct guest_nic *nic = &guest->nics[i];
		if (is_candidate(guest, nic, facts) && !can_fill(nic, facts, policy) &&
			is_exposed(nic, facts))
			plan_rewrite(plan, guest, nic, facts, policy);
	}
}
