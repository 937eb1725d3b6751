// SPDX-License-Identifier: GPL-2.0-or-later
/* A rule of nftables sets the checksums of DHCP replies to zero, and what fills them then is wrong.
 */
#include "alloc.h"
#include "conditions.h"
#include "csum.h"

/* True if they are filled at the guest's port, where zero is left for "none". */
static bool is_filled_at_port(const struct planning *planning, const struct subject *subject,
	const struct port_facts *port)
{
	return port && csum_uses_filters(planning) && plan_filter_is_sure(&port->filter) &&
	       plan_fills_at_port(&port->port, planning->policy) &&
	       nic_takes_partial_checksums(subject->nic);
}

/* A filter comes after the rule, and then zero means "none"; a rule of iptables must come before.
 */
static bool is_filled(const struct bridge_facts *bridge)
{
	const struct fill_state *fill = &bridge->fill[IPV4];

	return plan_filtered(&bridge->filter, IPV4) != FILL_NONE ||
	       (!bridge->zeroing.before_rules && plan_wider(fill->ours, fill->others) != FILL_NONE);
}

static int fill_instead(const struct planning *planning, const struct subject *subject)
{
	const struct need need = {.family = IPV4, .scope = FILL_DHCP};
	struct action action;

	if (!csum_choose(planning, subject, need, &action) || action.kind == ACTION_TX_CHECKSUM ||
		(action.kind == ACTION_RULE && subject->bridge->zeroing.before_rules))
		return NO_ACTION;
	return csum_at_bridge(planning->plan, subject, action);
}

void plan_zeroed_csum(const struct planning *planning, const struct subject *subject,
	const struct port_facts *port)
{
	const struct bridge_facts *bridge = subject->bridge;

	if (!bridge || !bridge->zeroing.found || !bridge->dhcp_server[IPV4] ||
		!plan_sees_zeroed(planning->guest, subject->nic) || is_filled(bridge) ||
		is_filled_at_port(planning, subject, port))
		return;
	const struct zeroing *zeroing = &bridge->zeroing;
	plan_add_finding(planning->plan, subject,
		(struct finding){
			.slug = "checksum-zeroed",
			.severity = SEVERITY_ERROR,
			.evidence = alloc_format("a rule of nftables in table %s, to which packets "
						 "come by chain %s, sets "
						 "the UDP checksums of this host's DHCP replies to "
						 "zero before they are "
						 "completed, so that firmware gets wrong ones",
				zeroing->table, zeroing->chain),
			.advice = alloc_copy(
				"delete that rule by its handle, which nft -a list table shows, "
				"and have the program that made it not make it again"),
			.action = fill_instead(planning, subject),
		});
}
