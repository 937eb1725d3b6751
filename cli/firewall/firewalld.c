// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Chains of firewalld's have other names in each version, so its zones are asked for [firewalld
 * src/firewall/server/firewalld.py]:
 *
 *     getDefaultZone() -> s
 *     zone.getActiveZones() -> a{sa{sas}}, interfaces and sources of each zone that has any
 *     zone.getZones() -> as
 *     zone.getZoneSettings2(s zone) -> a{sv}, services, ports and target among them
 *     policy.getActivePolicies() -> a{sa{sas}}, ingress and egress zones of each policy
 */
#include "firewalld.h"

#include "alloc.h"
#include "bus.h"
#include "bus_values.h"
#include "cleanup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MAIN "org.fedoraproject.FirewallD1"
#define ZONE MAIN ".zone"
#define POLICY MAIN ".policy"
#define PROPERTIES "org.freedesktop.DBus.Properties"

#define LIMIT 1000 /* ms */

static const char *const no_arguments[] = {NULL};

/* A zone whose settings are being read. */
struct settings {
	bool accepts; /* all */
	bool service[IP_FAMILIES];
	bool port[IP_FAMILIES];
	bool rich; /* it has rules of its own language */
};

/* The zones that policies let to this host. */
struct policies {
	bool any;
	char **zones;
	size_t count;
};

/* One policy, as far as it was read. */
struct policy_reading {
	struct policies from;
	bool to_host;
};

static void cleanup_policies(struct policies *policies)
{
	for (size_t i = 0; i < policies->count; i++)
		free(policies->zones[i]);
	free(policies->zones);
}

static void take_device(void *to, const char *name)
{
	char pattern[IFNAME_SIZE];
	size_t length = strlen(name);

	/* "eth+", as iptables has it. */
	if (length > 0 && length < sizeof(pattern) && name[length - 1] == '+') {
		snprintf(pattern, sizeof(pattern), "%.*s*", (int)length - 1, name);
		name = pattern;
	}
	firewall_add_device(to, name);
}

static void read_zone_part(struct bus *bus, sd_bus_message *message, const char *key, void *to)
{
	struct firewall_zone *zone = to;

	if (strcmp(key, "interfaces") == 0)
		bus_read_texts(bus, message, take_device, &zone->devices);
	else
		bus->sd_bus_message_skip(message, "as");
}

static struct firewall_zone *add_zone(struct firewalld *firewalld, const char *name)
{
	firewalld->zones =
		alloc_one_more(firewalld->zones, firewalld->zone_count, sizeof(*firewalld->zones));
	struct firewall_zone *zone = &firewalld->zones[firewalld->zone_count++];
	zone->name = alloc_copy(name);
	return zone;
}

static void read_zone(struct bus *bus, sd_bus_message *message, const char *name, void *to)
{
	bus_read_dictionary(bus, message, "sas", read_zone_part, add_zone(to, name));
}

static void take_source(void *to, const char *name)
{
	struct policy_reading *policy = to;

	if (strcmp(name, "ANY") == 0)
		policy->from.any = true;
	policy->from.zones = alloc_one_more(policy->from.zones, policy->from.count, sizeof(char *));
	policy->from.zones[policy->from.count++] = alloc_copy(name);
}

static void take_goal(void *to, const char *name)
{
	struct policy_reading *policy = to;

	if (strcmp(name, "HOST") == 0 || strcmp(name, "ANY") == 0)
		policy->to_host = true;
}

static void read_policy_part(struct bus *bus, sd_bus_message *message, const char *key, void *to)
{
	if (strcmp(key, "ingress_zones") == 0)
		bus_read_texts(bus, message, take_source, to);
	else if (strcmp(key, "egress_zones") == 0)
		bus_read_texts(bus, message, take_goal, to);
	else
		bus->sd_bus_message_skip(message, "as");
}

/* That one is firewalld's own, and lets nothing but what IPv6 needs of ICMP pass. */
static bool is_harmless(const char *name)
{
	return strcmp(name, "allow-host-ipv6") == 0;
}

static void read_policy(struct bus *bus, sd_bus_message *message, const char *name, void *to)
{
	struct policies *policies = to;
	struct policy_reading policy = {0};

	bus_read_dictionary(bus, message, "sas", read_policy_part, &policy);
	if (policy.to_host && !is_harmless(name)) {
		policies->any = policies->any || policy.from.any;
		for (size_t i = 0; i < policy.from.count; i++) {
			policies->zones =
				alloc_one_more(policies->zones, policies->count, sizeof(char *));
			policies->zones[policies->count++] = alloc_copy(policy.from.zones[i]);
		}
	}
	cleanup_policies(&policy.from);
}

static void take_service(void *to, const char *name)
{
	struct settings *settings = to;

	if (strcmp(name, "dhcp") == 0)
		settings->service[IPV4] = true;
	if (strcmp(name, "dhcpv6") == 0)
		settings->service[IPV6] = true;
}

static void take_protocol(void *to, const char *name)
{
	struct settings *settings = to;

	if (strcmp(name, "udp") == 0)
		settings->accepts = true;
}

static void take_rich(void *to, const char *rule)
{
	struct settings *settings = to;

	(void)rule;
	settings->rich = true;
}

/* "67", "60-70" */
static void take_port(struct settings *settings, const char *range)
{
	char *end;
	long first = strtol(range, &end, 10);
	long last = *end == '-' ? strtol(end + 1, NULL, 10) : first;

	for (enum ip_family family = IPV4; family < IP_FAMILIES; family++) {
		long port = families[family].dhcp_server;
		if (port >= first && port <= last)
			settings->port[family] = true;
	}
}

static void read_ports(struct bus *bus, sd_bus_message *message, struct settings *settings)
{
	if (bus->sd_bus_message_enter_container(message, 'a', "(ss)") <= 0)
		return;
	while (bus->sd_bus_message_enter_container(message, 'r', "ss") > 0) {
		const char *port = bus_read_text(bus, message);
		const char *protocol = bus_read_text(bus, message);
		if (port && protocol && strcmp(protocol, "udp") == 0)
			take_port(settings, port);
		bus->sd_bus_message_exit_container(message);
	}
	bus->sd_bus_message_exit_container(message);
}

/* A value within a variant, whose type the key says. */
static void read_setting(struct bus *bus, sd_bus_message *message, const char *key, void *to)
{
	static const struct {
		const char *key;
		bus_text_taker *take;
	} lists[] = {
		{"services", take_service},
		{"protocols", take_protocol},
		{"rules_str", take_rich},
	};
	struct settings *settings = to;

	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
		if (strcmp(lists[i].key, key) != 0)
			continue;
		if (bus->sd_bus_message_enter_container(message, 'v', "as") > 0) {
			bus_read_texts(bus, message, lists[i].take, settings);
			bus->sd_bus_message_exit_container(message);
		}
		return;
	}
	if (strcmp(key, "ports") == 0 &&
		bus->sd_bus_message_enter_container(message, 'v', "a(ss)") > 0) {
		read_ports(bus, message, settings);
		bus->sd_bus_message_exit_container(message);
	} else if (strcmp(key, "target") == 0 &&
		   bus->sd_bus_message_enter_container(message, 'v', "s") > 0) {
		const char *target = bus_read_text(bus, message);
		settings->accepts = settings->accepts || (target && strcmp(target, "ACCEPT") == 0);
		bus->sd_bus_message_exit_container(message);
	} else {
		bus->sd_bus_message_skip(message, "v");
	}
}

/* Those that firewalld and libvirt ship for bridges like these: libvirt-routed by a policy. */
static bool is_known_zone(const char *name)
{
	return strcmp(name, "libvirt") == 0 || strcmp(name, "libvirt-routed") == 0 ||
	       strcmp(name, "trusted") == 0;
}

static bool has_policy(const struct policies *policies, const char *zone)
{
	bool has = policies->any;

	for (size_t i = 0; i < policies->count; i++)
		has = has || strcmp(policies->zones[i], zone) == 0;
	return has;
}

static void judge_zone(struct bus *bus, struct firewall_zone *zone, const struct policies *policies)
{
	const char *const arguments[] = {zone->name, NULL};
	struct settings settings = {0};
	sd_bus_message *reply = NULL;
	bool known = bus_call(bus, ZONE, "getZoneSettings2", arguments, &reply) == 0;

	if (known)
		bus_read_dictionary(bus, reply, "sv", read_setting, &settings);
	bus->sd_bus_message_unref(reply);
	for (enum ip_family family = IPV4; family < IP_FAMILIES; family++) {
		if (is_known_zone(zone->name) || settings.accepts || settings.service[family] ||
			settings.port[family])
			zone->dhcp[family] = ZONE_DHCP_YES;
		else if (known && !settings.rich && !has_policy(policies, zone->name))
			zone->dhcp[family] = ZONE_DHCP_NO;
	}
}

static void read_policies(struct bus *bus, struct policies *policies)
{
	sd_bus_message *reply = NULL;

	/* A firewalld that is older than 0.9 has none. */
	if (bus_call(bus, POLICY, "getActivePolicies", no_arguments, &reply) == 0)
		bus_read_dictionary(bus, reply, "sa{sas}", read_policy, policies);
	bus->sd_bus_message_unref(reply);
}

static void take_name(void *to, const char *name)
{
	struct firewalld *firewalld = to;

	if (strcmp(name, "libvirt") == 0)
		firewalld->libvirt_zone = true;
}

static void read_names(struct bus *bus, struct firewalld *firewalld)
{
	sd_bus_message *reply = NULL;

	if (bus_call(bus, ZONE, "getZones", no_arguments, &reply) == 0)
		bus_read_texts(bus, reply, take_name, firewalld);
	bus->sd_bus_message_unref(reply);
}

static void read_version(struct bus *bus, struct firewalld *firewalld)
{
	static const char *const arguments[] = {MAIN, "version", NULL};
	sd_bus_message *reply = NULL;

	if (bus_call(bus, PROPERTIES, "Get", arguments, &reply) == 0 &&
		bus->sd_bus_message_enter_container(reply, 'v', "s") > 0)
		firewalld->version = alloc_copy(bus_read_text(bus, reply));
	bus->sd_bus_message_unref(reply);
}

/* Return: 0 if firewalld has answered. */
static int read_zones(struct bus *bus, struct firewalld *firewalld)
{
	sd_bus_message *reply = NULL;
	int result = bus_call(bus, MAIN, "getDefaultZone", no_arguments, &reply);

	if (result == 0)
		firewalld->default_zone = alloc_copy(bus_read_text(bus, reply));
	bus->sd_bus_message_unref(reply);
	if (result != 0)
		return result;
	result = bus_call(bus, ZONE, "getActiveZones", no_arguments, &reply);
	if (result == 0)
		bus_read_dictionary(bus, reply, "sa{sas}", read_zone, firewalld);
	bus->sd_bus_message_unref(reply);
	return result;
}

static bool has_zone(const struct firewalld *firewalld, const char *name)
{
	for (size_t i = 0; i < firewalld->zone_count; i++) {
		if (strcmp(firewalld->zones[i].name, name) == 0)
			return true;
	}
	return false;
}

static void judge_zones(struct bus *bus, struct firewalld *firewalld)
{
	CLEANUP(cleanup_policies) struct policies policies = {0};

	if (firewalld->default_zone && !has_zone(firewalld, firewalld->default_zone))
		add_zone(firewalld, firewalld->default_zone);
	read_policies(bus, &policies);
	for (size_t i = 0; i < firewalld->zone_count; i++)
		judge_zone(bus, &firewalld->zones[i], &policies);
}

void firewalld_read(struct firewalld *firewalld, bool expected)
{
	CLEANUP(bus_close) struct bus bus;
	int result = bus_open(&bus, LIMIT);

	if (result == 0)
		result = read_zones(&bus, firewalld);
	firewalld->running = result == 0 || expected;
	firewalld->unknown = result != 0 && (expected || !bus_is_absence(result));
	if (result != 0)
		return;
	read_version(&bus, firewalld);
	read_names(&bus, firewalld);
	judge_zones(&bus, firewalld);
}
