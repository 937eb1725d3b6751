// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * libnftables(3) is given one command, "list ruleset", and writes one document in
 * libnftables-json(5). A table's chains and sets come before its rules.
 */
#include "ruleset.h"

#include "alloc.h"
#include "cleanup.h"
#include "rule.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *const hook_names[FIREWALL_HOOKS] = {
	[FIREWALL_NO_HOOK] = "",
	[FIREWALL_INGRESS] = "ingress",
	[FIREWALL_PREROUTING] = "prerouting",
	[FIREWALL_INPUT] = "input",
	[FIREWALL_FORWARD] = "forward",
};

static void cleanup_json(struct json_object **object)
{
	json_object_put(*object);
}

static void cleanup_tokener(struct json_tokener **tokener)
{
	if (*tokener)
		json_tokener_free(*tokener);
}

static void cleanup_sets(struct named_sets *sets)
{
	free(sets->list);
}

struct json_object *json_member(struct json_object *object, const char *name)
{
	struct json_object *member = NULL;

	if (!json_object_is_type(object, json_type_object))
		return NULL;
	json_object_object_get_ex(object, name, &member);
	return member;
}

const char *json_text(struct json_object *object, const char *name)
{
	struct json_object *member = json_member(object, name);

	return json_object_is_type(member, json_type_string) ? json_object_get_string(member)
							     : NULL;
}

/* The number of a name, or @count. */
static size_t find_name(const char *const *names, size_t count, const char *name)
{
	size_t i = 0;

	while (i < count && (!name || strcmp(names[i], name) != 0))
		i++;
	return i;
}

const struct named_set *named_set_find(
	const struct named_sets *sets, const struct firewall_chain *chain, const char *reference)
{
	for (size_t i = 0; *reference == '@' && i < sets->count; i++) {
		const struct named_set *set = &sets->list[i];
		if (set->family == chain->family && strcmp(set->name, reference + 1) == 0 &&
			strcmp(set->table, chain->table) == 0)
			return set;
	}
	return NULL;
}

/* The devices of a base chain at ingress: one, or a list of them. */
static void add_device(struct firewall_devices *devices, struct json_object *name)
{
	if (json_object_is_type(name, json_type_string))
		firewall_add_device(devices, json_object_get_string(name));
}

static void read_devices(struct firewall_devices *devices, struct json_object *names)
{
	add_device(devices, names);
	if (!json_object_is_type(names, json_type_array))
		return;
	for (size_t i = 0; i < json_object_array_length(names); i++)
		add_device(devices, json_object_array_get_idx(names, i));
}

static void read_chain(
	struct firewall_facts *facts, enum firewall_family family, struct json_object *object)
{
	const char *table = json_text(object, "table");
	const char *name = json_text(object, "name");
	const char *policy = json_text(object, "policy");
	size_t hook = find_name(hook_names, FIREWALL_HOOKS, json_text(object, "hook"));

	if (!table || !name)
		return;
	struct firewall_chain *chain = firewall_add_chain(facts, family, false, table, name);
	if (hook < FIREWALL_HOOKS)
		chain->hook = (enum firewall_hook)hook;
	chain->drops = policy && strcmp(policy, "drop") == 0;
	if (chain->hook == FIREWALL_INGRESS)
		read_devices(&chain->devices, json_member(object, "dev"));
}

static void read_set(
	struct named_sets *sets, enum firewall_family family, struct json_object *object)
{
	struct named_set set = {family, json_text(object, "table"), json_text(object, "name"),
		json_member(object, "elem")};

	if (!set.table || !set.name)
		return;
	sets->list = alloc_one_more(sets->list, sets->count, sizeof(set));
	sets->list[sets->count++] = set;
}

/* Rules of one chain follow each other: it is looked for once. */
static struct firewall_chain *chain_of_rule(struct firewall_facts *facts,
	enum firewall_family family, struct json_object *object, struct firewall_chain *last)
{
	const char *table = json_text(object, "table");
	const char *name = json_text(object, "chain");

	if (!table || !name)
		return NULL;
	if (last && last->family == family && strcmp(last->name, name) == 0 &&
		strcmp(last->table, table) == 0)
		return last;
	return firewall_find_chain(facts, family, false, table, name);
}

static void read_chains(
	struct firewall_facts *facts, struct named_sets *sets, struct json_object *list)
{
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *item = json_object_array_get_idx(list, i);
		json_object_object_foreach(item, kind, object)
		{
			size_t family = find_name(
				firewall_families, FIREWALL_FAMILIES, json_text(object, "family"));
			if (family == FIREWALL_FAMILIES)
				continue;
			if (strcmp(kind, "chain") == 0)
				read_chain(facts, (enum firewall_family)family, object);
			else if (strcmp(kind, "set") == 0 || strcmp(kind, "map") == 0)
				read_set(sets, (enum firewall_family)family, object);
		}
	}
}

static void read_rules(
	struct firewall_facts *facts, const struct named_sets *sets, struct json_object *list)
{
	struct firewall_chain *chain = NULL;

	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *rule = json_member(json_object_array_get_idx(list, i), "rule");
		size_t family =
			find_name(firewall_families, FIREWALL_FAMILIES, json_text(rule, "family"));
		if (family == FIREWALL_FAMILIES)
			continue;
		chain = chain_of_rule(facts, (enum firewall_family)family, rule, chain);
		if (chain)
			rule_read(chain, sets, json_member(rule, "expr"));
	}
}

/* Lists of addresses may be very long, and a request has none of its own yet: who is in such a list
 * is left open. What has several keys in one is not understood anyway. */
static bool is_for_addresses(struct json_object *set)
{
	static const char *const types[] = {"ipv4_addr", "ipv6_addr", "ether_addr"};
	const char *type = json_text(set, "type");

	return !type || find_name(types, sizeof(types) / sizeof(*types), type) <
				sizeof(types) / sizeof(*types);
}

static bool needs_elements(struct json_object *list)
{
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *item = json_object_array_get_idx(list, i);
		struct json_object *set = json_member(item, "set");
		struct json_object *map = json_member(item, "map");
		if ((set && !is_for_addresses(set)) || (map && !is_for_addresses(map)))
			return true;
	}
	return false;
}

int ruleset_parse(struct firewall_facts *facts, const char *text, size_t length, bool terse)
{
	CLEANUP(cleanup_tokener) struct json_tokener *tokener = json_tokener_new();
	CLEANUP(cleanup_sets) struct named_sets sets = {0};

	if (!tokener || length > INT32_MAX)
		return -EPROTO;
	CLEANUP(cleanup_json)
	struct json_object *document = json_tokener_parse_ex(tokener, text, (int)length);
	struct json_object *list = json_member(document, "nftables");
	if (!json_object_is_type(list, json_type_array))
		return -EPROTO;
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		if (!json_object_is_type(json_object_array_get_idx(list, i), json_type_object))
			return -EPROTO;
	}
	if (terse && needs_elements(list))
		return -EAGAIN;
	read_chains(facts, &sets, list);
	read_rules(facts, &sets, list);
	return 0;
}
