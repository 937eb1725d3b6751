// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A rule is a list of statements, each an object with one member. Conditions come first, and the
 * rule ends at the first one that is not met [linux net/netfilter/nf_tables_core.c,
 * nft_do_chain()]. Matches and targets of xtables, which iptables-nft hands to the kernel, are
 * written with their name only [nftables src/json.c, xt_stmt_json()].
 */
#include "rule.h"

#include "alloc.h"
#include "condition.h"

#include <string.h>

/* A rule that is being read. */
struct reading {
	struct firewall_chain *chain;
	const struct named_sets *sets;
	struct firewall_rule *rule; /* the chain's last one, until more are added */
	bool is_over;
};

static const char *const does_nothing[] = {"counter", "log", "mangle", "notrack", "flow", "dup",
	"ct helper", "ct timeout", "ct expectation", "secmark", "last", NULL};

/* Who else decides, and what is not for requests like these. */
static const char *const takes_away[] = {
	"queue", "fwd", "tproxy", "synproxy", "snat", "dnat", "masquerade", "redirect", NULL};

static bool is_among(const char *name, const char *const *names)
{
	while (*names && strcmp(*names, name) != 0)
		names++;
	return *names;
}

static const struct {
	const char *name;
	enum firewall_verdict verdict;
} verdicts[] = {
	{"accept", FIREWALL_ACCEPT},
	{"drop", FIREWALL_DROP},
	{"reject", FIREWALL_DROP},
	{"return", FIREWALL_RETURN},
	{"jump", FIREWALL_JUMP},
	{"goto", FIREWALL_GOTO},
	{"continue", FIREWALL_CONTINUE},
};

/* Return: false if the statement is no verdict. */
static bool read_verdict(struct firewall_rule *rule, const char *name, struct json_object *argument)
{
	for (size_t i = 0; i < sizeof(verdicts) / sizeof(*verdicts); i++) {
		if (strcmp(verdicts[i].name, name) != 0)
			continue;
		const char *target = json_text(argument, "target");
		rule->verdict = verdicts[i].verdict;
		if (rule->verdict == FIREWALL_JUMP || rule->verdict == FIREWALL_GOTO)
			rule->chain = alloc_copy(target ? target : "");
		return true;
	}
	return false;
}

/* The key of an element; some have a comment, a counter or a time beside it. */
static struct json_object *element_key(struct json_object *key)
{
	struct json_object *element = json_member(key, "elem");

	return element ? json_member(element, "val") : key;
}

/* Meets all keys that no other element has. */
static bool is_catch_all(struct json_object *key)
{
	return json_object_is_type(key, json_type_string) &&
	       strcmp(json_object_get_string(key), "*") == 0;
}

/* One element of a verdict map, as a rule of its own. */
static void read_element(struct reading *reading, const struct firewall_rule *before,
	struct json_object *left, struct json_object *element, bool catch_all)
{
	struct json_object *key = element_key(json_object_array_get_idx(element, 0));
	struct json_object *verdict = json_object_array_get_idx(element, 1);

	if (is_catch_all(key) != catch_all || !json_object_is_type(verdict, json_type_object))
		return;
	struct firewall_rule *rule = firewall_copy_rule(reading->chain, before);
	if (!catch_all)
		condition_read(rule, reading->chain, reading->sets, left, key, false);
	json_object_object_foreach(verdict, name, argument)
	{
		if (!read_verdict(rule, name, argument))
			rule->verdict = FIREWALL_UNKNOWN;
	}
}

/* What a verdict map has: in the rule itself, or by its name. */
static struct json_object *map_elements(const struct reading *reading, struct json_object *data)
{
	if (!json_object_is_type(data, json_type_string))
		return json_member(data, "set");
	const struct named_set *set =
		named_set_find(reading->sets, reading->chain, json_object_get_string(data));
	return set ? set->elements : NULL;
}

static void read_elements(struct reading *reading, const struct firewall_rule *before,
	struct json_object *left, struct json_object *elements, bool catch_all)
{
	for (size_t i = 0; i < json_object_array_length(elements); i++) {
		struct json_object *element = json_object_array_get_idx(elements, i);
		if (json_object_is_type(element, json_type_array))
			read_element(reading, before, left, element, catch_all);
	}
}

static void read_map(struct reading *reading, struct json_object *map)
{
	struct json_object *elements = map_elements(reading, json_member(map, "data"));
	struct json_object *left = json_member(map, "key");

	reading->is_over = true;
	if (!json_object_is_type(elements, json_type_array)) {
		condition_unknown(reading->rule);
		reading->rule->verdict = FIREWALL_UNKNOWN;
		return;
	}
	/* The rule so far goes from the end of the chain, and comes back with each element. */
	struct firewall_rule before = reading->chain->rules[--reading->chain->count];
	read_elements(reading, &before, left, elements, false);
	read_elements(reading, &before, left, elements, true);
	firewall_rule_clear(&before);
}

static void read_match(struct reading *reading, struct json_object *match)
{
	const char *comparison = json_text(match, "op");
	bool inverted = comparison && strcmp(comparison, "!=") == 0;

	if (!comparison ||
		(!inverted && strcmp(comparison, "==") != 0 && strcmp(comparison, "in") != 0))
		condition_unknown(reading->rule);
	else
		condition_read(reading->rule, reading->chain, reading->sets,
			json_member(match, "left"), json_member(match, "right"), inverted);
}

/* What iptables-nft has no statement of nftables for; its parameters are not written. */
static void read_xt(struct reading *reading, struct json_object *part)
{
	const char *type = json_text(part, "type");
	const char *name = json_text(part, "name");
	bool input = reading->chain->hook == FIREWALL_INPUT ||
		     reading->chain->hook == FIREWALL_PREROUTING;

	if (!type || !name) {
		condition_unknown(reading->rule);
		reading->rule->verdict = FIREWALL_UNKNOWN;
	} else if (strcmp(type, "target") == 0) {
		bool drops = strcmp(name, "REJECT") == 0;
		bool queues = strstr(name, "QUEUE");
		reading->rule->verdict = drops    ? FIREWALL_DROP
					 : queues ? FIREWALL_UNKNOWN
						  : FIREWALL_CONTINUE;
	} else if (strcmp(name, "physdev") == 0 && !input) {
		/* In all likelihood --physdev-is-bridged. */
		reading->rule->named = true;
	} else if (strcmp(name, "comment") != 0) {
		condition_unknown(reading->rule);
	}
}

static void read_statement(struct reading *reading, const char *name, struct json_object *argument)
{
	if (is_among(name, does_nothing))
		return;
	if (strcmp(name, "match") == 0)
		read_match(reading, argument);
	else if (strcmp(name, "vmap") == 0)
		read_map(reading, argument);
	else if (strcmp(name, "xt") == 0)
		read_xt(reading, argument);
	else if (is_among(name, takes_away))
		reading->rule->verdict = FIREWALL_UNKNOWN;
	else if (!read_verdict(reading->rule, name, argument))
		condition_unknown(reading->rule);
}

void rule_read(
	struct firewall_chain *chain, const struct named_sets *sets, struct json_object *statements)
{
	struct reading reading = {chain, sets, firewall_add_rule(chain), false};

	if (!json_object_is_type(statements, json_type_array))
		return;
	for (size_t i = 0; i < json_object_array_length(statements) && !reading.is_over; i++) {
		struct json_object *statement = json_object_array_get_idx(statements, i);
		if (!json_object_is_type(statement, json_type_object))
			continue;
		json_object_object_foreach(statement, name, argument)
		{
			if (!reading.is_over)
				read_statement(&reading, name, argument);
		}
	}
}
