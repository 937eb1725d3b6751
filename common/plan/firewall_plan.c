// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Theory of operation
 *
 * A request from a guest meets, on its way to a server of this host, the base chains of family
 * bridge, then those of the address family with the bridge as the device that it came in by. All of
 * them have to let it through: what one accepts another one may drop. A server that takes whole
 * frames from a packet socket has them before any of these, and does not count.
 *
 * On its way to another port it meets those of family bridge; and if br_netfilter hands over what
 * bridges forward, also those at the address family's hook "forward", with the bridge as the device
 * that it comes in and goes out by [linux net/bridge/br_netfilter_hooks.c, br_nf_forward_ip()].
 */
#include "firewall_plan.h"

#include "alloc.h"
#include "character.h"
#include "cleanup.h"
#include "cure.h"
#include "firewall_cure.h"
#include "firewall_walk.h"
#include "planning.h"

#include <string.h>

static const char zone_slug[] = "firewalld-zone";
static const char drops_slug[] = "firewall-drops-dhcp";

static void add_finding(
	struct plan *plan, const struct firewall_bridge *bridge, struct finding finding)
{
	struct bridge_facts facts = {0};
	struct subject subject = {.bridge = &facts};

	memcpy(facts.state.name, bridge->name, IFNAME_SIZE);
	finding.action = NO_ACTION;
	plan_add_finding(plan, &subject, finding);
}

static bool has_zone_finding(const struct plan *plan, const struct firewall_bridge *bridge)
{
	for (size_t i = 0; i < plan->finding_count; i++) {
		if (strcmp(plan->findings[i].slug, zone_slug) == 0 &&
			strcmp(plan->findings[i].bridge, bridge->name) == 0)
			return true;
	}
	return false;
}

static bool is_of_family(const struct firewall_chain *chain, enum ip_family family)
{
	if (chain->family == FIREWALL_IP || chain->family == FIREWALL_IP6)
		return chain->family == (family == IPV4 ? FIREWALL_IP : FIREWALL_IP6);
	return true;
}

/* True if requests that come in by the bridge may enter the base chain on their way to a server. */
static bool is_before_server(const struct firewall_chain *chain, const char *bridge)
{
	if (chain->hook == FIREWALL_INGRESS)
		return chain->devices.count == 0 || firewall_has_device(&chain->devices, bridge);
	return chain->hook == FIREWALL_INPUT || chain->hook == FIREWALL_PREROUTING;
}

/* The base chain that is the worst for a request, and what becomes of it there. */
struct worst {
	const struct firewall_chain *chain;
	enum firewall_fate fate;
};

static void note_chain(struct worst *worst, const struct firewall_facts *facts,
	const struct firewall_chain *chain, const struct firewall_packet *packet)
{
	enum firewall_fate fate = firewall_walk(facts, chain, packet);

	/* It may be that of other devices. */
	if (fate == FATE_IS_DROPPED && chain->hook == FIREWALL_INGRESS && chain->devices.count == 0)
		fate = FATE_MAY_BE_DROPPED;
	if (fate > worst->fate)
		*worst = (struct worst){chain, fate};
}

/* Of which tables. */
enum tables { ALL_TABLES, FIREWALLDS_TABLE, OTHER_TABLES };

static bool is_in(const struct firewall_chain *chain, enum tables tables)
{
	return tables == ALL_TABLES ||
	       (strcmp(chain->table, "firewalld") == 0) == (tables == FIREWALLDS_TABLE);
}

static struct worst find_input(const struct firewall_facts *facts,
	const struct firewall_bridge *bridge, enum ip_family family, enum tables tables)
{
	struct worst worst = {0};

	for (size_t i = 0; i < facts->count; i++) {
		const struct firewall_chain *chain = &facts->chains[i];
		bool inside = chain->family == FIREWALL_BRIDGE;
		struct firewall_packet packet = {.family = family,
			.devices = {[FIREWALL_IN] = inside ? NULL : bridge->name,
				[FIREWALL_OUT] = "", /* it stays here */
				[FIREWALL_IN_BRIDGE] = bridge->name}};
		if (is_in(chain, tables) && is_before_server(chain, bridge->name) &&
			is_of_family(chain, family))
			note_chain(&worst, facts, chain, &packet);
	}
	return worst;
}

/* Into libvirt's zone if there is one, and the service into its own zone if not. */
static char *zone_cure(const struct firewalld *firewalld, const struct firewall_bridge *bridge,
	const struct firewall_zone *zone, enum ip_family family)
{
	if (firewalld->libvirt_zone)
		return cure_command(
			"firewall-cmd --zone=libvirt --change-interface=%s", bridge->name);
	return cure_command("firewall-cmd --zone=%s --add-service=%s", zone->name,
		family == IPV4 ? "dhcp" : "dhcpv6");
}

/* What the zone says is not all: a service that the administrator has made may be for DHCP's port.
 * Where firewalld does not use nftables of its own, its rules are not told from others. */
static bool rules_let_in(const struct firewall_facts *facts, const struct firewall_bridge *bridge,
	enum ip_family family)
{
	return firewall_has_table(facts, "firewalld") &&
	       !find_input(facts, bridge, family, FIREWALLDS_TABLE).chain;
}

static void add_zone_finding(struct plan *plan, const struct firewall_facts *facts,
	const struct firewall_bridge *bridge, const struct firewall_zone *zone,
	enum ip_family family)
{
	bool certain = zone->dhcp[family] == ZONE_DHCP_NO && !rules_let_in(facts, bridge, family);

	add_finding(plan, bridge,
		(struct finding){
			.slug = zone_slug,
			.severity = certain ? SEVERITY_ERROR : SEVERITY_WARNING,
			.evidence = alloc_format("the bridge is in firewalld's zone '%s', which %s "
						 "%s requests for the server of this host",
				TEXT_NAME(zone->name), certain ? "rejects" : "may reject",
				families[family].dhcp),
			.cure = zone_cure(&facts->firewalld, bridge, zone, family),
			.advice =
				alloc_copy("the command lasts until firewalld is reloaded; "
					   "--permanent keeps it, and libvirt puts the bridges of "
					   "its networks into a zone itself when it starts them"),
		});
}

void plan_firewalld_zone(
	struct plan *plan, const struct firewall_facts *facts, const struct firewall_bridge *bridge)
{
	const struct firewall_zone *zone = firewall_zone_of(&facts->firewalld, bridge->name);

	for (enum ip_family family = IPV4; zone && family < IP_FAMILIES; family++) {
		if (!bridge->server[family] || zone->dhcp[family] == ZONE_DHCP_YES)
			continue;
		add_zone_finding(plan, facts, bridge, zone, family);
		return;
	}
}

/* "may drop", "drops": what the chain does, and where it is. */
static char *chain_evidence(const struct worst *worst, const char *what)
{
	const struct firewall_chain *chain = worst->chain;
	bool may = worst->fate == FATE_MAY_BE_DROPPED;

	return alloc_format("chain %s of the %stable %s %s %s %s", TEXT_NAME(chain->name),
		chain->legacy ? "legacy " : "", firewall_families[chain->family],
		TEXT_NAME(chain->table), may ? "may drop" : "drops", what);
}

void plan_firewall_input(
	struct plan *plan, const struct firewall_facts *facts, const struct firewall_bridge *bridge)
{
	enum tables tables = has_zone_finding(plan, bridge) ? OTHER_TABLES : ALL_TABLES;

	for (enum ip_family family = IPV4; family < IP_FAMILIES; family++) {
		struct worst worst = {0};
		if (bridge->server[family])
			worst = find_input(facts, bridge, family, tables);
		if (!worst.chain)
			continue;
		CLEANUP(cleanup_free)
		char *what = alloc_format("%s requests to the server of this host (UDP port %u)",
			families[family].dhcp, families[family].dhcp_server);
		bool certain = worst.fate == FATE_IS_DROPPED;
		add_finding(plan, bridge,
			(struct finding){
				.slug = drops_slug,
				.severity = certain ? SEVERITY_ERROR : SEVERITY_WARNING,
				.evidence = chain_evidence(&worst, what),
				.cure = firewall_input_cure(
					facts, worst.chain, bridge->name, family),
				.advice =
					alloc_copy("the command lasts until the firewall is "
						   "restarted; add the rule to its configuration"),
			});
	}
}

static bool is_before_ports(const struct firewall_chain *chain, const struct firewall_facts *facts,
	const struct firewall_bridge *bridge)
{
	if (chain->family == FIREWALL_BRIDGE)
		return chain->hook == FIREWALL_PREROUTING || chain->hook == FIREWALL_FORWARD;
	return chain->hook == FIREWALL_FORWARD && is_of_family(chain, IPV4) &&
	       (facts->nf_call[IPV4] || bridge->nf_call[IPV4]);
}

static struct worst find_forward(
	const struct firewall_facts *facts, const struct firewall_bridge *bridge)
{
	struct worst worst = {0};

	for (size_t i = 0; i < facts->count; i++) {
		const struct firewall_chain *chain = &facts->chains[i];
		bool inside = chain->family == FIREWALL_BRIDGE;
		const char *device = inside ? NULL : bridge->name;
		struct firewall_packet packet = {
			.family = IPV4, .devices = {device, device, bridge->name, bridge->name}};
		if (is_before_ports(chain, facts, bridge))
			note_chain(&worst, facts, chain, &packet);
	}
	return worst;
}

/* What is for all bridges at once. */
static char *forward_advice(
	const struct firewall_chain *chain, const struct firewall_bridge *bridge)
{
	if (chain->family == FIREWALL_BRIDGE)
		return alloc_copy("the rule is lost when the firewall is restarted; add it to its "
				  "configuration");
	if (bridge->nf_call[IPV4])
		return alloc_copy("or switch nf_call_iptables of the bridge off, so that its "
				  "packets do not pass through iptables");
	return alloc_copy("or set net.bridge.bridge-nf-call-iptables to 0, so that packets on no "
			  "bridge pass through iptables; Docker may need it");
}

void plan_firewall_forward(
	struct plan *plan, const struct firewall_facts *facts, const struct firewall_bridge *bridge)
{
	struct worst worst = find_forward(facts, bridge);

	if (!worst.chain)
		return;
	enum severity severity = worst.fate == FATE_IS_DROPPED ? SEVERITY_ERROR : SEVERITY_WARNING;
	add_finding(plan, bridge,
		(struct finding){
			.slug = drops_slug,
			/* Guests have a server of this host, and may need no other. */
			.severity = bridge->server[IPV4] || bridge->raw_server ? SEVERITY_NOTICE
									       : severity,
			.evidence = chain_evidence(&worst,
				"DHCP requests that the bridge forwards to its other ports"),
			.cure = firewall_forward_cure(facts, worst.chain, bridge->name),
			.advice = forward_advice(worst.chain, bridge),
		});
}

static bool names_device(const struct firewall_chain *chain, const char *name)
{
	for (size_t i = 0; i < chain->count; i++) {
		const struct firewall_rule *rule = &chain->rules[i];
		for (size_t j = 0; j < rule->device_count; j++) {
			if (firewall_has_device(&rule->devices[j], name))
				return true;
		}
	}
	return false;
}

/* True if a rule of another chain leads there. `iptables -F` leaves the chain, and takes that. */
static bool is_reached(const struct firewall_facts *facts, const struct firewall_chain *chain)
{
	for (size_t i = 0; i < facts->count; i++) {
		const struct firewall_chain *from = &facts->chains[i];
		if (from->family == chain->family && from->legacy == chain->legacy &&
			strcmp(from->table, chain->table) == 0 &&
			firewall_leads_to(from, chain->name))
			return true;
	}
	return false;
}

/* Where libvirt lets in what guests ask this host for, DHCP above all [libvirt
 * src/network/network_iptables.c, src/network/network_nftables.c] */
static bool lets_in(const struct firewall_facts *facts, const struct firewall_chain *chain)
{
	if (chain->family != FIREWALL_IP)
		return false;
	if (strcmp(chain->table, "libvirt_network") == 0)
		return true;
	return strcmp(chain->table, "filter") == 0 && strcmp(chain->name, "LIBVIRT_INP") == 0 &&
	       is_reached(facts, chain);
}

void plan_libvirt_rules(struct plan *plan, const struct firewall_facts *facts, const char *network,
	const char *bridge)
{
	struct bridge_facts of_bridge = {0};
	struct subject subject = {.network = network, .bridge = &of_bridge};

	for (size_t i = 0; i < facts->count; i++) {
		if (lets_in(facts, &facts->chains[i]) && names_device(&facts->chains[i], bridge))
			return;
	}
	memcpy(of_bridge.state.name, bridge, strlen(bridge) + 1);
	plan_add_finding(plan, &subject,
		(struct finding){
			.slug = "libvirt-rules-lost",
			.severity = SEVERITY_WARNING,
			.evidence = alloc_format("packets from %s meet no rule of libvirt, as "
						 "after a restart of a firewall",
				TEXT_NAME(bridge)),
			/* A reload makes no chains, and no rules that lead to them [libvirt
			 * src/network/bridge_driver_linux.c, networkPreReloadFirewallRules()] */
			.cure = alloc_copy(
				"systemctl try-restart libvirtd.service virtnetworkd.service"),
			.advice = alloc_copy("without them guests may get no address, or reach "
					     "nobody beyond this host"),
			.action = NO_ACTION,
		});
}
