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
#include "cleanup.h"
#include "conditions.h"
#include "csum.h"

#include <string.h>

/* What the guest's start will bring is enough. */
static bool can_fill(const struct planning *planning, const struct guest_nic *nic)
{
	enum checksum_mechanism mechanism = planning->policy->mechanism;

	if (csum_uses_filters(planning))
		return true;
	if (mechanism == MECHANISM_ETHTOOL)
		return nic->type != NIC_DIRECT;
	return mechanism != MECHANISM_TC && plan_has_rule(planning->facts, IPV4);
}

static bool is_unfilled(const struct bridge_facts *bridge)
{
	return bridge->dhcp_server[IPV4] && plan_filled(bridge, IPV4) < FILL_DHCP;
}

static bool is_on(const struct host_facts *facts, const struct guest_nic *nic,
	const struct bridge_facts *bridge)
{
	if (nic->type == NIC_DIRECT)
		return nic_reaches_macvlans(nic) && bridge->state.kind == BRIDGE_MACVLAN &&
		       strcmp(bridge->lower, plan_lower_name(facts, nic)) == 0;
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
		if (is_on(facts, nic, &facts->bridges[i]) && is_unfilled(&facts->bridges[i]))
			return true;
	}
	return false;
}

/* Why; the caller frees it. */
static char *why_nothing_fills(const struct planning *planning)
{
	if (planning->policy->mechanism == MECHANISM_ETHTOOL)
		return alloc_copy("[checksum] mechanism = ethtool is not for macvtaps");
	return csum_lack(planning, IPV4);
}

static char *advice(const struct planning *planning, const struct subject *subject)
{
	return planning->policy->mechanism == MECHANISM_ETHTOOL
		       ? alloc_copy("set mechanism = auto under [checksum] in virt-netboot.conf")
		       : csum_lack_advice(planning, subject);
}

static void plan_rewrite(const struct planning *planning, const struct guest_nic *nic)
{
	static const struct bridge_facts unknown;
	const struct bridge_facts *bridge = host_facts_bridge(planning->facts, nic->bridge);
	const struct subject subject = {
		.guest = planning->guest->name,
		.network = nic->network,
		.nic = nic,
		.bridge = bridge ? bridge : &unknown,
	};
	CLEANUP(cleanup_free) char *lacking = why_nothing_fills(planning);

	plan_add_finding(planning->plan, &subject,
		(struct finding){
			.slug = "vhost-exposed",
			.severity = SEVERITY_ERROR,
			.evidence = alloc_format(
				"virtio with vhost-net, a DHCP server on this "
				"host, and nothing that can complete its checksums; %s",
				lacking),
			.cure = csum_lack_cure(planning, IPV4),
			.advice = advice(planning, &subject),
			.action = plan_add_action(planning->plan, &subject,
				(struct action){.kind = ACTION_REWRITE, .nic = nic}),
		});
}

void plan_arrival(const struct planning *planning)
{
	const struct guest *guest = planning->guest;
	const struct host_facts *facts = planning->facts;

	if (!plan_may_rewrite(guest, facts, planning->policy) || !facts->fill_known[IPV4])
		return;
	for (size_t i = 0; i < guest->nic_count; i++) {
		const struct guest_nic *nic = &guest->nics[i];
		if (plan_is_candidate(guest, nic, facts) && !can_fill(planning, nic) &&
			is_exposed(nic, facts))
			plan_rewrite(planning, nic);
	}
}
