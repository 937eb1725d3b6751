// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the firewalls of this host do to the DHCP of guests. They are read once, however many
 * bridges there are; what that means is in common/plan/firewall_plan.c.
 */
#include "check_parts.h"

#include "alloc.h"
#include "cleanup.h"
#include "cure.h"
#include "firewall_plan.h"
#include "firewall_read.h"
#include "host.h"
#include "log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct check_question firewalls = {CHECK_HOST, "host-firewalls", "firewalls"};
static const struct check_question host_input = {
	CHECK_HOST, "host-dhcp-input", "firewall policies for DHCP to this host"};
static const struct check_question host_forward = {
	CHECK_HOST, "host-bridge-forward", "firewall policies for what bridges forward"};
static const struct check_question zone_of_bridge = {CHECK_BRIDGE, "bridge-zone", "firewalld zone"};
static const struct check_question bridge_input = {
	CHECK_BRIDGE, "bridge-dhcp-input", "firewall before this host's DHCP server"};
static const struct check_question bridge_forward = {
	CHECK_BRIDGE, "bridge-forward-filter", "firewall for what the bridge forwards"};
static const struct check_question network_rules = {
	CHECK_NETWORK, "network-firewall", "libvirt's firewall rules"};

/* Those of one family, whose requests come by way of UDP. */
struct server_list {
	struct dhcp_server *list;
	size_t count;
};

struct check_firewall {
	struct firewall_facts facts;
	struct server_list servers[IP_FAMILIES];
};

static void read_tables(struct firewall_facts *facts)
{
	for (enum ip_family family = IPV4; facts->known && family < IP_FAMILIES; family++) {
		int result = host_filter_tables_read(family, facts);
		if (result == 0)
			continue;
		facts->known = false;
		if (result != -EPERM)
			log_error("the filter table of %s cannot be read: %s",
				families[family].iptables, strerror(-result));
	}
}

static void read_servers(struct check_firewall *firewall)
{
	for (enum ip_family family = IPV4; family < IP_FAMILIES; family++) {
		struct server_list *servers = &firewall->servers[family];
		int result = host_dhcp_servers(family, &servers->list, &servers->count);
		if (result != 0)
			log_warning("the sockets of DHCP servers cannot be read: %s",
				strerror(-result));
	}
}

void check_firewall_read(struct check_run *run)
{
	struct check_firewall *firewall = alloc_array(1, sizeof(*firewall));

	/* What could not be read has been said, or is said once, of this host. */
	(void)firewall_read(&firewall->facts);
	read_tables(&firewall->facts);
	if (firewall->facts.known)
		read_servers(firewall);
	run->firewall = firewall;
}

void check_firewall_clear(struct check_run *run)
{
	if (!run->firewall)
		return;
	for (enum ip_family family = IPV4; family < IP_FAMILIES; family++)
		free(run->firewall->servers[family].list);
	firewall_clear(&run->firewall->facts);
	free(run->firewall);
	run->firewall = NULL;
}

/* Add a word to a list of them; takes @list. */
static char *add_word(char *list, const char *word)
{
	CLEANUP(cleanup_free) char *before = list;

	return alloc_format("%s%s%s", before ? before : "", before ? ", " : "", word);
}

/* Who is there, or NULL; the caller frees it. */
static char *list_firewalls(const struct firewall_facts *facts)
{
	const struct firewalld *firewalld = &facts->firewalld;
	char *list = NULL;

	if (firewalld->running) {
		CLEANUP(cleanup_free)
		char *version = alloc_format("firewalld %s",
			firewalld->version ? firewalld->version : "of unknown version");
		list = add_word(list, version);
	}
	if (facts->ufw || firewall_has_chains(facts, "ufw-"))
		list = add_word(list, facts->ufw ? "ufw" : "rules of ufw, which is disabled");
	if (firewall_has_chains(facts, "DOCKER"))
		list = add_word(list, "Docker");
	return list;
}

/* The base chains at a hook whose policy is drop, or NULL; the caller frees it. */
static char *list_dropping(const struct firewall_facts *facts, enum firewall_hook hook)
{
	char *list = NULL;

	for (size_t i = 0; i < facts->count; i++) {
		const struct firewall_chain *chain = &facts->chains[i];
		if (!chain->drops || chain->hook != hook)
			continue;
		CLEANUP(cleanup_free)
		char *name = alloc_format("%s%s %s %s", chain->legacy ? "legacy " : "",
			firewall_families[chain->family], chain->table, chain->name);
		list = add_word(list, name);
	}
	return list;
}

static void add_firewalls(struct check_run *run)
{
	char *list = list_firewalls(&run->firewall->facts);
	struct check_line *line =
		check_add(&run->list, &firewalls, NULL, NULL, list ? CHECK_NOTE : CHECK_PASS,
			list ? list : alloc_copy("no firewalld, ufw or Docker was seen"));

	if (run->firewall->facts.firewalld.unknown)
		line->advice = alloc_copy("firewalld does not answer on the system bus, so its "
					  "zones are unknown");
}

/* What is on the way of all bridges; whether it lets DHCP through each of them says. */
static void add_policies(struct check_run *run)
{
	const struct firewall_facts *facts = &run->firewall->facts;
	bool called = facts->nf_call[IPV4];
	CLEANUP(cleanup_free) char *input = list_dropping(facts, FIREWALL_INPUT);
	CLEANUP(cleanup_free) char *forward = list_dropping(facts, FIREWALL_FORWARD);
	bool served = run->firewall->servers[IPV4].count > 0;

	check_add(&run->list, &host_input, NULL, NULL, input && served ? CHECK_NOTE : CHECK_PASS,
		input ? alloc_format("policy drop: %s", input)
		      : alloc_copy("no chain has policy drop"));
	check_add(&run->list, &host_forward, NULL, NULL,
		forward && called ? CHECK_NOTE : CHECK_PASS,
		alloc_format("bridge-nf-call-iptables is %s; %s%s", called ? "on" : "off",
			forward ? "policy drop: " : "no chain has policy drop",
			forward ? forward : ""));
}

void check_firewall_host(struct check_run *run)
{
	if (!run->firewall)
		return;
	if (!run->firewall->facts.known) {
		check_unknown(run, &firewalls, NULL);
		return;
	}
	add_firewalls(run);
	add_policies(run);
}

/* A server that is bound to no device serves bridges that have an address. One on a VLAN of the
 * bridge gets requests by way of that. */
static bool is_served(const struct server_list *servers, const struct bridge_state *state, bool raw)
{
	for (size_t i = 0; i < servers->count; i++) {
		const struct dhcp_server *server = &servers->list[i];
		if (server->raw == raw &&
			(server->device == state->ifindex ||
				(!server->device && host_has_address(state->name))))
			return true;
	}
	return false;
}

static void describe(const struct check_firewall *firewall, const struct bridge_state *state,
	struct firewall_bridge *bridge)
{
	*bridge = (struct firewall_bridge){0};
	memcpy(bridge->name, state->name, IFNAME_SIZE);
	bridge->raw_server = is_served(&firewall->servers[IPV4], state, true);
	for (enum ip_family family = IPV4; family < IP_FAMILIES; family++) {
		bridge->server[family] = is_served(&firewall->servers[family], state, false);
		bridge->nf_call[family] = state->nf_call[family];
	}
}

/* What rules do to a packet that are only read may remain open; a packet shows it. */
static void name_probe(struct check_line *line, const struct finding *finding)
{
	if (line->question->level != CHECK_BRIDGE || finding->severity != SEVERITY_WARNING)
		return;
	line->probe = cure_command("virt-netboot probe --bridge %s", line->object);
	if (!line->probe)
		return;
	CLEANUP(cleanup_free) char *advice = line->advice;
	line->advice = alloc_format(
		"%s%s`%s` knows", advice ? advice : "", advice ? "; " : "", line->probe);
}

/* Add the findings that are new in the plan, or a line that passes with @value, which is taken. */
static void add_lines(struct check_run *run, const struct check_question *question,
	const char *object, const struct plan *plan, size_t from, char *value)
{
	for (size_t i = from; i < plan->finding_count; i++)
		name_probe(check_add_finding(&run->list, question, object, NULL,
				   check_finding_result(run, plan, &plan->findings[i], false), plan,
				   &plan->findings[i]),
			&plan->findings[i]);
	if (from == plan->finding_count)
		check_add(&run->list, question, object, NULL, CHECK_PASS, value);
	else
		free(value);
}

/* Why no request has to pass. */
static const char *why_none(const struct firewall_bridge *bridge)
{
	return bridge->raw_server ? "the DHCP server takes whole frames, before any rule"
				  : "no DHCP server of this host is here";
}

static void add_zone(struct check_run *run, const struct firewall_bridge *bridge, struct plan *plan)
{
	const struct firewalld *firewalld = &run->firewall->facts.firewalld;
	const struct firewall_zone *zone = firewall_zone_of(firewalld, bridge->name);
	bool served = bridge->server[IPV4] || bridge->server[IPV6];
	size_t before = plan->finding_count;

	if (!firewalld->running)
		return;
	if (firewalld->unknown || !zone) {
		check_add(&run->list, &zone_of_bridge, bridge->name, NULL, CHECK_NOTE,
			alloc_copy("unknown"));
		return;
	}
	plan_firewalld_zone(plan, &run->firewall->facts, bridge);
	add_lines(run, &zone_of_bridge, bridge->name, plan, before,
		alloc_format("%s, %s", zone->name, served ? "lets DHCP in" : why_none(bridge)));
}

static void add_input(
	struct check_run *run, const struct firewall_bridge *bridge, struct plan *plan)
{
	bool served = bridge->server[IPV4] || bridge->server[IPV6];
	size_t before = plan->finding_count;

	plan_firewall_input(plan, &run->firewall->facts, bridge);
	add_lines(run, &bridge_input, bridge->name, plan, before,
		alloc_copy(served ? "requests pass" : why_none(bridge)));
}

static void add_forward(
	struct check_run *run, const struct firewall_bridge *bridge, struct plan *plan)
{
	bool called = run->firewall->facts.nf_call[IPV4] || bridge->nf_call[IPV4];
	size_t before = plan->finding_count;

	plan_firewall_forward(plan, &run->firewall->facts, bridge);
	add_lines(run, &bridge_forward, bridge->name, plan, before,
		alloc_copy(called ? "requests pass"
				  : "packets on the bridge do not pass through iptables"));
}

void check_firewall_bridge(struct check_run *run, const struct bridge_state *bridge)
{
	CLEANUP(plan_clear) struct plan plan = {0};
	struct firewall_bridge facts;

	if (!run->firewall)
		return;
	if (!run->firewall->facts.known) {
		check_unknown(run, &bridge_input, bridge->name);
		return;
	}
	describe(run->firewall, bridge, &facts);
	add_zone(run, &facts, &plan);
	add_input(run, &facts, &plan);
	add_forward(run, &facts, &plan);
}

void check_firewall_network(struct check_run *run, const char *network, const char *bridge)
{
	CLEANUP(plan_clear) struct plan plan = {0};

	if (!run->firewall)
		return;
	if (!run->firewall->facts.known) {
		check_unknown(run, &network_rules, network);
		return;
	}
	plan_libvirt_rules(&plan, &run->firewall->facts, network, bridge);
	add_lines(run, &network_rules, network, &plan, 0, alloc_format("are there for %s", bridge));
}
