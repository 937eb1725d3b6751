// SPDX-License-Identifier: GPL-2.0-or-later
/* What the files that gather facts have in common; for those only. See gather.h. */
#ifndef VIRT_NETBOOT_GATHER_PARTS_H
#define VIRT_NETBOOT_GATHER_PARTS_H

#include "facts.h"
#include "guest.h"
#include "host.h"
#include "network.h"
#include "policy.h"

/*
 * gather_bridges.c: bridges and ports, as devices.
 */

/* Count a bridge's ports; that they cannot be read is logged, and known by ports_known. */
void gather_count_ports(struct bridge_state *bridge);

/* Add what is known of a bridge that the XML calls @name. Return: the facts about it, which move
 * when another one is added. */
struct bridge_facts *gather_append_bridge(
	struct host_facts *facts, const char *name, const struct bridge_state *state);

/* Ask for the bridge and add it. Return: NULL if it was there already, or cannot be read. */
struct bridge_facts *gather_bridge(struct host_facts *facts, const char *name);

/* Add a guest's port, by its name; and that of an event of a network, by its MAC address. */
void gather_guest_port(struct host_facts *facts, const char *name);
void gather_network_port(struct host_facts *facts, const struct bridge_state *bridge,
	const struct network_port *owner);

/*
 * gather_fill.c: what fills checksums at the bridges.
 */

/* As host_filters_read(). Return: 0, also for one that goes while its filters are read; -ENODEV if
 * it had gone before; or another negative errno, which is logged. */
int gather_device_filters(
	unsigned int ifindex, const char *name, enum filter_hook hook, struct filter_state *filter);

/* Whatever does it without a rule, and whether this host has an address there. */
void gather_filters(struct host_facts *facts);

/* All rules of ours in one family, as host_rules_list(); that they cannot be read is logged. */
int gather_list_rules(enum ip_family family, struct checksum_rule **rules, size_t *count);

/* The rules towards all bridges, in one family. */
void gather_rules(struct host_facts *facts, enum ip_family family);

/* What the kernel offers; a legacy table is brought into use only where nothing else will do. */
void gather_support(struct host_facts *facts, enum ip_family family, enum fill_scope scope,
	const struct policy *policy, bool filters_do);

/* True if so much is filled at every bridge; if a filter can be at every bridge; if any has a DHCP
 * server. */
bool gather_are_filled(
	const struct host_facts *facts, enum ip_family family, enum fill_scope scope);
bool gather_have_room(const struct host_facts *facts);
bool gather_are_served(const struct host_facts *facts, enum ip_family family);

/* True if there is one of this kind. */
bool gather_has_kind(const struct host_facts *facts, enum bridge_kind kind);

/* True if any has one, or could get one without an event, which is worth a rule or filter before.
 */
bool gather_may_be_served(const struct host_facts *facts, enum ip_family family);

/*
 * gather_docker.c: rules of ours in Docker's chain.
 */

/* Those for the bridges, whatever the policy says today. */
void gather_docker_left(struct host_facts *facts);

/* Add the bridges that there are such rules for. */
void gather_docker_bridges(struct host_facts *facts);

/*
 * gather_left.c: what of ours there is, and who still needs it.
 */

/* Which of a guest's interfaces on lower devices: all, or those that macvlans reach. */
enum on_lower { ON_LOWER_ANY, ON_LOWER_REACHES };

/* The host's own macvlans on a lower device, or on those of a guest's interfaces. */
void gather_macvlans(struct host_facts *facts, const char *lower);
void gather_guest_macvlans(
	struct host_facts *facts, const struct guest *guest, enum on_lower which);

/* False where no legacy table is in use: what was done at macvlans is rules in those. */
bool gather_may_have_rules(void);

/* What of ours there is at the bridges, whatever the policy says today, and which guests need it.
 */
void gather_ours_there(struct host_facts *facts);

#endif
