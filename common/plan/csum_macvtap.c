// SPDX-License-Identifier: GPL-2.0-or-later
/* Checksums of what is sent to a macvtap of a guest. */
#include "alloc.h"
#include "conditions.h"
#include "csum.h"

#include <string.h>

/* What the host's own macvlan sends to macvtaps on the same lower device. */
static void plan_macvlan(
	const struct planning *planning, const struct subject *subject, enum fill_scope scope)
{
	const struct host_facts *facts = planning->facts;

	for (enum ip_family family = 0; family < IP_FAMILIES; family++) {
		bool served = subject->bridge->dhcp_server[family];
		/* A TFTP server for IPv4 may be there without a DHCP server. */
		if (!facts->fill_known[family] || plan_filled(subject->bridge, family) >= scope ||
			(!served && family != IPV4))
			continue;
		if (plan_has_rule(facts, family) && planning->policy->mechanism != MECHANISM_TC)
			csum_at_bridge(planning->plan, subject,
				csum_rule(family, scope, csum_why_no_filter(planning)));
		else if (served)
			csum_unsupported(planning, subject, family,
				alloc_format(
					"nothing completes the UDP checksums of this host's %s "
					"replies on the parent device",
					families[family].dhcp));
	}
}

/* Whoever sends to the macvtap is beyond its lower device. */
static void plan_no_peer(const struct planning *planning, const struct subject *subject)
{
	plan_add_finding(planning->plan, subject,
		(struct finding){
			.slug = "macvtap-peer-offload",
			.severity = SEVERITY_NOTICE,
			.evidence = alloc_format(
				"no DHCP server of this host is on %s, so its servers are beyond "
				"it; if one of them leaves UDP checksums to a network card that "
				"does not complete them, nothing here does, because %s",
				plan_lower_name(planning->facts, subject->nic),
				csum_why_no_filter(planning)),
			.cure = plan_uses_filters(planning->policy) &&
						!planning->facts->filter_supported
					? alloc_copy("modprobe act_csum")
					: NULL,
			.advice = alloc_copy("switch transmit checksumming off on the machine of "
					     "the DHCP and TFTP server (ethtool -K), or start the "
					     "guest again when it can have a filter here"),
			.action = NO_ACTION,
		});
}

/* The guest's macvtap is without a filter: what can be done to senders on this host is done, and
 * for those elsewhere there is a word. */
static void plan_peers(const struct planning *planning, const struct subject *subject,
	enum fill_scope scope, bool shadowed)
{
	const struct host_facts *facts = planning->facts;
	const struct guest_nic *nic = subject->nic;
	bool served = false;

	for (size_t i = 0; nic_reaches_macvlans(nic) && i < facts->bridge_count; i++) {
		const struct bridge_facts *macvlan = &facts->bridges[i];
		struct subject sender = *subject;
		if (macvlan->state.kind != BRIDGE_MACVLAN ||
			strcmp(macvlan->lower, plan_lower_name(facts, nic)) != 0)
			continue;
		sender.bridge = macvlan;
		served = served || macvlan->dhcp_server[IPV4] || macvlan->dhcp_server[IPV6] ||
			 macvlan->raw_server[IPV4];
		plan_macvlan(planning, &sender, scope);
	}
	if (!served && !shadowed && !macvtap_misses_server(facts, nic))
		plan_no_peer(planning, subject);
}

static void plan_ethtool_refused(struct plan *plan, const struct subject *subject)
{
	plan_add_finding(plan, subject,
		(struct finding){
			.slug = "checksum-unsupported",
			.severity = SEVERITY_WARNING,
			.evidence = alloc_copy(
				"[checksum] mechanism = ethtool is refused for a macvtap: the "
				"kernel does not let anybody change tx-checksum-ip-generic of "
				"macvlans and macvtaps"),
			.advice = alloc_copy(
				"set mechanism = auto under [checksum] in virt-netboot.conf"),
			.action = NO_ACTION,
		});
}

void plan_macvtap_csum(const struct planning *planning, const struct subject *subject,
	const struct port_facts *port)
{
	static const struct bridge_facts none;
	enum fill_scope scope = plan_nic_scope(planning->guest, subject->nic, planning->policy);
	struct subject macvtap = *subject;

	if (planning->kind == EVENT_GUEST_PREPARE || !nic_takes_partial_checksums(subject->nic))
		return;
	macvtap.bridge = &none;
	if (planning->policy->mechanism == MECHANISM_ETHTOOL) {
		plan_ethtool_refused(planning->plan, &macvtap);
		return;
	}
	bool no_filter = !csum_uses_filters(planning) || csum_is_blocked(port);
	bool shadowed = port && csum_is_shadowed(planning, &port->filter);
	if (no_filter || shadowed)
		plan_peers(planning, &macvtap, scope, shadowed);
	if (no_filter || !port || !port->filter_known)
		return;
	macvtap.port = &port->port;
	if (shadowed) {
		csum_in_shadow(planning, &macvtap, &port->filter, scope);
		csum_say_shadowed(planning, &macvtap, &port->filter, SEVERITY_WARNING,
			alloc_copy("what others send to the guest may stay unfilled"));
	} else if (!csum_port_fills(port, scope))
		csum_at_port(planning, &macvtap, scope);
}

void plan_coming_macvtap_csum(const struct planning *planning, const struct subject *subject)
{
	const struct host_facts *facts = planning->facts;

	for (size_t i = 0; i < facts->bridge_count; i++) {
		struct subject sender = *subject;
		sender.bridge = &facts->bridges[i];
		if (sender.bridge->state.kind == BRIDGE_MACVLAN)
			plan_macvlan(planning, &sender, plan_unknown_scope(planning->policy));
	}
}
