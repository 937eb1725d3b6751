// SPDX-License-Identifier: GPL-2.0-or-later
/* What a DHCP request meets in firewalls: a plan from facts alone. */
#include "test.h"

#include "firewall_plan.h"

static const struct firewall_bridge served = {.name = "br0", .server = {true, false}};
static const struct firewall_bridge unserved = {.name = "br0"};

static struct firewall_chain *base(
	struct firewall_facts *facts, const char *name, enum firewall_hook hook, bool drops)
{
	struct firewall_chain *chain =
		firewall_add_chain(facts, FIREWALL_IP, false, "filter", name);

	chain->hook = hook;
	chain->drops = drops;
	return chain;
}

static struct firewall_rule *add(struct firewall_chain *chain, enum firewall_truth meets,
	enum firewall_verdict verdict, const char *target)
{
	struct firewall_rule *rule = firewall_add_rule(chain);

	firewall_restrict(rule, IPV4, meets);
	rule->verdict = verdict;
	rule->chain = target ? strdup(target) : NULL;
	return rule;
}

static void add_in(
	struct firewall_rule *rule, enum firewall_side side, bool inverted, const char *name)
{
	firewall_add_device(firewall_add_devices(rule, side, inverted), name);
}

typedef void planner(struct plan *plan, const struct firewall_facts *facts,
	const struct firewall_bridge *bridge);

enum outcome { PASSES, NOTED, MAY_DROP, DROPS };

static enum outcome outcome(
	planner *make, const struct firewall_facts *facts, const struct firewall_bridge *bridge)
{
	struct plan plan = {0};
	enum outcome result = PASSES;

	make(&plan, facts, bridge);
	assert_true(plan.finding_count <= 1);
	if (plan.finding_count == 1) {
		assert_string_equal(plan.findings[0].slug, "firewall-drops-dhcp");
		assert_string_equal(plan.findings[0].bridge, "br0");
		result = plan.findings[0].severity == SEVERITY_ERROR     ? DROPS
			 : plan.findings[0].severity == SEVERITY_WARNING ? MAY_DROP
									 : NOTED;
	}
	plan_clear(&plan);
	return result;
}

/* What becomes of a request, with the facts then forgotten. */
static void wants(struct firewall_facts *facts, enum outcome wanted)
{
	assert_int_equal(outcome(plan_firewall_input, facts, &served), wanted);
	assert_int_equal(outcome(plan_firewall_input, facts, &unserved), PASSES);
	firewall_clear(facts);
}

static void test_policies(void **state)
{
	struct firewall_facts facts = {0};

	(void)state;
	wants(&facts, PASSES);
	base(&facts, "INPUT", FIREWALL_INPUT, false);
	wants(&facts, PASSES);
	base(&facts, "INPUT", FIREWALL_INPUT, true);
	wants(&facts, DROPS);
	base(&facts, "OUTPUT", FIREWALL_NO_HOOK, true);
	wants(&facts, PASSES);
	base(&facts, "INPUT", FIREWALL_INPUT, true)->family = FIREWALL_IP6;
	wants(&facts, PASSES);
	base(&facts, "INPUT", FIREWALL_INPUT, true)->family = FIREWALL_INET;
	wants(&facts, DROPS);
	base(&facts, "PREROUTING", FIREWALL_PREROUTING, true)->family = FIREWALL_BRIDGE;
	wants(&facts, DROPS);
	base(&facts, "FORWARD", FIREWALL_FORWARD, true);
	wants(&facts, PASSES);
}

static void test_rules_accept(void **state)
{
	struct firewall_facts facts = {0};
	struct firewall_chain *chain = base(&facts, "INPUT", FIREWALL_INPUT, true);

	(void)state;
	add(chain, FIREWALL_NEVER, FIREWALL_ACCEPT, NULL);
	add_in(add(chain, FIREWALL_ALWAYS, FIREWALL_ACCEPT, NULL), FIREWALL_IN, false, "lo");
	assert_int_equal(outcome(plan_firewall_input, &facts, &served), DROPS);
	add(chain, FIREWALL_MAYBE, FIREWALL_ACCEPT, NULL);
	assert_int_equal(outcome(plan_firewall_input, &facts, &served), MAY_DROP);
	add_in(add(chain, FIREWALL_ALWAYS, FIREWALL_ACCEPT, NULL), FIREWALL_IN, false, "br*");
	wants(&facts, PASSES);

	chain = base(&facts, "INPUT", FIREWALL_INPUT, true);
	add_in(add(chain, FIREWALL_ALWAYS, FIREWALL_ACCEPT, NULL), FIREWALL_IN, true, "br0");
	assert_int_equal(outcome(plan_firewall_input, &facts, &served), DROPS);
	add_in(add(chain, FIREWALL_ALWAYS, FIREWALL_ACCEPT, NULL), FIREWALL_IN, true, "eth0");
	wants(&facts, PASSES);
}

/* Rules that drop some packets are in most firewalls. */
static void test_rules_drop(void **state)
{
	struct firewall_facts facts = {0};
	struct firewall_chain *chain = base(&facts, "INPUT", FIREWALL_INPUT, false);

	(void)state;
	add(chain, FIREWALL_MAYBE, FIREWALL_DROP, NULL);
	assert_int_equal(outcome(plan_firewall_input, &facts, &served), PASSES);
	add(chain, FIREWALL_ALWAYS, FIREWALL_DROP, NULL);
	wants(&facts, DROPS);

	/* Rejected at the end, after a condition that is not understood. */
	chain = base(&facts, "INPUT", FIREWALL_INPUT, false);
	add(chain, FIREWALL_MAYBE, FIREWALL_RETURN, NULL);
	add(chain, FIREWALL_ALWAYS, FIREWALL_DROP, NULL);
	wants(&facts, MAY_DROP);

	chain = base(&facts, "INPUT", FIREWALL_INPUT, true);
	add(chain, FIREWALL_ALWAYS, FIREWALL_UNKNOWN, NULL);
	wants(&facts, MAY_DROP);
}

/* An accept in one table does not help against a drop in another one. */
static void test_two_tables(void **state)
{
	struct firewall_facts facts = {0};
	struct firewall_chain *chain =
		firewall_add_chain(&facts, FIREWALL_IP, false, "libvirt_network", "guest_input");

	(void)state;
	chain->hook = FIREWALL_INPUT;
	add(chain, FIREWALL_ALWAYS, FIREWALL_ACCEPT, NULL)->named = true;
	base(&facts, "INPUT", FIREWALL_INPUT, true);
	wants(&facts, DROPS);
}

/* ufw: what is not for this host is dropped before the user's rules, by conditions that cannot be
 * read. */
static void test_jumps(void **state)
{
	struct firewall_facts facts = {0};
	struct firewall_chain *chain = base(&facts, "INPUT", FIREWALL_INPUT, true);

	(void)state;
	add(chain, FIREWALL_ALWAYS, FIREWALL_JUMP, "not-local");
	add(chain, FIREWALL_ALWAYS, FIREWALL_JUMP, "user");
	chain = firewall_add_chain(&facts, FIREWALL_IP, false, "filter", "not-local");
	add(chain, FIREWALL_MAYBE, FIREWALL_RETURN, NULL);
	add(chain, FIREWALL_ALWAYS, FIREWALL_DROP, NULL);
	firewall_add_chain(&facts, FIREWALL_IP, false, "filter", "user");
	assert_int_equal(outcome(plan_firewall_input, &facts, &served), DROPS);
	chain = firewall_find_chain(&facts, FIREWALL_IP, false, "filter", "user");
	add(chain, FIREWALL_ALWAYS, FIREWALL_ACCEPT, NULL);
	assert_int_equal(outcome(plan_firewall_input, &facts, &served), MAY_DROP);
	chain->rules[0].named = true;
	wants(&facts, PASSES);

	/* What comes back from a goto does not come behind it. */
	chain = base(&facts, "INPUT", FIREWALL_INPUT, true);
	add(chain, FIREWALL_ALWAYS, FIREWALL_GOTO, "user");
	add(chain, FIREWALL_ALWAYS, FIREWALL_ACCEPT, NULL);
	firewall_add_chain(&facts, FIREWALL_IP, false, "filter", "user");
	wants(&facts, DROPS);

	/* A chain that is not there, and chains in a circle, which the kernel does not make. */
	chain = base(&facts, "INPUT", FIREWALL_INPUT, true);
	add(chain, FIREWALL_ALWAYS, FIREWALL_JUMP, "nowhere");
	wants(&facts, MAY_DROP);
	chain = base(&facts, "INPUT", FIREWALL_INPUT, true);
	add(chain, FIREWALL_ALWAYS, FIREWALL_JUMP, "INPUT");
	wants(&facts, MAY_DROP);
}

static void test_forward(void **state)
{
	struct firewall_facts facts = {0};
	struct firewall_bridge called = {.name = "br0", .nf_call = {true, false}};
	struct firewall_chain *chain = base(&facts, "FORWARD", FIREWALL_FORWARD, true);

	(void)state;
	assert_int_equal(outcome(plan_firewall_forward, &facts, &unserved), PASSES);
	assert_int_equal(outcome(plan_firewall_forward, &facts, &called), DROPS);
	facts.nf_call[IPV4] = true;
	assert_int_equal(outcome(plan_firewall_forward, &facts, &unserved), DROPS);
	/* Guests have a server of this host, and may need no other. */
	assert_int_equal(outcome(plan_firewall_forward, &facts, &served), NOTED);
	called.raw_server = true;
	assert_int_equal(outcome(plan_firewall_forward, &facts, &called), NOTED);

	struct firewall_rule *rule = add(chain, FIREWALL_ALWAYS, FIREWALL_ACCEPT, NULL);
	add_in(rule, FIREWALL_IN, false, "docker0");
	add_in(rule, FIREWALL_OUT, true, "docker0");
	assert_int_equal(outcome(plan_firewall_forward, &facts, &unserved), DROPS);
	rule = add(chain, FIREWALL_ALWAYS, FIREWALL_ACCEPT, NULL);
	add_in(rule, FIREWALL_IN, false, "br0");
	add_in(rule, FIREWALL_OUT, false, "br0");
	assert_int_equal(outcome(plan_firewall_forward, &facts, &unserved), PASSES);
	firewall_clear(&facts);

	chain = base(&facts, "f", FIREWALL_FORWARD, true);
	chain->family = FIREWALL_BRIDGE;
	assert_int_equal(outcome(plan_firewall_forward, &facts, &unserved), DROPS);
	/* A port may be this one. */
	add_in(add(chain, FIREWALL_ALWAYS, FIREWALL_ACCEPT, NULL), FIREWALL_IN, false, "vnet0");
	assert_int_equal(outcome(plan_firewall_forward, &facts, &unserved), MAY_DROP);
	add_in(add(chain, FIREWALL_ALWAYS, FIREWALL_ACCEPT, NULL), FIREWALL_IN_BRIDGE, false,
		"br0");
	assert_int_equal(outcome(plan_firewall_forward, &facts, &unserved), PASSES);
	firewall_clear(&facts);
}

static void test_ingress(void **state)
{
	struct firewall_facts facts = {0};
	struct firewall_chain *chain = base(&facts, "in", FIREWALL_INGRESS, true);

	(void)state;
	chain->family = FIREWALL_NETDEV;
	assert_int_equal(outcome(plan_firewall_input, &facts, &served), MAY_DROP);
	firewall_add_device(&chain->devices, "eth0");
	assert_int_equal(outcome(plan_firewall_input, &facts, &served), PASSES);
	firewall_add_device(&chain->devices, "br0");
	wants(&facts, DROPS);
}

static void cure_is(struct firewall_facts *facts, planner *make,
	const struct firewall_bridge *bridge, const char *wanted)
{
	struct plan plan = {0};

	make(&plan, facts, bridge);
	assert_int_equal(plan.finding_count, 1);
	if (wanted)
		assert_string_equal(plan.findings[0].cure, wanted);
	else
		assert_null(plan.findings[0].cure);
	assert_non_null(plan.findings[0].advice);
	plan_clear(&plan);
}

static void test_cures(void **state)
{
	struct firewall_bridge called = {
		.name = "br 0", .server = {true, false}, .nf_call = {true, false}};
	struct firewall_facts facts = {0};
	struct firewall_chain *chain = base(&facts, "INPUT", FIREWALL_INPUT, true);

	(void)state;
	cure_is(&facts, plan_firewall_input, &called,
		"iptables -I INPUT -i 'br 0' -p udp --dport 67 -j ACCEPT");
	chain->legacy = true;
	cure_is(&facts, plan_firewall_input, &called,
		"iptables-legacy -I INPUT -i 'br 0' -p udp --dport 67 -j ACCEPT");
	firewall_add_chain(&facts, FIREWALL_IP, true, "filter", "ufw-before-input");
	facts.ufw = true;
	cure_is(&facts, plan_firewall_input, &called,
		"ufw allow in on 'br 0' to any port 67 proto udp");
	firewall_clear(&facts);

	/* nft has a language of its own. */
	base(&facts, "in", FIREWALL_INPUT, true);
	cure_is(&facts, plan_firewall_input, &called, NULL);
	cure_is(&facts, plan_firewall_input, &served,
		"nft insert rule ip filter in iifname br0 udp dport 67 accept");
	firewall_clear(&facts);

	base(&facts, "FORWARD", FIREWALL_FORWARD, true);
	cure_is(&facts, plan_firewall_forward, &called,
		"iptables -I FORWARD -i 'br 0' -o 'br 0' -j ACCEPT");
	firewall_add_chain(&facts, FIREWALL_IP, false, "filter", "DOCKER-USER");
	cure_is(&facts, plan_firewall_forward, &called,
		"iptables -I FORWARD -i 'br 0' -o 'br 0' -j ACCEPT");
	firewall_add_rule(firewall_find_chain(&facts, FIREWALL_IP, false, "filter", "FORWARD"))
		->chain = strdup("DOCKER-USER");
	cure_is(&facts, plan_firewall_forward, &called,
		"iptables -I DOCKER-USER -i 'br 0' -o 'br 0' -j ACCEPT");
	firewall_clear(&facts);
}

static void test_zones(void **state)
{
	char public[] = "public";
	char libvirt[] = "libvirt";
	struct firewall_zone zones[] = {{.name = libvirt, .dhcp = {ZONE_DHCP_YES, ZONE_DHCP_YES}},
		{.name = public, .dhcp = {ZONE_DHCP_NO, ZONE_DHCP_NO}}};
	struct firewall_facts facts = {
		.firewalld = {
			.running = true, .zones = zones, .zone_count = 2, .default_zone = public}};
	struct plan plan = {0};

	(void)state;
	firewall_add_device(&zones[0].devices, "virbr*");
	plan_firewalld_zone(&plan, &facts, &unserved);
	assert_int_equal(plan.finding_count, 0);
	plan_firewalld_zone(
		&plan, &facts, &(struct firewall_bridge){.name = "virbr0", .server = {true, true}});
	assert_int_equal(plan.finding_count, 0);
	plan_firewalld_zone(&plan, &facts, &served);
	assert_int_equal(plan.finding_count, 1);
	assert_string_equal(plan.findings[0].slug, "firewalld-zone");
	assert_int_equal(plan.findings[0].severity, SEVERITY_ERROR);
	assert_string_equal(plan.findings[0].cure, "firewall-cmd --zone=public --add-service=dhcp");
	plan_clear(&plan);
	facts.firewalld.libvirt_zone = true;
	plan_firewalld_zone(&plan, &facts, &served);
	assert_string_equal(
		plan.findings[0].cure, "firewall-cmd --zone=libvirt --change-interface=br0");

	/* The same is not said twice. */
	struct firewall_chain *chain =
		firewall_add_chain(&facts, FIREWALL_INET, false, "firewalld", "filter_INPUT");
	chain->hook = FIREWALL_INPUT;
	chain->drops = true;
	plan_firewall_input(&plan, &facts, &served);
	assert_int_equal(plan.finding_count, 1);
	plan_clear(&plan);

	/* Its rules drop nothing that its zone has no service for. */
	plan_firewalld_zone(&plan, &facts, &served);
	assert_int_equal(plan.findings[0].severity, SEVERITY_ERROR);
	plan_clear(&plan);
	chain->drops = false;
	plan_firewalld_zone(&plan, &facts, &served);
	assert_int_equal(plan.findings[0].severity, SEVERITY_WARNING);
	plan_clear(&plan);

	zones[1].dhcp[IPV4] = ZONE_DHCP_MAYBE;
	plan_firewalld_zone(&plan, &facts, &served);
	assert_int_equal(plan.findings[0].severity, SEVERITY_WARNING);
	plan_clear(&plan);
	free(zones[0].devices.names);
	facts.firewalld = (struct firewalld){0};
	firewall_clear(&facts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_policies),
		cmocka_unit_test(test_rules_accept),
		cmocka_unit_test(test_rules_drop),
		cmocka_unit_test(test_two_tables),
		cmocka_unit_test(test_jumps),
		cmocka_unit_test(test_forward),
		cmocka_unit_test(test_ingress),
		cmocka_unit_test(test_cures),
		cmocka_unit_test(test_zones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
