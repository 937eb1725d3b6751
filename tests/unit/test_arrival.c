// SPDX-License-Identifier: GPL-2.0-or-later
/* Guests that come to a host: which of their interfaces get another driver, and which do not. */
#include "test.h"

#include "alloc.h"
#include "answer.h"
#include "diagnose.h"
#include "fake_host.h"
#include "xml.h"

#define NIC(type, n, rest) \
	"<interface type='" type "'><mac address='52:54:00:00:00:0" #n "'/>" rest "</interface>"
#define VIRTIO "<model type='virtio'/>"
#define BR0 "<source bridge='br0'/>"

static const char guest_xml[] = "<domain type='kvm'><name>web</name><devices>"   /* */
	NIC("network", 1, "<source network='net'/>" VIRTIO)                      /* */
	NIC("bridge", 2, BR0 VIRTIO "<driver name='vhost'/>")                    /* */
	NIC("direct", 3, "<source dev='p0' mode='bridge'/>" VIRTIO)              /* */
	NIC("bridge", 4, BR0 "<model type='e1000'/>")                            /* */
	NIC("bridge", 5, BR0 VIRTIO "<driver name='qemu'/>")                     /* */
	NIC("bridge", 6, BR0 VIRTIO "<driver><guest csum='off'/></driver>")      /* */
	NIC("bridge", 9, BR0 VIRTIO "<backend vhost='/dev/null/virt-netboot'/>") /* */
	NIC("user", 7, VIRTIO)                                                   /* */
	NIC("direct", 8, "<source dev='p0' mode='vepa'/>" VIRTIO)                /* */
	"<interface type='bridge'>" BR0 VIRTIO "</interface></devices></domain>";

#define NET " 52:54:00:00:00:01"
#define BRIDGE " 52:54:00:00:00:02"
#define DIRECT " 52:54:00:00:00:03"

/* DHCP servers everywhere, and nothing that completes. */
static const struct fake_host bare = {
	.bridges =
		{
			{.state = {.name = "virbr1", .kind = BRIDGE_LINUX},
				.dhcp_server = {true, false}},
			{.state = {.name = "br0", .kind = BRIDGE_LINUX},
				.dhcp_server = {true, false}},
			{.state = {.name = "host0", .kind = BRIDGE_MACVLAN},
				.lower = "p0",
				.dhcp_server = {true, false}},
		},
	.vhost_net = true,
};

/* Check which interfaces of the guest in @xml are to be rewritten on fake_host. */
static void check(const char *xml, const struct policy *policy, const char *wanted)
{
	xmlDoc *doc = xml_parse("XML", xml, strlen(xml));
	struct diagnosis guest;

	assert_non_null(doc);
	assert_int_equal(
		diagnose_guest(&guest, EVENT_GUEST_ARRIVE, xmlDocGetRootElement(doc), policy), 0);
	while (diagnose_next(&guest))
		;
	char *list = answer_interfaces(&guest.plan);
	assert_string_equal(list, wanted);
	/* Nothing else is done, and each comes with its reason; none is one to refuse the guest. */
	assert_int_equal(guest.plan.action_count, guest.plan.finding_count);
	for (size_t i = 0; i < guest.plan.finding_count; i++) {
		assert_string_equal(guest.plan.findings[i].slug, "vhost-exposed");
		assert_false(plan_is_reason_to_refuse(&guest.plan.findings[i]));
	}
	free(list);
	diagnosis_clear(&guest);
	xmlFreeDoc(doc);
}

static void check_with(enum checksum_mechanism mechanism, const char *wanted)
{
	struct policy policy = policy_defaults();

	policy.mechanism = mechanism;
	check(guest_xml, &policy, wanted);
}

static void test_exposed(void **state)
{
	(void)state;
	fake_host = bare;
	check_with(MECHANISM_AUTO, NET BRIDGE DIRECT);
}

static void test_not_served_by_vhost(void **state)
{
	const struct policy policy = policy_defaults();

	(void)state;
	fake_host = bare;
	char *emulated = alloc_format("<domain type='qemu'>%s", strstr(guest_xml, "<name>"));
	check(emulated, &policy, "");
	free(emulated);
	fake_host.vhost_net = false;
	check_with(MECHANISM_AUTO, "");
}

static void test_switched_off(void **state)
{
	struct policy policy = policy_defaults();

	(void)state;
	fake_host = bare;
	check_with(MECHANISM_NONE, "");
	policy.rewrite = false;
	check(guest_xml, &policy, "");
}

/* What the host can fill by the mechanism that is configured needs no other driver. */
static void test_host_can_fill(void **state)
{
	(void)state;
	fake_host = bare;
	fake_host.filter_supported = true;
	check_with(MECHANISM_AUTO, "");
	check_with(MECHANISM_TC, "");
	check_with(MECHANISM_IPTABLES, NET BRIDGE DIRECT);

	fake_host = bare;
	fake_host.support = (struct rule_support){.table = true, .target = true};
	check_with(MECHANISM_AUTO, "");
	check_with(MECHANISM_IPTABLES, "");
	check_with(MECHANISM_TC, NET BRIDGE DIRECT);

	fake_host = bare;
	check_with(MECHANISM_ETHTOOL, DIRECT);
}

/* What is filled already; the network's bridge may be any that has a server. */
static void test_covered(void **state)
{
	(void)state;
	fake_host = bare;
	fake_host.bridges[1].fill[IPV4].others = FILL_DHCP;
	check_with(MECHANISM_AUTO, NET DIRECT);

	fake_host.bridges[0].filter.others[IPV4] = FILL_DHCP;
	check_with(MECHANISM_AUTO, DIRECT);

	fake_host.bridges[2].fill[IPV4].ours = FILL_UDP;
	check_with(MECHANISM_AUTO, "");

	/* A server that is bound to no device makes no difference to what is filled. */
	fake_host.dhcp_anywhere = true;
	check_with(MECHANISM_AUTO, "");
	fake_host.support = (struct rule_support){.table = true, .target = true};
	check_with(MECHANISM_IPTABLES, "");

	fake_host = bare;
	fake_host.bridges[0].tx_checksum_off = true;
	check_with(MECHANISM_AUTO, NET BRIDGE DIRECT);
}

/* The guest's macvtap is going to be beside the macvlan that the XML names. */
static void test_on_a_macvlan(void **state)
{
	const struct policy policy = policy_defaults();

	(void)state;
	fake_host = bare;
	check("<domain type='kvm'><devices>" NIC("direct", 3,
		      "<source dev='host0' mode='bridge'/>" VIRTIO) "</devices></domain>",
		&policy, DIRECT);
}

static void test_no_server(void **state)
{
	(void)state;
	fake_host = bare;
	for (size_t i = 0; i < 3; i++)
		fake_host.bridges[i].dhcp_server[IPV4] = false;
	fake_host.bridges[0].dhcp_server[IPV6] = true;
	check_with(MECHANISM_AUTO, "");

	fake_host.bridges[1].dhcp_server[IPV4] = true;
	check_with(MECHANISM_AUTO, NET BRIDGE);

	/* One that is bound to nothing is behind every bridge, known or not. */
	fake_host = (struct fake_host){.vhost_net = true, .dhcp_anywhere = true};
	check_with(MECHANISM_AUTO, NET);
	fake_host.support = (struct rule_support){.table = true, .target = true};
	check_with(MECHANISM_AUTO, "");
}

/* A host that does not answer is no reason to change a guest. */
static void test_unknown(void **state)
{
	(void)state;
	fake_host = bare;
	fake_host.get_error = -5;
	check_with(MECHANISM_AUTO, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exposed),
		cmocka_unit_test(test_not_served_by_vhost),
		cmocka_unit_test(test_switched_off),
		cmocka_unit_test(test_host_can_fill),
		cmocka_unit_test(test_covered),
		cmocka_unit_test(test_on_a_macvlan),
		cmocka_unit_test(test_no_server),
		cmocka_unit_test(test_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
