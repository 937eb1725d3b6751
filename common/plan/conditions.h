// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Questions about an event, the host and the policy that both the plan and whoever gathers facts
 * for it have to answer alike: what is not asked of the host cannot be planned with.
 */
#ifndef VIRT_NETBOOT_CONDITIONS_H
#define VIRT_NETBOOT_CONDITIONS_H

#include "facts.h"
#include "guest.h"
#include "network.h"
#include "policy.h"

/* True if ports of guests may be made edge ports. */
bool policy_makes_edge_ports(const struct policy *policy);

/*
 * True if what is planned about a bridge that is otherwise known depends on how many ports it has;
 * only then are they worth a dump, which grows with the bridge.
 */
bool plan_needs_ports(const struct bridge_state *bridge, const struct policy *policy);

/* True if guests' ports that come into being on such a bridge have to be looked at. */
bool plan_watches_ports(
	const struct bridge_state *bridge, bool stp_program, const struct policy *policy);

/* True if filters may be used. */
bool plan_uses_filters(const struct policy *policy);

/*
 * True if what is sent to this port, or to one that is not there yet (NULL), is filled at the port.
 * By default it is filled where it is sent, but for macvtaps, and for taps that are not on a Linux
 * bridge: there nobody knows what leads to them.
 */
bool plan_fills_at_port(const struct bridge_port *port, const struct policy *policy);

/* Where a filter of ours at a guest's port has its place. */
enum filter_hook plan_port_hook(const struct bridge_port *port, const struct policy *policy);

/* True if rules may be used where filters cannot. */
bool plan_uses_rules(const struct policy *policy);

/* True if there can be a filter of ours to which packets come for certain. */
bool plan_filter_is_sure(const struct filter_state *filter);

/* True if a rule can be made. */
bool plan_has_rule(const struct host_facts *facts, enum ip_family family);

/* How much the guests of a network, or the interfaces of a guest at most, need to have filled. */
enum fill_scope plan_network_scope(const struct network *network, const struct policy *policy);
enum fill_scope plan_guest_scope(const struct guest *guest, const struct policy *policy);

/* How much where nobody knows what is needed: of what a guest sends to others, and of what anybody
 * sends to a macvtap. */
enum fill_scope plan_unknown_scope(const struct policy *policy);

/* How much one interface of a guest needs. */
enum fill_scope plan_nic_scope(
	const struct guest *guest, const struct guest_nic *nic, const struct policy *policy);

/* The bridge that the interface is on: of its port, if that exists, the kernel knows, and otherwise
 * the XML may say. NULL if that is not known, or none. */
const struct bridge_facts *plan_bridge(const struct host_facts *facts, const struct guest_nic *nic);

/* What the interface's macvtap is on: of the macvtap itself, if that exists, the kernel knows; of
 * one that is still to be made, the XML does not say it all. NULL if it was not asked. */
const struct lower_facts *plan_lower(const struct host_facts *facts, const struct guest_nic *nic);

/* Its name, or what the XML has for it. */
const char *plan_lower_name(const struct host_facts *facts, const struct guest_nic *nic);

/* The wider of two. */
enum fill_scope plan_wider(enum fill_scope one, enum fill_scope other);

/* How much filters at one device fill for certain. */
enum fill_scope plan_filtered(const struct filter_state *filter, enum ip_family family);

/* How much of what this host sends through a bridge is filled. */
enum fill_scope plan_filled(const struct bridge_facts *bridge, enum ip_family family);

/*
 * True if a checksum that a rule has set to zero and others then fill is wrong for the interface. A
 * Linux guest is content with what the rule makes: it takes the packet for one that was not sent by
 * wire. Firmware, and network cards that take no such packets, get what the kernel fills in.
 */
bool plan_sees_zeroed(const struct guest *guest, const struct guest_nic *nic);

/* True if vhost-net hands the interface's packets to the guest. */
bool plan_uses_vhost(
	const struct guest *guest, const struct guest_nic *nic, const struct host_facts *facts);

/*
 * True if @nic of a guest that arrives is one that could be rewritten: on the host's own bridge or
 * macvlan or on libvirt's network, served by vhost-net, and told from others by its MAC address.
 */
bool plan_is_candidate(
	const struct guest *guest, const struct guest_nic *nic, const struct host_facts *facts);

/*
 * True if the XML of a guest that arrives may be rewritten, should this host be unable to fill
 * checksums; only then is that worth a look. Of @facts it takes vhost_net only.
 */
bool plan_may_rewrite(
	const struct guest *guest, const struct host_facts *facts, const struct policy *policy);

#endif
