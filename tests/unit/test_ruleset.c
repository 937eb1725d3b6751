// SPDX-License-Identifier: GPL-2.0-or-later
/* What libnftables(3) writes, and what of it a DHCP request meets. */
#include "test.h"

#include "firewall_plan.h"
#include "ruleset.h"

#include <errno.h>

/* One chain with these rules, whose statements are in JSON; the policy is drop. */
static void parse(struct firewall_facts *facts, const char *family, const char *statements)
{
	char text[4096];
	int length = snprintf(text, sizeof(text),
		"{\"nftables\": [{\"metainfo\": {}}, {\"table\": {\"family\": \"%s\", \"name\": "
		"\"t\"}},"
		"{\"set\": {\"family\": \"%s\", \"table\": \"t\", \"name\": \"s\", \"elem\": [53, "
		"{\"elem\": {\"val\": 67, \"comment\": \"x\"}}]}},"
		"{\"map\": {\"family\": \"%s\", \"table\": \"t\", \"name\": \"m\", \"elem\": "
		"[[\"br0\", {\"accept\": null}], [\"*\", {\"drop\": null}]]}},"
		"{\"chain\": {\"family\": \"%s\", \"table\": \"t\", \"name\": \"c\", \"hook\": "
		"\"input\", \"policy\": \"drop\"}},"
		"{\"rule\": {\"family\": \"%s\", \"table\": \"t\", \"chain\": \"c\", \"expr\": "
		"[%s]}}]}",
		family, family, family, family, family, statements);

	assert_true(length > 0 && (size_t)length < sizeof(text));
	assert_int_equal(ruleset_parse(facts, text, (size_t)length, false), 0);
	assert_int_equal(facts->count, 1);
}

enum outcome { ACCEPTED, MAY_DROP, DROPS };

static void check(
	const char *family, enum ip_family packets, const char *statements, enum outcome wanted)
{
	struct firewall_bridge bridge = {.name = "br0"};
	struct firewall_facts facts = {0};
	struct plan plan = {0};
	enum outcome outcome = ACCEPTED;

	bridge.server[packets] = true;
	parse(&facts, family, statements);
	plan_firewall_input(&plan, &facts, &bridge);
	if (plan.finding_count)
		outcome = plan.findings[0].severity == SEVERITY_ERROR ? DROPS : MAY_DROP;
	if (outcome != wanted)
		print_error("of %s: %s\n", family, statements);
	assert_int_equal(outcome, wanted);
	plan_clear(&plan);
	firewall_clear(&facts);
}

#define MATCH(left, right) "{\"match\": {\"op\": \"==\", \"left\": " left ", \"right\": " right "}}"
#define NO_MATCH(left, right) \
	"{\"match\": {\"op\": \"!=\", \"left\": " left ", \"right\": " right "}}"
#define META(key) "{\"meta\": {\"key\": \"" key "\"}}"
#define FIELD(protocol, field) \
	"{\"payload\": {\"protocol\": \"" protocol "\", \"field\": \"" field "\"}}"
#define ACCEPT ", {\"accept\": null}"

static void check4(const char *statements, enum outcome wanted)
{
	check("inet", IPV4, statements, wanted);
}

static void check6(const char *statements, enum outcome wanted)
{
	check("inet", IPV6, statements, wanted);
}

static void test_devices(void **state)
{
	(void)state;
	check4(MATCH(META("iifname"), "\"br0\"") ACCEPT, ACCEPTED);
	check4(MATCH(META("iif"), "\"br1\"") ACCEPT, DROPS);
	check4(NO_MATCH(META("iifname"), "\"br1\"") ACCEPT, ACCEPTED);
	check4(NO_MATCH(META("iifname"), "{\"set\": [\"br1\", \"b*\"]}") ACCEPT, DROPS);
	check4(MATCH(META("iifname"), "{\"set\": [\"lo\", {\"elem\": {\"val\": \"br0\"}}]}") ACCEPT,
		ACCEPTED);
	check4(MATCH(META("iifname"), "\"@gone\"") ACCEPT, MAY_DROP);
	check4(MATCH(META("iifgroup"), "\"default\"") ACCEPT, MAY_DROP);
	check("bridge", IPV4, MATCH(META("ibrname"), "\"br0\"") ACCEPT, ACCEPTED);
	check("bridge", IPV4, MATCH(META("ibrname"), "\"br1\"") ACCEPT, DROPS);
	check("bridge", IPV4, MATCH(META("iifname"), "\"vnet0\"") ACCEPT, MAY_DROP);
}

static void test_ports(void **state)
{
	(void)state;
	check4(MATCH(FIELD("udp", "dport"), "67") ACCEPT, ACCEPTED);
	check6(MATCH(FIELD("udp", "dport"), "67") ACCEPT, DROPS);
	check6(MATCH(FIELD("th", "dport"), "{\"range\": [546, 547]}") ACCEPT, ACCEPTED);
	check4(MATCH(FIELD("udp", "dport"), "{\"range\": [68, 70]}") ACCEPT, DROPS);
	check4(MATCH(FIELD("udp", "dport"), "{\"set\": [53, {\"range\": [60, 70]}]}") ACCEPT,
		ACCEPTED);
	check4(MATCH(FIELD("udp", "dport"), "\"@s\"") ACCEPT, ACCEPTED);
	check6(MATCH(FIELD("udp", "dport"), "\"@s\"") ACCEPT, DROPS);
	check4(MATCH(FIELD("udp", "dport"), "\"bootps\"") ACCEPT, MAY_DROP);
	check4(NO_MATCH(FIELD("udp", "sport"), "68") ACCEPT, DROPS);
	check4(MATCH(FIELD("udp", "length"), "300") ACCEPT, MAY_DROP);
	/* Of another protocol, whatever the port is. */
	check4(NO_MATCH(FIELD("tcp", "dport"), "22") ACCEPT, DROPS);
	check4(MATCH(META("l4proto"), "{\"set\": [\"tcp\", \"udp\"]}") ACCEPT, ACCEPTED);
	check4(MATCH(META("l4proto"), "17") ACCEPT, ACCEPTED);
	check4(MATCH(META("l4proto"), "\"icmp\"") ACCEPT, DROPS);
}

static void test_addresses(void **state)
{
	(void)state;
	check4(MATCH(FIELD("ip", "daddr"), "\"255.255.255.255\"") ACCEPT, ACCEPTED);
	check4(MATCH(FIELD("ip", "saddr"), "\"0.0.0.0\"") ACCEPT, ACCEPTED);
	check4(MATCH(FIELD("ip", "saddr"), "{\"prefix\": {\"addr\": \"10.0.0.0\", \"len\": 8}}")
			ACCEPT,
		DROPS);
	check4(MATCH(FIELD("ip", "saddr"), "{\"prefix\": {\"addr\": \"0.0.0.0\", \"len\": 9}}")
			ACCEPT,
		ACCEPTED);
	check4(MATCH(FIELD("ip", "saddr"), "\"example.org\"") ACCEPT, MAY_DROP);
	check6(NO_MATCH(FIELD("ip", "saddr"), "\"10.0.0.1\"") ACCEPT, DROPS);
	check4(NO_MATCH(FIELD("ip6", "saddr"), "\"::1\"") ACCEPT, DROPS);
	check6(MATCH(FIELD("ip6", "saddr"), "{\"prefix\": {\"addr\": \"fe80::\", \"len\": 10}}")
			ACCEPT,
		ACCEPTED);
	check6(MATCH(FIELD("ip6", "saddr"), "\"fe80::1\"") ACCEPT, MAY_DROP);
	check6(MATCH(FIELD("ip6", "daddr"), "\"ff02::1:2\"") ACCEPT, ACCEPTED);
	check4(MATCH("{\"fib\": {\"result\": \"type\", \"flags\": [\"daddr\"]}}", "\"broadcast\"")
			ACCEPT,
		ACCEPTED);
	check6(MATCH("{\"fib\": {\"result\": \"type\", \"flags\": [\"daddr\"]}}", "\"local\"")
			ACCEPT,
		DROPS);
	check4(MATCH("{\"fib\": {\"result\": \"oif\", \"flags\": [\"saddr\"]}}", "false") ACCEPT,
		MAY_DROP);
}

static void test_states(void **state)
{
	(void)state;
	check4(MATCH("{\"ct\": {\"key\": \"state\"}}", "[\"established\", \"related\"]") ACCEPT,
		DROPS);
	check4(MATCH("{\"ct\": {\"key\": \"state\"}}", "{\"set\": [\"new\", \"untracked\"]}")
			ACCEPT,
		ACCEPTED);
	check4(MATCH("{\"ct\": {\"key\": \"state\"}}", "\"untracked\"") ACCEPT, MAY_DROP);
	check4(NO_MATCH("{\"ct\": {\"key\": \"state\"}}", "\"invalid\"") ACCEPT, ACCEPTED);
	check4(MATCH("{\"ct\": {\"key\": \"status\"}}", "\"dnat\"") ACCEPT, DROPS);
	check4(MATCH("{\"&\": [{\"meta\": {\"key\": \"mark\"}}, 1]}", "1") ACCEPT, MAY_DROP);
}

static void test_statements(void **state)
{
	(void)state;
	check4("{\"counter\": {\"packets\": 0, \"bytes\": 0}}, {\"log\": null}" ACCEPT, ACCEPTED);
	check4("{\"limit\": {\"rate\": 3}}" ACCEPT, MAY_DROP);
	check4("{\"queue\": null}", MAY_DROP);
	check4("{\"from the future\": null}" ACCEPT, MAY_DROP);
	check4("{\"xt\": {\"type\": \"match\", \"name\": \"comment\"}}" ACCEPT, ACCEPTED);
	check4("{\"xt\": {\"type\": \"match\", \"name\": \"set\"}}" ACCEPT, MAY_DROP);
	check4("{\"xt\": {\"type\": \"target\", \"name\": \"LOG\"}}", DROPS);
	check4("{\"xt\": null}", MAY_DROP);
	check4("{\"jump\": {\"target\": \"nowhere\"}}", MAY_DROP);
	check4("{\"jump\": null}", MAY_DROP);
	check4("{\"match\": null}" ACCEPT, MAY_DROP);
	check4("null, 7, [], {}" ACCEPT, ACCEPTED);
}

static void test_maps(void **state)
{
	const char *const by_port =
		"{\"vmap\": {\"key\": {\"payload\": {\"protocol\": \"udp\", \"field\": "
		"\"dport\"}}, "
		"\"data\": {\"set\": [[53, {\"drop\": null}], [67, {\"accept\": null}]]}}}";

	(void)state;
	check4(by_port, ACCEPTED);
	check6(by_port, DROPS);
	check4("{\"vmap\": {\"key\": {\"meta\": {\"key\": \"iifname\"}}, \"data\": \"@m\"}}",
		ACCEPTED);
	check4("{\"vmap\": {\"key\": {\"meta\": {\"key\": \"oifname\"}}, \"data\": \"@m\"}}",
		DROPS);
	check4("{\"vmap\": {\"key\": {\"meta\": {\"key\": \"iifname\"}}, \"data\": \"@gone\"}}",
		MAY_DROP);
	check4("{\"vmap\": null}", MAY_DROP);
}

/* A chain that is of no concern, and a rule of one that is not there. */
#define ARP                                                                                       \
	"{\"nftables\": [{\"chain\": {\"family\": \"arp\", \"table\": \"t\", \"name\": \"c\"}}, " \
	"{\"rule\": {\"family\": \"ip\", \"table\": \"t\", \"chain\": \"c\"}}]}"

/* What comes from a kernel or library that writes something else. */
static void test_garbage(void **state)
{
	static const char *const texts[] = {
		"", "{", "[]", "{\"nftables\": {}}", "{\"nftables\": [7]}", "{\"nftables\": [[]]}"};
	static const char *const harmless[] = {"{\"nftables\": []}",
		"{\"nftables\": [{\"chain\": 7}, {\"rule\": null}, {\"set\": []}]}", ARP};
	struct firewall_facts facts = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		assert_int_equal(ruleset_parse(&facts, texts[i], strlen(texts[i]), false), -EPROTO);
	for (size_t i = 0; i < sizeof(harmless) / sizeof(*harmless); i++)
		assert_int_equal(ruleset_parse(&facts, harmless[i], strlen(harmless[i]), false), 0);
	assert_int_equal(facts.count, 0);
	firewall_clear(&facts);
}

static int parse_terse(const char *kind, const char *type)
{
	struct firewall_facts facts = {0};
	char text[512];

	snprintf(text, sizeof(text),
		"{\"nftables\": [{\"%s\": {\"family\": \"ip\", \"table\": \"t\", \"name\": \"s\", "
		"\"type\": %s}}, {\"chain\": {\"family\": \"ip\", \"table\": \"t\", \"name\": "
		"\"c\"}}]}",
		kind, type);
	int result = ruleset_parse(&facts, text, strlen(text), true);
	assert_int_equal(facts.count, result == 0);
	firewall_clear(&facts);
	return result;
}

static void test_terse(void **state)
{
	(void)state;
	assert_int_equal(parse_terse("set", "\"ipv4_addr\""), 0);
	assert_int_equal(parse_terse("set", "[\"ipv4_addr\", \"inet_service\"]"), 0);
	assert_int_equal(parse_terse("set", "\"inet_service\""), -EAGAIN);
	assert_int_equal(parse_terse("map", "\"ether_addr\""), 0);
	assert_int_equal(parse_terse("map", "\"ifname\""), -EAGAIN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_devices),
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_states),
		cmocka_unit_test(test_statements),
		cmocka_unit_test(test_maps),
		cmocka_unit_test(test_garbage),
		cmocka_unit_test(test_terse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
