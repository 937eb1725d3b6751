// SPDX-License-Identifier: GPL-2.0-or-later
/* Docker's rules, which drop what bridges forward: when a rule of ours is made, and when it goes.
 */
#include "test.h"

#include "put_back.h"
#include "whole_plan.h"

#include <errno.h>
#include <string.h>

/* A guest with an interface on br0, where it has its port; FORWARD drops what it forwards. */
struct situation {
	struct guest_nic nics[2];
	struct guest guest;
	struct bridge_facts bridge;
	struct host_facts facts;
	struct policy policy;
	enum event_kind kind;
};

static struct situation dropped(void)
{
	struct situation s = {
		.kind = EVENT_GUEST_START,
		.nics = {{.type = NIC_BRIDGE, .bridge = "br0"},
			{.type = NIC_BRIDGE, .bridge = "br0"}},
		.guest = {.kvm = true, .nic_count = 2},
		.bridge = {.asked = "br0",
			.state = {.name = "br0", .kind = BRIDGE_LINUX, .ifindex = 7},
			.docker_user = {{.chain = true}, {0}}},
		.facts = {.bridge_count = 1},
		.policy = policy_defaults(),
	};

	s.policy.docker_user = true;
	return s;
}

/* "+4 -6 ": rules that are made or go. */
static const char *text_of(const struct plan *plan)
{
	static char text[128];
	size_t length = 0;

	text[0] = '\0';
	for (size_t i = 0; i < plan->action_count; i++) {
		const struct action *action = &plan->actions[i];
		if (action->kind != ACTION_DOCKER_USER)
			continue;
		assert_string_equal(action->bridge, "br0");
		length += (size_t)snprintf(text + length, sizeof(text) - length, "%c%d%s ",
			action->goes ? '-' : '+', action->family == IPV4 ? 4 : 6,
			action->for_guests ? "" : "!");
	}
	return text;
}

static void make_plan(struct situation *s, struct plan *plan)
{
	*plan = (struct plan){0};
	s->guest.nics = s->nics;
	s->facts.bridges = &s->bridge;
	plan_guest_docker(plan, s->kind, &s->guest, &s->facts, &s->policy);
	if (s->kind == EVENT_GUEST_RELEASE)
		plan_guest_checksums(plan, s->kind, &s->guest, &s->facts, &s->policy);
}

static void expect(struct situation s, const char *wanted)
{
	struct plan plan;

	make_plan(&s, &plan);
	assert_string_equal(text_of(&plan), wanted);
	plan_clear(&plan);
}

/* One rule, though two interfaces are there; each family by its own. */
static void test_made(void **state)
{
	struct situation s = dropped();

	(void)state;
	expect(s, "+4 ");
	s.kind = EVENT_GUEST_RECONNECT;
	expect(s, "+4 ");
	s.bridge.docker_user[IPV6] = s.bridge.docker_user[IPV4];
	expect(s, "+4 +6 ");
	s.bridge.docker_user[IPV4].accepts = true;
	expect(s, "+6 ");
}

static void test_not_made(void **state)
{
	const struct situation usual = dropped();
	struct situation s = usual;

	(void)state;
	s.policy.docker_user = false;
	expect(s, "");
	s = usual;
	s.kind = EVENT_GUEST_PREPARE;
	expect(s, "");
	s.kind = EVENT_GUEST_ARRIVE;
	expect(s, "");
	s = usual;
	s.bridge.docker_user[IPV4].chain = false;
	expect(s, "");
	s = usual;
	s.bridge.state.kind = BRIDGE_OPENVSWITCH;
	expect(s, "");
	/* Libvirt's own bridge. */
	s = usual;
	s.nics[0].type = s.nics[1].type = NIC_NETWORK;
	s.nics[0].network = s.nics[1].network = (char[]){"default"};
	expect(s, "");
}

/* As a port comes; as the network itself starts there is nobody yet. */
static void test_network(void **state)
{
	struct situation s = dropped();
	struct network network = {
		.name = (char[]){"office"}, .forward = FORWARD_BRIDGE, .bridge = "br0"};
	struct plan plan = {0};

	(void)state;
	s.facts.bridges = &s.bridge;
	plan_network_docker(&plan, EVENT_NETWORK_ACTIVE, &network, &s.facts, &s.policy);
	assert_string_equal(text_of(&plan), "");
	strcpy(network.port.mac, "52:54:00:00:00:99");
	plan_network_docker(&plan, EVENT_NETWORK_ACTIVE, &network, &s.facts, &s.policy);
	assert_string_equal(text_of(&plan), "+4 ");
	plan_clear(&plan);
	network.forward = FORWARD_NAT;
	plan_network_docker(&plan, EVENT_NETWORK_ACTIVE, &network, &s.facts, &s.policy);
	assert_string_equal(text_of(&plan), "");
	plan_clear(&plan);
}

/* The finding says what repairs it, and what a person can do if that fails. */
static void test_finding(void **state)
{
	struct situation s = dropped();
	struct plan plan;

	(void)state;
	make_plan(&s, &plan);
	assert_int_equal(plan.finding_count, 1);
	assert_string_equal(plan.findings[0].slug, "firewall-drops-dhcp");
	assert_string_equal(
		plan.findings[0].cure, "iptables -I DOCKER-USER -i br0 -o br0 -j ACCEPT");
	assert_int_equal(plan_severity(&plan, &plan.findings[0]), SEVERITY_NOTICE);
	assert_int_equal(plan_repair(&plan, &plan.findings[0]), REPAIR_DONE);
	plan.actions[0].result = -EPROTO;
	assert_int_equal(plan_severity(&plan, &plan.findings[0]), SEVERITY_ERROR);
	assert_false(plan_is_reason_to_refuse(&plan.findings[0]));
	plan_clear(&plan);
}

static struct situation released(void)
{
	struct situation s = dropped();

	s.kind = EVENT_GUEST_RELEASE;
	s.bridge.state.ports_known = true;
	s.bridge.docker_user[IPV4] = s.bridge.docker_user[IPV6] = (struct docker_user_state){
		.chain = true, .accepts = true, .ours = true, .for_guests = true};
	return s;
}

static void test_goes(void **state)
{
	const struct situation usual = released();
	struct situation s = usual;

	(void)state;
	expect(s, "-4 -6 ");
	/* Whatever the policy says by now, and whether the chain is reached. */
	s.policy.docker_user = false;
	s.bridge.docker_user[IPV4].chain = false;
	expect(s, "-4 -6 ");
	s.bridge.state = (struct bridge_state){.name = "br0", .kind = BRIDGE_ABSENT};
	expect(s, "-4 -6 ");
	/* Somebody is there, or may be. */
	s = usual;
	s.bridge.state.guest_ports = 1;
	expect(s, "");
	s = usual;
	s.bridge.state.ports_known = false;
	expect(s, "");
	/* That which was asked for by hand, and another program's. */
	s = usual;
	s.bridge.docker_user[IPV4].for_guests = false;
	s.bridge.docker_user[IPV6].ours = false;
	expect(s, "");
}

/* A guest came while it went. */
static void test_put_back(void **state)
{
	struct situation s = released();
	struct plan done;
	struct plan plan;

	(void)state;
	make_plan(&s, &done);
	assert_true(plan_takes_away(&done));
	plan_put_back(&plan, &done, &s.facts);
	assert_string_equal(text_of(&plan), "");
	plan_clear(&plan);
	s.bridge.state.guest_ports = 1;
	plan_put_back(&plan, &done, &s.facts);
	assert_string_equal(text_of(&plan), "+4 +6 ");
	plan_clear(&plan);
	plan_clear(&done);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_made),
		cmocka_unit_test(test_not_made),
		cmocka_unit_test(test_network),
		cmocka_unit_test(test_finding),
		cmocka_unit_test(test_goes),
		cmocka_unit_test(test_put_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
