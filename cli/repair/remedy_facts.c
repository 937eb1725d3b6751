// SPDX-License-Identifier: GPL-2.0-or-later
#include "remedy_facts.h"

#include "alloc.h"
#include "cleanup.h"
#include "daemons.h"
#include "drop_owner.h"
#include "firewall_plan.h"
#include "firewall_read.h"
#include "firewalld.h"
#include "hook_names.h"
#include "host.h"
#include "libvirt_read.h"
#include "nic_place.h"
#include "zone.h"
#include "zone_choice.h"

#include <stdlib.h>
#include <string.h>

/* libvirt makes rules for networks that it isolates or routes, and puts their bridges into a zone
 * [libvirt src/network/bridge_driver_linux.c, networkAddFirewallRules()]. Of an open network that
 * depends on the version. */
static bool keeps_rules(const struct network *network)
{
	return network->forward == FORWARD_ISOLATED || network->forward == FORWARD_NAT ||
	       network->forward == FORWARD_ROUTE;
}

/* The active network whose bridge it is; all empty if there is none. */
static void find_network(const char *uri, const char *bridge, struct network *network)
{
	CLEANUP(libvirt_close) struct libvirt *libvirt = NULL;
	CLEANUP(libvirt_list_clear) struct libvirt_list list = {0};

	*network = (struct network){0};
	if (libvirt_open(uri, &libvirt) != 0 || libvirt_networks(libvirt, NULL, &list) != 0)
		return;
	for (size_t i = 0; i < list.count; i++) {
		if (!list.objects[i].active || nic_place_read(&list.objects[i], network) != 0)
			continue;
		if (strcmp(network->bridge, bridge) == 0 && keeps_rules(network))
			return;
		network_clear(network);
	}
}

static bool has_daemon(void)
{
	CLEANUP(cleanup_free) char *directory = hook_folder("");
	size_t count;

	free(daemons_find(directory, &count));
	return count > 0;
}

static void copy_zone(char to[ZONE_SIZE], const char *name)
{
	if (name && strlen(name) < ZONE_SIZE)
		memcpy(to, name, strlen(name) + 1);
}

/* As libvirt chooses it [networkAddFirewallRules()]. */
static const char *libvirt_zone(const struct network *network, const struct zone_list *list)
{
	if (network->zone)
		return network->zone;
	if (network->forward == FORWARD_ROUTE && list->libvirt_routed &&
		zone_find(list, "libvirt-routed"))
		return "libvirt-routed";
	return zone_find(list, "libvirt") ? "libvirt" : NULL;
}

static void gather_zones(
	const struct network *network, const char *bridge, struct remedy_facts *facts)
{
	CLEANUP(zone_list_clear) struct zone_list list = {0};
	CLEANUP(firewall_clear) struct firewall_facts firewall = {0};

	if (zone_of(bridge, facts->zone) != 0 || zone_settings_read(&list) != 0)
		return;
	facts->firewalld = true;
	firewalld_read(&firewall.firewalld, true);
	copy_zone(facts->applies, *facts->zone ? facts->zone : firewall.firewalld.default_zone);
	copy_zone(facts->zone_wanted,
		facts->network ? libvirt_zone(network, &list)
			       : zone_choose(&list, facts->applies, *facts->zone != '\0'));
}

/* True if there is libvirt's chain, and no rule leads to it: `iptables -F` leaves it, and takes
 * that. */
static bool has_unreached_chain(const struct firewall_facts *firewall)
{
	bool chain = false;
	bool reached = false;

	for (size_t i = 0; i < firewall->count; i++) {
		const struct firewall_chain *from = &firewall->chains[i];
		if (from->family != FIREWALL_IP)
			continue;
		chain = chain || strcmp(from->name, "LIBVIRT_INP") == 0;
		reached = reached || firewall_leads_to(from, "LIBVIRT_INP");
	}
	return chain && !reached;
}

static void read_tables(struct firewall_facts *firewall)
{
	if (firewall_read(firewall) != 0)
		return;
	for (enum ip_family family = IPV4; family < IP_FAMILIES; family++) {
		if (host_filter_tables_read(family, firewall) != 0)
			firewall->known = false;
	}
}

static void gather_rules(const char *bridge, struct remedy_facts *facts)
{
	CLEANUP(firewall_clear) struct firewall_facts firewall;
	CLEANUP(plan_clear) struct plan plan = {0};

	read_tables(&firewall);
	if (!firewall.known)
		return;
	plan_libvirt_rules(&plan, &firewall, facts->network, bridge);
	facts->rules_lost = plan.finding_count > 0;
	facts->rules_unreached = has_unreached_chain(&firewall);
}

static void gather_docker_user(const char *bridge, struct remedy_facts *facts)
{
	static const enum firewall_family of[IP_FAMILIES] = {
		[IPV4] = FIREWALL_IP, [IPV6] = FIREWALL_IP6};
	CLEANUP(firewall_clear) struct firewall_facts firewall;

	read_tables(&firewall);
	for (enum ip_family family = IPV4; family < IP_FAMILIES; family++) {
		struct docker_user_state state = {0};
		if (host_docker_user_read(family, bridge, &state) == 0)
			facts->docker_user[family] =
				state.chain && !state.accepts &&
				drop_docker_user_is_free(&firewall, of[family], bridge);
	}
}

void remedy_facts_gather(
	const char *uri, const struct drop *drop, const char *bridge, struct remedy_facts *facts)
{
	CLEANUP(network_clear) struct network network = {0};

	*facts = (struct remedy_facts){0};
	if (drop->kind == DROP_KERNEL)
		return;
	/* First: a daemon that this starts puts its zone and rules back. */
	find_network(uri, bridge, &network);
	facts->network = alloc_copy(network.name);
	facts->has_daemon = facts->network && has_daemon();
	if (drop->remedy == DROP_REMEDY_ZONE)
		gather_zones(&network, bridge, facts);
	else if (drop->remedy == DROP_REMEDY_DOCKER_USER)
		gather_docker_user(bridge, facts);
	else if (facts->network)
		gather_rules(bridge, facts);
}
