// SPDX-License-Identifier: GPL-2.0-or-later
#include "firewall.h"

#include "alloc.h"

#include <stdlib.h>
#include <string.h>

const char *const firewall_families[FIREWALL_FAMILIES] = {
	[FIREWALL_IP] = "ip",
	[FIREWALL_IP6] = "ip6",
	[FIREWALL_INET] = "inet",
	[FIREWALL_BRIDGE] = "bridge",
	[FIREWALL_NETDEV] = "netdev",
};

struct firewall_chain *firewall_add_chain(struct firewall_facts *facts, enum firewall_family family,
	bool legacy, const char *table, const char *name)
{
	facts->chains = alloc_one_more(facts->chains, facts->count, sizeof(*facts->chains));
	struct firewall_chain *chain = &facts->chains[facts->count++];
	chain->family = family;
	chain->legacy = legacy;
	chain->table = alloc_copy(table);
	chain->name = alloc_copy(name);
	return chain;
}

struct firewall_chain *firewall_find_chain(const struct firewall_facts *facts,
	enum firewall_family family, bool legacy, const char *table, const char *name)
{
	for (size_t i = 0; i < facts->count; i++) {
		struct firewall_chain *chain = &facts->chains[i];
		if (chain->family == family && chain->legacy == legacy &&
			strcmp(chain->name, name) == 0 && strcmp(chain->table, table) == 0)
			return chain;
	}
	return NULL;
}

struct firewall_rule *firewall_add_rule(struct firewall_chain *chain)
{
	chain->rules = alloc_one_more(chain->rules, chain->count, sizeof(*chain->rules));
	struct firewall_rule *rule = &chain->rules[chain->count++];
	rule->meets[IPV4] = FIREWALL_ALWAYS;
	rule->meets[IPV6] = FIREWALL_ALWAYS;
	return rule;
}

struct firewall_rule *firewall_copy_rule(
	struct firewall_chain *chain, const struct firewall_rule *rule)
{
	struct firewall_rule *copy = firewall_add_rule(chain);

	memcpy(copy->meets, rule->meets, sizeof(copy->meets));
	copy->named = rule->named;
	for (size_t i = 0; i < rule->device_count; i++) {
		const struct firewall_devices *from = &rule->devices[i];
		struct firewall_devices *to =
			firewall_add_devices(copy, from->side, from->inverted);
		for (size_t n = 0; n < from->count; n++)
			firewall_add_device(to, from->names[n]);
	}
	return copy;
}

struct firewall_devices *firewall_add_devices(
	struct firewall_rule *rule, enum firewall_side side, bool inverted)
{
	rule->devices = alloc_one_more(rule->devices, rule->device_count, sizeof(*rule->devices));
	struct firewall_devices *devices = &rule->devices[rule->device_count++];
	devices->side = side;
	devices->inverted = inverted;
	return devices;
}

void firewall_add_device(struct firewall_devices *devices, const char *name)
{
	devices->names = alloc_one_more(devices->names, devices->count, sizeof(*devices->names));
	memcpy(devices->names[devices->count++], name, strnlen(name, IFNAME_SIZE - 1));
}

void firewall_restrict(struct firewall_rule *rule, enum ip_family family, enum firewall_truth truth)
{
	if (truth < rule->meets[family])
		rule->meets[family] = truth;
}

bool firewall_has_device(const struct firewall_devices *devices, const char *name)
{
	for (size_t i = 0; i < devices->count; i++) {
		const char *pattern = devices->names[i];
		size_t length = strlen(pattern);
		bool beginning = length > 0 && pattern[length - 1] == '*';
		if (beginning ? strncmp(pattern, name, length - 1) == 0
			      : strcmp(pattern, name) == 0)
			return true;
	}
	return false;
}

const struct firewall_zone *firewall_zone_of(const struct firewalld *firewalld, const char *name)
{
	const struct firewall_zone *otherwise = NULL;

	for (size_t i = 0; i < firewalld->zone_count; i++) {
		const struct firewall_zone *zone = &firewalld->zones[i];
		if (firewall_has_device(&zone->devices, name))
			return zone;
		if (firewalld->default_zone && strcmp(zone->name, firewalld->default_zone) == 0)
			otherwise = zone;
	}
	return otherwise;
}

bool firewall_leads_to(const struct firewall_chain *chain, const char *name)
{
	for (size_t i = 0; chain && i < chain->count; i++) {
		if (chain->rules[i].chain && strcmp(chain->rules[i].chain, name) == 0)
			return true;
	}
	return false;
}

bool firewall_has_chains(const struct firewall_facts *facts, const char *beginning)
{
	for (size_t i = 0; i < facts->count; i++) {
		if (strncmp(facts->chains[i].name, beginning, strlen(beginning)) == 0)
			return true;
	}
	return false;
}

bool firewall_has_table(const struct firewall_facts *facts, const char *name)
{
	for (size_t i = 0; i < facts->count; i++) {
		if (strcmp(facts->chains[i].table, name) == 0)
			return true;
	}
	return false;
}

void firewall_rule_clear(struct firewall_rule *rule)
{
	for (size_t i = 0; i < rule->device_count; i++)
		free(rule->devices[i].names);
	free(rule->devices);
	free(rule->chain);
	*rule = (struct firewall_rule){0};
}

static void chain_clear(struct firewall_chain *chain)
{
	for (size_t i = 0; i < chain->count; i++)
		firewall_rule_clear(&chain->rules[i]);
	free(chain->rules);
	free(chain->devices.names);
	free(chain->table);
	free(chain->name);
}

static void firewalld_clear(struct firewalld *firewalld)
{
	for (size_t i = 0; i < firewalld->zone_count; i++) {
		free(firewalld->zones[i].name);
		free(firewalld->zones[i].devices.names);
	}
	free(firewalld->zones);
	free(firewalld->version);
	free(firewalld->default_zone);
}

void firewall_clear(struct firewall_facts *facts)
{
	for (size_t i = 0; i < facts->count; i++)
		chain_clear(&facts->chains[i]);
	free(facts->chains);
	firewalld_clear(&facts->firewalld);
	*facts = (struct firewall_facts){0};
}
