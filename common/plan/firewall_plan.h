// SPDX-License-Identifier: GPL-2.0-or-later
/* What the firewalls of this host do to the DHCP of guests on a bridge. */
#ifndef VIRT_NETBOOT_FIREWALL_PLAN_H
#define VIRT_NETBOOT_FIREWALL_PLAN_H

#include "firewall.h"
#include "plan.h"

/*
 * Each of these adds findings about one bridge. What is certain is an error, and what may be a
 * warning. None repairs anything.
 */

/* firewalld-zone: the zone of the bridge does not let requests in to a server of this host. */
void plan_firewalld_zone(struct plan *plan, const struct firewall_facts *facts,
	const struct firewall_bridge *bridge);

/* firewall-drops-dhcp: rules keep requests from a server of this host. Those of firewalld do not
 * count if the plan has firewalld-zone for the bridge already. */
void plan_firewall_input(struct plan *plan, const struct firewall_facts *facts,
	const struct firewall_bridge *bridge);

/* firewall-drops-dhcp: rules keep requests from what is beyond the bridge's other ports. */
void plan_firewall_forward(struct plan *plan, const struct firewall_facts *facts,
	const struct firewall_bridge *bridge);

/* libvirt-rules-lost: libvirt keeps rules for a network that it routes or isolates, and packets
 * from the network's bridge meet none of them. */
void plan_libvirt_rules(struct plan *plan, const struct firewall_facts *facts, const char *network,
	const char *bridge);

#endif
