// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Docker's rules, which drop what bridges forward.
 *
 * Only bridges of the host's own get a rule. On those that libvirt made, guests have the DHCP
 * server of their network, which is on this host: what a bridge hands up to it does not come to
 * FORWARD. What guests there send each other libvirt's own rule accepts, whether it comes before
 * Docker's or after: Docker's chains drop nothing of other bridges, but FORWARD's policy does, at
 * its end [libvirt src/network/network_iptables.c, iptablesAddForwardAllowCross()]. Where libvirt
 * has its rules in a table of its own they do not help against that policy; what is lost then is
 * not DHCP.
 */
#include "alloc.h"
#include "cure.h"
#include "planning.h"

static const char slug[] = "firewall-drops-dhcp";

static void accept_forwarded(
	struct plan *plan, const struct subject *subject, enum ip_family family)
{
	const char *bridge = subject->bridge->state.name;
	const char *iptables = families[family].iptables;

	plan_add_finding(plan, subject,
		(struct finding){
			.slug = slug,
			.severity = SEVERITY_ERROR,
			.evidence = alloc_format(
				"Docker's rules (%s) drop %s requests that the bridge forwards to "
				"its other ports: chain FORWARD has the policy drop",
				iptables, families[family].dhcp),
			.cure = cure_command("%s -I DOCKER-USER -i %s -o %s -j ACCEPT", iptables,
				bridge, bridge),
			.action = plan_add_action(plan, subject,
				(struct action){.kind = ACTION_DOCKER_USER, .family = family}),
		});
}

void plan_docker_user(const struct planning *planning, const struct subject *subject)
{
	const struct bridge_facts *bridge = subject->bridge;

	if (!planning->policy->docker_user || subject->managed ||
		bridge->state.kind != BRIDGE_LINUX)
		return;
	for (enum ip_family family = 0; family < IP_FAMILIES; family++) {
		const struct docker_user_state *state = &bridge->docker_user[family];
		if (state->chain && !state->accepts)
			accept_forwarded(planning->plan, subject, family);
	}
}

void plan_docker_user_goes(struct plan *plan, const struct subject *subject)
{
	for (enum ip_family family = 0; family < IP_FAMILIES; family++) {
		const struct docker_user_state *state = &subject->bridge->docker_user[family];
		if (state->ours && state->for_guests)
			plan_add_action(plan, subject,
				(struct action){.kind = ACTION_DOCKER_USER,
					.family = family,
					.goes = true});
	}
}
