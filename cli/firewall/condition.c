// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Theory of operation
 *
 * What is known of a client's first request is in a table: a word, a number or an address for each
 * field that firewalls ask for, in both families. A condition on such a field is met or not; one on
 * another field may be met. A field of another protocol is a condition by itself: "tcp dport 22"
 * and "tcp dport != 22" are both for TCP.
 *
 * Devices are another thing for each bridge, so they are kept in the rule as they are.
 */
#include "condition.h"

#include <arpa/inet.h>
#include <string.h>

/* What a field of the request is. */
struct field {
	const char *word;       /* or NULL */
	const char *ip_address; /* or NULL */
	size_t known;           /* so many bytes of it are known */
	int domain;             /* its AF_INET or AF_INET6 */
	int64_t number;         /* or 0: none of these is */
	bool is_state;          /* of connection tracking */
};

/* A field of an expression, in each family. */
struct known_field {
	const char *type; /* "meta", or the protocol of a payload */
	const char *key;
	struct field is[IP_FAMILIES];
	bool names_dhcp;
};

static const struct known_field known_fields[] = {
	{
		.type = "meta",
		.key = "l4proto",
		.is = {{.word = "udp", .number = IPPROTO_UDP},
			{.word = "udp", .number = IPPROTO_UDP}},
	},
	{
		.type = "meta",
		.key = "nfproto",
		.is = {{.word = "ipv4", .number = AF_INET}, {.word = "ipv6", .number = AF_INET6}},
	},
	{
		.type = "meta",
		.key = "protocol",
		.is = {{.word = "ip", .number = 0x0800}, {.word = "ip6", .number = 0x86dd}},
	},
	{
		.type = "meta",
		.key = "pkttype",
		.is = {{.word = "broadcast", .number = 1}, {.word = "multicast", .number = 2}},
	},
	{
		.type = "ether",
		.key = "type",
		.is = {{.word = "ip", .number = 0x0800}, {.word = "ip6", .number = 0x86dd}},
	},
	{
		.type = "ip",
		.key = "protocol",
		.is = {{.word = "udp", .number = IPPROTO_UDP}},
	},
	{
		.type = "ip",
		.key = "saddr",
		.is = {{.ip_address = "0.0.0.0", .known = 4, .domain = AF_INET}},
	},
	{
		.type = "ip",
		.key = "daddr",
		.is = {{.ip_address = "255.255.255.255", .known = 4, .domain = AF_INET}},
	},
	{
		.type = "ip6",
		.key = "nexthdr",
		.is = {{0}, {.word = "udp", .number = IPPROTO_UDP}},
	},
	{
		/* Of a client's link-local address the prefix is known. */
		.type = "ip6",
		.key = "saddr",
		.is = {{0}, {.ip_address = "fe80::", .known = 8, .domain = AF_INET6}},
	},
	{
		.type = "ip6",
		.key = "daddr",
		.is = {{0}, {.ip_address = "ff02::1:2", .known = 16, .domain = AF_INET6}},
	},
	{.type = "udp", .key = "sport", .is = {{.number = 68}, {.number = 546}}},
	{.type = "udp",
		.key = "dport",
		.is = {{.number = 67}, {.number = 547}},
		.names_dhcp = true},
	{.type = "th", .key = "sport", .is = {{.number = 68}, {.number = 546}}},
	{.type = "th", .key = "dport", .is = {{.number = 67}, {.number = 547}}, .names_dhcp = true},
};

static const struct known_field state_field = {.is = {{.is_state = true}, {.is_state = true}}};
/* Nothing was translated yet. */
static const struct known_field status_field = {
	.is = {{.word = "confirmed"}, {.word = "confirmed"}}};
static const struct known_field fib_field = {
	.is = {{.word = "broadcast", .number = 3}, {.word = "multicast", .number = 5}}};

static const struct {
	const char *key;
	enum firewall_side side;
} sides[] = {
	{"iifname", FIREWALL_IN},
	{"iif", FIREWALL_IN},
	{"oifname", FIREWALL_OUT},
	{"oif", FIREWALL_OUT},
	{"ibrname", FIREWALL_IN_BRIDGE},
	{"obrname", FIREWALL_OUT_BRIDGE},
};

/* What one is about has none of these protocols. */
static const char *const other_protocols[] = {"tcp", "icmp", "icmpv6", "sctp", "dccp", "udplite",
	"esp", "ah", "comp", "igmp", "arp", NULL};

void condition_unknown(struct firewall_rule *rule)
{
	firewall_restrict(rule, IPV4, FIREWALL_MAYBE);
	firewall_restrict(rule, IPV6, FIREWALL_MAYBE);
}

static enum firewall_truth truth_if(bool condition)
{
	return condition ? FIREWALL_ALWAYS : FIREWALL_NEVER;
}

/* The address against the first @bits of another one. */
static enum firewall_truth match_prefix(
	const struct field *field, const char *text, unsigned int bits)
{
	unsigned char own[16] = {0};
	unsigned char other[16] = {0};

	if (inet_pton(field->domain, field->ip_address, own) != 1 ||
		inet_pton(field->domain, text, other) != 1)
		return FIREWALL_MAYBE;
	for (size_t i = 0; i < sizeof(own) && i * 8 < bits; i++) {
		unsigned int left = bits - (unsigned int)i * 8;
		unsigned int mask = left >= 8 ? 0xff : 0xff00U >> left & 0xff;
		if (i >= field->known)
			return FIREWALL_MAYBE;
		if ((own[i] ^ other[i]) & mask)
			return FIREWALL_NEVER;
	}
	return FIREWALL_ALWAYS;
}

static enum firewall_truth match_word(const struct field *field, const char *word)
{
	if (field->is_state)
		return strcmp(word, "new") == 0         ? FIREWALL_ALWAYS
		       : strcmp(word, "untracked") == 0 ? FIREWALL_MAYBE
							: FIREWALL_NEVER;
	if (field->ip_address)
		return match_prefix(field, word, field->domain == AF_INET ? 32 : 128);
	if (!field->word)
		return FIREWALL_MAYBE;
	return truth_if(strcmp(field->word, word) == 0);
}

static enum firewall_truth match_range(const struct field *field, struct json_object *range)
{
	struct json_object *first = json_object_array_get_idx(range, 0);
	struct json_object *last = json_object_array_get_idx(range, 1);

	if (field->number == 0 || !json_object_is_type(first, json_type_int) ||
		!json_object_is_type(last, json_type_int))
		return FIREWALL_MAYBE;
	return truth_if(field->number >= json_object_get_int64(first) &&
			field->number <= json_object_get_int64(last));
}

/* An element of a set, without a comment, a counter or a time that it may have. */
static struct json_object *without_extras(struct json_object *value)
{
	struct json_object *element = json_member(value, "elem");

	return element ? json_member(element, "val") : value;
}

/* A value that is no list of values. */
static enum firewall_truth match_value(const struct field *field, struct json_object *value)
{
	value = without_extras(value);
	struct json_object *prefix = json_member(value, "prefix");
	struct json_object *range = json_member(value, "range");

	if (json_object_is_type(value, json_type_string))
		return match_word(field, json_object_get_string(value));
	if (json_object_is_type(value, json_type_int))
		return field->number == 0 ? FIREWALL_MAYBE
					  : truth_if(json_object_get_int64(value) == field->number);
	if (json_object_is_type(range, json_type_array))
		return match_range(field, range);
	const char *address = json_text(prefix, "addr");
	if (!address || !field->domain)
		return FIREWALL_MAYBE;
	return match_prefix(
		field, address, (unsigned int)json_object_get_int(json_member(prefix, "len")));
}

/* The values of a set or list, or the value itself; NULL if they are not known. */
static struct json_object *values_of(struct json_object *right, const struct firewall_chain *chain,
	const struct named_sets *sets)
{
	struct json_object *set = json_member(right, "set");

	if (set)
		return set;
	if (!json_object_is_type(right, json_type_string) || *json_object_get_string(right) != '@')
		return right;
	const struct named_set *named = named_set_find(sets, chain, json_object_get_string(right));
	return named ? named->elements : NULL;
}

/* It is one of them. */
static enum firewall_truth match_values(const struct field *field, struct json_object *values)
{
	enum firewall_truth truth = FIREWALL_NEVER;

	if (!json_object_is_type(values, json_type_array))
		return values ? match_value(field, values) : FIREWALL_MAYBE;
	for (size_t i = 0; i < json_object_array_length(values) && truth != FIREWALL_ALWAYS; i++) {
		enum firewall_truth one = match_value(field, json_object_array_get_idx(values, i));
		truth = one > truth ? one : truth;
	}
	return truth;
}

static const struct known_field *find_field(const char *type, const char *key)
{
	size_t count = sizeof(known_fields) / sizeof(*known_fields);

	for (size_t i = 0; key && i < count; i++) {
		if (strcmp(known_fields[i].type, type) == 0 &&
			strcmp(known_fields[i].key, key) == 0)
			return &known_fields[i];
	}
	return NULL;
}

/* The kind of the destination, whatever else is said of it. */
static bool asks_for_destination(struct json_object *fib)
{
	const char *result = json_text(fib, "result");
	const char *flags = json_object_to_json_string(json_member(fib, "flags"));

	return result && strcmp(result, "type") == 0 && strstr(flags, "\"daddr\"") &&
	       !strstr(flags, "\"saddr\"");
}

/* Return: the field that the expression is, or NULL. */
static const struct known_field *field_of(struct json_object *left)
{
	struct json_object *payload = json_member(left, "payload");
	const char *protocol = json_text(payload, "protocol");
	const char *meta = json_text(json_member(left, "meta"), "key");
	const char *ct = json_text(json_member(left, "ct"), "key");

	if (protocol)
		return find_field(protocol, json_text(payload, "field"));
	if (meta)
		return find_field("meta", meta);
	if (ct && strcmp(ct, "state") == 0)
		return &state_field;
	if (ct && strcmp(ct, "status") == 0)
		return &status_field;
	return asks_for_destination(json_member(left, "fib")) ? &fib_field : NULL;
}

/* That the packet has such a protocol at all. */
static void read_protocol(struct firewall_rule *rule, struct json_object *left)
{
	const char *protocol = json_text(json_member(left, "payload"), "protocol");

	if (!protocol)
		return;
	if (strcmp(protocol, "ip") == 0)
		firewall_restrict(rule, IPV6, FIREWALL_NEVER);
	if (strcmp(protocol, "ip6") == 0)
		firewall_restrict(rule, IPV4, FIREWALL_NEVER);
	for (const char *const *other = other_protocols; *other; other++) {
		if (strcmp(protocol, *other) != 0)
			continue;
		firewall_restrict(rule, IPV4, FIREWALL_NEVER);
		firewall_restrict(rule, IPV6, FIREWALL_NEVER);
	}
}

static bool add_name(struct firewall_devices *devices, struct json_object *value)
{
	value = without_extras(value);
	if (!json_object_is_type(value, json_type_string))
		return false;
	firewall_add_device(devices, json_object_get_string(value));
	return true;
}

static bool add_names(struct firewall_devices *devices, struct json_object *values)
{
	bool all = true;

	if (!json_object_is_type(values, json_type_array))
		return add_name(devices, values);
	for (size_t i = 0; i < json_object_array_length(values); i++)
		all = add_name(devices, json_object_array_get_idx(values, i)) && all;
	return all;
}

/* Return: false if the expression is no device. */
static bool read_devices(struct firewall_rule *rule, struct json_object *left,
	struct json_object *values, bool inverted)
{
	const char *key = json_text(json_member(left, "meta"), "key");

	for (size_t i = 0; key && i < sizeof(sides) / sizeof(*sides); i++) {
		if (strcmp(sides[i].key, key) != 0)
			continue;
		struct firewall_devices *devices =
			firewall_add_devices(rule, sides[i].side, inverted);
		if (!add_names(devices, values))
			condition_unknown(rule);
		return true;
	}
	return false;
}

void condition_read(struct firewall_rule *rule, const struct firewall_chain *chain,
	const struct named_sets *sets, struct json_object *left, struct json_object *right,
	bool inverted)
{
	struct json_object *values = values_of(right, chain, sets);

	read_protocol(rule, left);
	if (read_devices(rule, left, values, inverted))
		return;
	const struct known_field *field = field_of(left);
	if (!field) {
		condition_unknown(rule);
		return;
	}
	for (enum ip_family family = IPV4; family < IP_FAMILIES; family++) {
		enum firewall_truth truth = match_values(&field->is[family], values);
		firewall_restrict(rule, family, inverted ? FIREWALL_ALWAYS - truth : truth);
	}
	rule->named = rule->named || (field->names_dhcp && !inverted);
}
