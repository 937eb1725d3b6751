// SPDX-License-Identifier: GPL-2.0-or-later
/* What decides: each policy on each state of a bridge, and the four conditions of the checksum. */
#include "test.h"

#include "undo.h"
#include "whole_plan.h"

#include <errno.h>

static const struct bridge_facts holding = {
	.asked = "br0",
	.state = {.name = "br0",
		.kind = BRIDGE_LINUX,
		.ifindex = 7,
		.stp = STP_KERNEL,
		.forward_delay = 1500,
		.is_root = true,
		.root = "8000.525400000001",
		.ports_known = true,
		.other_ports = 0},
};

/* Plan for one interface of type @type on a bridge in a given state; the first finding's slug, or
 * "none". *@action gets the kind of the first action, or -1. */
static const char *plan_for(const struct bridge_facts *bridge, enum nic_type type,
	enum hold_policy hold, int *action, char *slug, size_t size)
{
	struct bridge_facts copy = *bridge;
	struct guest_nic nic = {.type = type, .bridge = "br0"};
	struct guest guest = {.nics = &nic, .nic_count = 1};
	struct host_facts facts = {.bridges = &copy, .bridge_count = 1};
	struct policy policy = policy_defaults();
	struct plan plan;

	policy.hold = hold;
	plan_guest(&plan, EVENT_GUEST_PREPARE, &guest, &facts, &policy);
	snprintf(slug, size, "%s", plan.finding_count ? plan.findings[0].slug : "none");
	*action = plan.action_count ? (int)plan.actions[0].kind : -1;
	assert_true(plan.finding_count <= 1);
	assert_true(plan.action_count <= 1);
	if (plan.action_count && plan.actions[0].kind == ACTION_SET_FORWARD_DELAY) {
		assert_int_equal(plan.actions[0].ifindex, 7);
		assert_int_equal(plan.actions[0].delay_before, bridge->state.forward_delay);
		assert_int_equal(plan.actions[0].delay, 200);
	}
	plan_clear(&plan);
	return slug;
}

static void check_hold(const struct bridge_facts *bridge, enum nic_type type, enum hold_policy hold,
	const char *wanted_slug, int wanted_action)
{
	char slug[64];
	int action;

	assert_string_equal(plan_for(bridge, type, hold, &action, slug, sizeof(slug)), wanted_slug);
	assert_int_equal(action, wanted_action);
}

static void test_hold_root(void **state)
{
	(void)state;
	check_hold(&holding, NIC_BRIDGE, HOLD_AUTO, "none", -1);
	check_hold(&holding, NIC_NETWORK, HOLD_AUTO, "bridge-hold", ACTION_SET_FORWARD_DELAY);
	check_hold(&holding, NIC_BRIDGE, HOLD_EDGE, "none", -1);
	check_hold(&holding, NIC_NETWORK, HOLD_EDGE, "none", -1);
	check_hold(&holding, NIC_BRIDGE, HOLD_MIN_DELAY, "bridge-hold", ACTION_SET_FORWARD_DELAY);
	check_hold(&holding, NIC_BRIDGE, HOLD_STP_OFF, "bridge-hold", ACTION_STP_OFF);
	check_hold(&holding, NIC_BRIDGE, HOLD_REPORT, "bridge-hold", -1);
}

static void test_hold_several_networks(void **state)
{
	struct bridge_facts bridge = holding;

	(void)state;
	bridge.state.other_ports = 1;
	check_hold(&bridge, NIC_BRIDGE, HOLD_AUTO, "none", -1);
	check_hold(&bridge, NIC_NETWORK, HOLD_AUTO, "bridge-hold", ACTION_SET_FORWARD_DELAY);
	check_hold(&bridge, NIC_BRIDGE, HOLD_MIN_DELAY, "bridge-hold", ACTION_SET_FORWARD_DELAY);
	check_hold(&bridge, NIC_BRIDGE, HOLD_STP_OFF, "bridge-hold", ACTION_STP_OFF);

	bridge.state.other_ports = 2;
	check_hold(&bridge, NIC_BRIDGE, HOLD_AUTO, "none", -1);
	check_hold(&bridge, NIC_NETWORK, HOLD_AUTO, "bridge-hold", ACTION_SET_FORWARD_DELAY);
	check_hold(&bridge, NIC_BRIDGE, HOLD_MIN_DELAY, "bridge-hold", ACTION_SET_FORWARD_DELAY);
	check_hold(&bridge, NIC_BRIDGE, HOLD_STP_OFF, "bridge-multi-network", -1);
	check_hold(&bridge, NIC_NETWORK, HOLD_STP_OFF, "bridge-multi-network", -1);

	/* Ports that could not be read may be any number. */
	bridge.state.other_ports = 0;
	bridge.state.ports_known = false;
	check_hold(&bridge, NIC_BRIDGE, HOLD_STP_OFF, "bridge-multi-network", -1);
}

static void test_hold_not_root(void **state)
{
	struct bridge_facts bridge = holding;

	(void)state;
	bridge.state.is_root = false;
	check_hold(&bridge, NIC_BRIDGE, HOLD_AUTO, "none", -1);
	check_hold(&bridge, NIC_NETWORK, HOLD_AUTO, "none", -1);
	check_hold(&bridge, NIC_NETWORK, HOLD_MIN_DELAY, "bridge-hold-not-root", -1);
	check_hold(&bridge, NIC_BRIDGE, HOLD_STP_OFF, "bridge-hold", ACTION_STP_OFF);
	check_hold(&bridge, NIC_BRIDGE, HOLD_REPORT, "bridge-hold", -1);
	bridge.state.other_ports = 2;
	check_hold(&bridge, NIC_BRIDGE, HOLD_STP_OFF, "bridge-multi-network", -1);
}

/* The guest's port is there and waits for the old delay: the repair is for later ones. */
static void test_hold_too_late(void **state)
{
	char network[] = "net";
	struct guest_nic nic = {.type = NIC_NETWORK, .network = network, .bridge = "br0"};
	struct guest guest = {.nics = &nic, .nic_count = 1};
	struct bridge_facts bridge = holding;
	struct host_facts facts = {.bridges = &bridge, .bridge_count = 1};
	struct policy policy = policy_defaults();
	struct plan plan;

	(void)state;
	policy.hold = HOLD_MIN_DELAY;
	plan_guest(&plan, EVENT_GUEST_START, &guest, &facts, &policy);
	assert_int_equal(plan.action_count, 1);
	assert_int_equal(plan.finding_count, 1);
	assert_non_null(strstr(plan.findings[0].evidence, "too late for this one"));
	assert_true(plan_is_unrepaired(&plan, &plan.findings[0]));
	assert_true(plan_is_reason_to_refuse(&plan.findings[0]));
	plan_clear(&plan);
}

/* So it is as long as the port waits. One that forwards since long ago lacks nothing. */
static void test_hold_not_too_late(void **state)
{
	static const enum port_state states[] = {PORT_LISTENING, PORT_FORWARDING, PORT_DISABLED};
	char network[] = "net";
	struct guest_nic nic = {
		.type = NIC_NETWORK, .network = network, .bridge = "br0", .target = "vnet0"};
	struct guest guest = {.nics = &nic, .nic_count = 1};
	struct bridge_facts bridge = holding;
	struct port_facts port = {.port = {.name = "vnet0"}};
	struct host_facts facts = {
		.bridges = &bridge, .bridge_count = 1, .ports = &port, .port_count = 1};
	struct policy policy = policy_defaults();
	struct plan plan;

	(void)state;
	policy.hold = HOLD_MIN_DELAY;
	for (size_t i = 0; i < 3; i++) {
		port.port.state = states[i];
		plan_guest(&plan, EVENT_GUEST_RECONNECT, &guest, &facts, &policy);
		assert_int_equal(plan.action_count, 1);
		assert_int_equal(plan.finding_count, 1);
		assert_int_equal(
			strstr(plan.findings[0].evidence, "too late for this one") != NULL, i == 0);
		assert_int_equal(plan_is_unrepaired(&plan, &plan.findings[0]), i == 0);
		plan_clear(&plan);
	}
}

static void test_unreadable_ports_refuse_nobody(void **state)
{
	struct guest_nic nic = {.type = NIC_BRIDGE, .bridge = "br0"};
	struct guest guest = {.nics = &nic, .nic_count = 1};
	struct bridge_facts bridge = holding;
	struct host_facts facts = {.bridges = &bridge, .bridge_count = 1};
	struct policy policy = policy_defaults();
	struct plan plan;

	(void)state;
	policy.hold = HOLD_STP_OFF;
	bridge.state.ports_known = false;
	plan_guest(&plan, EVENT_GUEST_PREPARE, &guest, &facts, &policy);
	assert_int_equal(plan.action_count, 0);
	assert_int_equal(plan.finding_count, 1);
	assert_int_equal(plan.findings[0].severity, SEVERITY_WARNING);
	assert_false(plan_is_reason_to_refuse(&plan.findings[0]));
	plan_clear(&plan);
}

static void test_no_hold(void **state)
{
	struct bridge_facts bridge = holding;

	(void)state;
	bridge.state.forward_delay = 200;
	check_hold(&bridge, NIC_NETWORK, HOLD_AUTO, "none", -1);
	bridge.state.forward_delay = 201;
	check_hold(&bridge, NIC_NETWORK, HOLD_AUTO, "bridge-hold", ACTION_SET_FORWARD_DELAY);
	bridge.state.forward_delay = 1500;
	bridge.state.stp = STP_OFF;
	check_hold(&bridge, NIC_BRIDGE, HOLD_STP_OFF, "none", -1);
	bridge.state.stp = STP_USER;
	check_hold(&bridge, NIC_BRIDGE, HOLD_STP_OFF, "none", -1);
}

/* The plan for a guest's port, as short as "FINDING ACTION ...". */
static const char *port_plan(
	const struct port_facts *port, const struct policy *policy, bool program)
{
	static const char *const names[] = {
		[ACTION_BPDU_GUARD] = "guard",
		[ACTION_EDGE_PORT] = "edge",
		[ACTION_WATCH_PORT] = "watch",
	};
	static char text[128];
	struct guest_nic nic = {.type = NIC_ETHERNET, .target = "vnet3"};
	struct guest guest = {.nics = &nic, .nic_count = 1};
	struct port_facts copy = *port;
	struct host_facts facts = {.ports = &copy, .port_count = 1, .stp_program = program};
	struct plan plan;

	plan_guest(&plan, EVENT_GUEST_START, &guest, &facts, policy);
	assert_true(plan.finding_count <= 1);
	snprintf(text, sizeof(text), "%s", plan.finding_count ? plan.findings[0].slug : "none");
	for (size_t i = 0; i < plan.action_count; i++) {
		snprintf(text + strlen(text), sizeof(text) - strlen(text), " %s",
			names[plan.actions[i].kind]);
		assert_string_equal(plan.actions[i].port, "vnet3");
		assert_int_equal(plan.actions[i].port_ifindex, 9);
		assert_int_equal(plan.actions[i].ifindex, 7);
	}
	if (plan.finding_count) {
		assert_string_equal(plan.findings[0].port, "vnet3");
		assert_string_equal(plan.findings[0].bridge, "br0");
	}
	plan_clear(&plan);
	return text;
}

static struct port_facts held_port(void)
{
	return (struct port_facts){
		.port = {.name = "vnet3", .ifindex = 9, .bridge = 7, .state = PORT_LISTENING},
		.bridge = holding.state,
	};
}

static void test_edge_by_state(void **state)
{
	struct policy policy = policy_defaults();
	struct port_facts port = held_port();

	(void)state;
	assert_string_equal(port_plan(&port, &policy, false), "bridge-hold edge");
	port.port.state = PORT_LEARNING;
	port.bridge.is_root = false;
	port.bridge.other_ports = 5;
	assert_string_equal(port_plan(&port, &policy, false), "bridge-hold edge");
	port.bridge.forward_delay = FORWARD_DELAY_MIN; /* no fault, and still quicker */
	assert_string_equal(port_plan(&port, &policy, false), "none edge");
	port.port.state = PORT_FORWARDING;
	assert_string_equal(port_plan(&port, &policy, false), "none");
	port.port.state = PORT_DISABLED; /* it comes up later */
	assert_string_equal(port_plan(&port, &policy, false), "none watch");
	assert_string_equal(port_plan(&port, &policy, true), "none");
	port.bridge.down = true;
	assert_string_equal(port_plan(&port, &policy, false), "bridge-down watch");
	port.bridge.down = false;
	port.port.state = PORT_BLOCKING;
	assert_string_equal(port_plan(&port, &policy, false), "port-blocked");
	policy.bpdu_guard = true; /* would shut the port down */
	assert_string_equal(port_plan(&port, &policy, false), "port-blocked");
}

static void test_edge_by_policy(void **state)
{
	struct policy policy = policy_defaults();
	struct port_facts port = held_port();

	(void)state;
	policy.hold = HOLD_EDGE;
	assert_string_equal(port_plan(&port, &policy, false), "bridge-hold edge");
	for (policy.hold = HOLD_MIN_DELAY; policy.hold <= HOLD_REPORT; policy.hold++) {
		policy.bpdu_guard = false;
		assert_string_equal(port_plan(&port, &policy, false), "none");
		policy.bpdu_guard = true;
		assert_string_equal(port_plan(&port, &policy, false), "none guard");
	}
	policy.hold = HOLD_AUTO;
	assert_string_equal(port_plan(&port, &policy, false), "bridge-hold guard edge");
	port.port.bpdu_guard = true;
	assert_string_equal(port_plan(&port, &policy, false), "bridge-hold edge");
}

static void test_edge_by_stp(void **state)
{
	struct policy policy = policy_defaults();
	struct port_facts port = held_port();

	(void)state;
	policy.bpdu_guard = true;
	assert_string_equal(port_plan(&port, &policy, true), "stp-user-space guard");
	port.bridge.stp = STP_USER;
	assert_string_equal(port_plan(&port, &policy, false), "stp-user-space");
	port.port.state = PORT_FORWARDING;
	assert_string_equal(port_plan(&port, &policy, false), "none");
	port.port.state = PORT_LISTENING;
	/* What is still to be waited for is that of a bridge that had STP on. */
	port.bridge.stp = STP_OFF;
	assert_string_equal(port_plan(&port, &policy, false), "bridge-hold");
	port.bridge.forward_delay = 2 * FORWARD_DELAY_MIN;
	port.port.forward_timer = 0;
	assert_string_equal(port_plan(&port, &policy, false), "none");
	port.port.forward_timer = 1;
	port.bridge.stp = STP_KERNEL;
	port.bridge.forward_delay = FORWARD_DELAY_MIN;
	policy = policy_defaults();
	policy.hold = HOLD_MIN_DELAY;
	assert_string_equal(port_plan(&port, &policy, false), "none");
	port.port.forward_timer = 300;
	assert_string_equal(port_plan(&port, &policy, false), "bridge-hold");
	assert_string_equal(port_plan(&port, &policy, true), "none");
}

/* A port that no program's STP may hold is a reason to refuse, if it is held for long. */
static void test_edge_refusal(void **state)
{
	struct guest_nic nic = {.type = NIC_BRIDGE, .target = "vnet3"};
	struct guest guest = {.nics = &nic, .nic_count = 1};
	struct port_facts port = held_port();
	struct host_facts facts = {.ports = &port, .port_count = 1, .stp_program = true};
	const struct policy policy = policy_defaults();
	struct plan plan;

	(void)state;
	plan_guest(&plan, EVENT_GUEST_START, &guest, &facts, &policy);
	assert_true(plan_is_reason_to_refuse(&plan.findings[0]));
	plan_clear(&plan);

	facts.ports[0].bridge.forward_delay = FORWARD_DELAY_MIN;
	plan_guest(&plan, EVENT_GUEST_START, &guest, &facts, &policy);
	assert_false(plan_is_reason_to_refuse(&plan.findings[0]));
	plan_clear(&plan);

	facts.stp_program = false;
	facts.ports[0].bridge.forward_delay = 1500;
	plan_guest(&plan, EVENT_GUEST_START, &guest, &facts, &policy);
	assert_false(plan_is_reason_to_refuse(&plan.findings[0]));
	plan.actions[0].result = -EINPROGRESS; /* a watcher's business now */
	assert_true(plan_is_deferred(&plan.actions[0]));
	assert_false(plan_is_unrepaired(&plan, &plan.findings[0]));
	plan.actions[0].result = -EBUSY;
	assert_true(plan_is_unrepaired(&plan, &plan.findings[0]));
	assert_false(plan_is_reason_to_refuse(&plan.findings[0]));
	plan_clear(&plan);
}

/* How a network's port is planned for, as the port's first action or -1. */
static int network_port_plan(const struct bridge_facts *bridge, const struct port_facts *port,
	const char *mac, enum hold_policy hold)
{
	struct network network = {.bridge = "br0"};
	struct bridge_facts bridge_copy = *bridge;
	struct port_facts port_copy = *port;
	struct host_facts facts = {
		.bridges = &bridge_copy,
		.bridge_count = 1,
		.ports = &port_copy,
		.port_count = *port->port.name ? 1 : 0,
	};
	struct policy policy = policy_defaults();
	struct plan plan;

	policy.hold = hold;
	memcpy(network.port.mac, mac, strlen(mac) + 1);
	plan_network(&plan, EVENT_NETWORK_ACTIVE, &network, &facts, &policy);
	int kind = -1;
	for (size_t i = 0; i < plan.action_count; i++) {
		if (plan.actions[i].kind == ACTION_EDGE_PORT ||
			plan.actions[i].kind == ACTION_WATCH_PORT)
			kind = (int)plan.actions[i].kind;
		if (kind == ACTION_WATCH_PORT)
			assert_memory_equal(
				plan.actions[i].port_mac, "\xfe\x54\x00\x01\x02\xff", MAC_SIZE);
	}
	plan_clear(&plan);
	return kind;
}

static void test_network_port(void **state)
{
	static const char mac[] = "52:54:00:01:02:Ff";
	const struct port_facts none = {0};
	struct port_facts port = held_port();
	struct bridge_facts bridge = holding;

	(void)state;
	assert_int_equal(network_port_plan(&bridge, &none, mac, HOLD_AUTO), ACTION_WATCH_PORT);
	assert_int_equal(network_port_plan(&bridge, &none, mac, HOLD_EDGE), ACTION_WATCH_PORT);
	assert_int_equal(network_port_plan(&bridge, &none, mac, HOLD_MIN_DELAY), -1);
	assert_int_equal(
		network_port_plan(&bridge, &none, "", HOLD_AUTO), -1); /* no port's event */
	assert_int_equal(network_port_plan(&bridge, &port, mac, HOLD_AUTO), ACTION_EDGE_PORT);
	port.port.state = PORT_FORWARDING;
	assert_int_equal(network_port_plan(&bridge, &port, mac, HOLD_AUTO), -1);
	bridge.state.stp = STP_OFF;
	assert_int_equal(network_port_plan(&bridge, &none, mac, HOLD_AUTO), -1);
}

static void test_tap_mac(void **state)
{
	unsigned char mac[MAC_SIZE];

	(void)state;
	assert_true(tap_mac("52:54:00:12:34:56", mac));
	assert_memory_equal(mac, "\xfe\x54\x00\x12\x34\x56", MAC_SIZE);
	assert_true(tap_mac("fe:54:00:12:34:56", mac));
	assert_memory_equal(mac, "\xfa\x54\x00\x12\x34\x56", MAC_SIZE);
	assert_false(tap_mac("", mac));
	assert_false(tap_mac("52:54:00:12:34", mac));
	assert_false(tap_mac("::::::::::::::::", mac));
	assert_false(tap_mac("52:54:00:12:34:5:", mac));
}

static void test_other_devices(void **state)
{
	struct bridge_facts bridge = holding;

	(void)state;
	bridge.state.kind = BRIDGE_ABSENT;
	check_hold(&bridge, NIC_BRIDGE, HOLD_STP_OFF, "bridge-absent", -1);
	bridge.state.kind = BRIDGE_OPENVSWITCH;
	check_hold(&bridge, NIC_BRIDGE, HOLD_STP_OFF, "bridge-openvswitch", -1);
	bridge.state.kind = BRIDGE_NOT_A_BRIDGE;
	check_hold(&bridge, NIC_BRIDGE, HOLD_STP_OFF, "not-a-bridge", -1);
}

/* The first finding about a bridge that the XML calls one of Open vSwitch; whatever libvirt's own
 * bridges are. */
static void check_openvswitch(enum bridge_kind kind, const char *wanted)
{
	struct bridge_facts bridge = {.asked = "ovs0", .state = {.name = "ovs0", .kind = kind}};
	struct guest_nic nic = {.type = NIC_BRIDGE, .bridge = "ovs0", .openvswitch = true};
	const struct guest guest = {.nics = &nic, .nic_count = 1};
	const struct network network = {
		.forward = FORWARD_BRIDGE, .bridge = "ovs0", .openvswitch = true};
	const struct host_facts facts = {.bridges = &bridge, .bridge_count = 1};
	const struct policy policy = policy_defaults();
	struct plan plan;

	plan_guest(&plan, EVENT_GUEST_PREPARE, &guest, &facts, &policy);
	assert_string_equal(plan.finding_count ? plan.findings[0].slug : "none", wanted);
	plan_clear(&plan);
	plan_network(&plan, EVENT_NETWORK_ACTIVE, &network, &facts, &policy);
	assert_string_equal(plan.finding_count ? plan.findings[0].slug : "none", wanted);
	plan_clear(&plan);
}

static void test_openvswitch(void **state)
{
	(void)state;
	check_openvswitch(BRIDGE_ABSENT, "bridge-openvswitch");
	check_openvswitch(BRIDGE_OPENVSWITCH, "bridge-openvswitch");
	check_openvswitch(BRIDGE_NOT_A_BRIDGE, "bridge-openvswitch");
	check_openvswitch(BRIDGE_LINUX, "none"); /* the kernel knows better */
}

/* A guest that is exposed by all four conditions, and what a test changes about it. */
struct exposure {
	struct bridge_facts bridge;
	struct guest_nic nic;
	struct guest guest;
	struct host_facts facts;
	struct policy policy;
	char model[32];
};

static void expose(struct exposure *exposure)
{
	*exposure = (struct exposure){
		.bridge = {.asked = "br0",
			.state = {.name = "br0", .kind = BRIDGE_LINUX, .ifindex = 7},
			.dhcp_server = {true, false}},
		.nic = {.type = NIC_BRIDGE, .bridge = "br0"},
		.guest = {.kvm = true, .nic_count = 1},
		.facts = {.bridge_count = 1,
			.vhost_net = true,
			.fill_known = {true, true},
			.fill = {{true, true, true, false}, {true, true, true, false}}},
		.policy = policy_defaults(),
		.model = "virtio",
	};
}

/* "SLUG", or "SLUG: SCOPE" where a rule is to be added; protected ones also with the reason. */
static void check_exposure(struct exposure *exposure, const char *wanted)
{
	struct plan plan;
	char got[256];

	exposure->nic.model = exposure->model;
	exposure->guest.nics = &exposure->nic;
	exposure->facts.bridges = &exposure->bridge;
	plan_guest(
		&plan, EVENT_GUEST_PREPARE, &exposure->guest, &exposure->facts, &exposure->policy);
	assert_int_equal(plan.finding_count, 1);
	const struct finding *finding = &plan.findings[0];
	if (plan.action_count)
		snprintf(got, sizeof(got), "%s: %s", finding->slug,
			plan.actions[0].scope == FILL_UDP ? "udp" : "dhcp");
	else
		snprintf(got, sizeof(got), "%s: %s", finding->slug, finding->evidence);
	assert_int_equal(strncmp(got, wanted, strlen(wanted)), 0);
	plan_clear(&plan);
	expose(exposure);
}

static void test_four_conditions(void **state)
{
	struct exposure guest;

	(void)state;
	expose(&guest);
	check_exposure(&guest, "vhost-exposed: dhcp");
	strcpy(guest.model, "virtio-non-transitional");
	check_exposure(&guest, "vhost-exposed: dhcp");

	strcpy(guest.model, "e1000");
	check_exposure(&guest, "checksum-protected: its model is e1000, not virtio");
	guest.nic.guest_csum_off = true;
	check_exposure(&guest, "checksum-protected: it takes no partial checksums");
	guest.facts.vhost_net = false;
	check_exposure(&guest, "checksum-protected: vhost-net is not used");
	guest.guest.kvm = false;
	check_exposure(&guest, "checksum-protected: vhost-net is not used");
	guest.nic.backend = BACKEND_QEMU;
	check_exposure(&guest, "checksum-protected: vhost-net is not used");
	guest.nic.backend = BACKEND_VHOST;
	check_exposure(&guest, "vhost-exposed: dhcp");
	guest.bridge.dhcp_server[IPV4] = guest.facts.fill[IPV4].in_use = false;
	check_exposure(&guest, "checksum-protected: no DHCP server is seen");
	guest.bridge.fill[IPV4].ours = FILL_DHCP;
	check_exposure(&guest, "checksum-protected: our CHECKSUM rule");
	guest.bridge.fill[IPV4].others = FILL_UDP;
	check_exposure(&guest, "checksum-protected: another program's CHECKSUM rule");
}

static void test_netboot_needs_all_udp(void **state)
{
	struct exposure guest;

	(void)state;
	expose(&guest);
	guest.guest.boot_network = true;
	check_exposure(&guest, "vhost-exposed: udp");
	guest.nic.boot_order = 1;
	check_exposure(&guest, "vhost-exposed: udp");
	guest.nic.boot_order = 1;
	guest.bridge.fill[IPV4].others = FILL_DHCP;
	check_exposure(&guest, "vhost-exposed: udp");
	/* QEMU completes DHCP replies only. */
	guest.nic.boot_order = 1;
	guest.facts.vhost_net = false;
	check_exposure(&guest, "checksum-tftp-unfilled: udp");
	guest.nic.boot_order = 1;
	guest.policy.scope = SCOPE_DHCP;
	check_exposure(&guest, "vhost-exposed: dhcp");
	guest.policy.scope = SCOPE_UDP;
	check_exposure(&guest, "vhost-exposed: udp");
}

static void test_unsupported(void **state)
{
	struct exposure guest;

	(void)state;
	expose(&guest);
	guest.facts.fill[IPV4].table = false;
	check_exposure(&guest,
		"checksum-unsupported: virtio with vhost-net, a DHCP server on this "
		"host, and nothing that completes DHCP checksums; the kernel has neither act_csum "
		"nor the legacy table mangle");
	guest.facts.fill[IPV4].target = false;
	check_exposure(&guest, "checksum-unsupported: ");
}

static void test_mechanism_none(void **state)
{
	struct exposure guest;
	struct plan plan;

	(void)state;
	expose(&guest);
	guest.policy.mechanism = MECHANISM_NONE;
	guest.nic.model = guest.model;
	guest.guest.nics = &guest.nic;
	guest.facts.bridges = &guest.bridge;
	plan_guest(&plan, EVENT_GUEST_PREPARE, &guest.guest, &guest.facts, &guest.policy);
	assert_int_equal(plan.finding_count + plan.action_count, 0);
	plan_clear(&plan);
}

/* Two cards on one bridge: each has its finding, the rule is added once. */
static void test_two_cards(void **state)
{
	struct guest_nic nics[2];
	struct exposure guest;
	struct plan plan;

	(void)state;
	expose(&guest);
	guest.nic.model = guest.model;
	nics[0] = guest.nic;
	nics[1] = guest.nic;
	guest.guest.nics = nics;
	guest.guest.nic_count = 2;
	guest.facts.bridges = &guest.bridge;
	plan_guest(&plan, EVENT_GUEST_PREPARE, &guest.guest, &guest.facts, &guest.policy);
	assert_int_equal(plan.finding_count, 2);
	assert_int_equal(plan.action_count, 1);
	assert_int_equal(plan.findings[1].action, 0);
	assert_false(plan_is_unrepaired(&plan, &plan.findings[1]));
	/* A repair that failed is trouble of our own: said, and no reason to refuse. */
	plan.actions[0].result = -EPERM;
	assert_true(plan_is_unrepaired(&plan, &plan.findings[1]));
	assert_false(plan_is_reason_to_refuse(&plan.findings[1]));
	plan_clear(&plan);
}

static void test_refusal_text(void **state)
{
	const struct guest_nic nic = {.mac = "52:54:00:00:00:01"};
	const struct finding finding = {.guest = "x$(reboot)",
		.nic = &nic,
		.bridge = "br0",
		.evidence = (char[]){"it holds"},
		.cure = (char[]){"let go"}};
	char *text = plan_refusal(&(struct plan){0}, &finding);

	(void)state;
	assert_string_equal(text, "guest 'x$(reboot)' is not started: interface 52:54:00:00:00:01 "
				  "on bridge br0: it holds; cure: let go");
	free(text);
}

static void plan_stopped(struct plan *plan, enum forward_mode forward, unsigned int guest_ports)
{
	struct bridge_facts bridge = {
		.asked = "br0",
		.state = {.name = "br0",
			.kind = BRIDGE_LINUX,
			.ports_known = true,
			.guest_ports = guest_ports},
		.fill = {{.ours = FILL_UDP, .rules = 1, .for_guests = forward == FORWARD_BRIDGE},
			{.others = FILL_DHCP}},
	};
	const struct network network = {.forward = forward, .bridge = "br0"};
	const struct host_facts facts = {.bridges = &bridge, .bridge_count = 1};
	const struct policy policy = policy_defaults();

	plan_network(plan, EVENT_NETWORK_STOPPED, &network, &facts, &policy);
}

static void test_stopped(void **state)
{
	struct plan plan;

	(void)state;
	plan_stopped(&plan, FORWARD_NAT, 1);
	assert_int_equal(plan.action_count, 1);
	assert_int_equal(plan.actions[0].family, IPV4);
	assert_int_equal(plan.actions[0].scope, FILL_NONE);
	plan_clear(&plan);
	plan_stopped(&plan, FORWARD_BRIDGE, 0);
	assert_int_equal(plan.action_count, 1);
	plan_clear(&plan);
	/* Guests that are on the host's bridge without this network still need the rule. */
	plan_stopped(&plan, FORWARD_BRIDGE, 1);
	assert_int_equal(plan.action_count, 0);
	plan_clear(&plan);
}

/* What it was before; STP, and what cannot be read, only with a word. A zone alone is the
 * command's. */
static void test_undo(void **state)
{
	struct device_facts devices[] = {
		{.name = "br0",
			.ifindex = 7,
			.is_bridge = true,
			.delay = 200,
			.delay_before = 1500},
		{.name = "br1", .ifindex = 8, .is_bridge = true, .stp_off_ours = true},
		{.name = "br2", .ifindex = 9, .is_bridge = true, .zone = {.set = "libvirt"}},
		{.name = "br3",
			.ifindex = 10,
			.is_bridge = true,
			.delay = 2000,
			.delay_before = 1500,
			.delay_hidden = true},
	};
	struct host_facts facts = {.devices = devices, .device_count = 4};
	struct plan plan;

	(void)state;
	plan_undo(&plan, &facts);
	assert_int_equal(plan.action_count, 1);
	assert_int_equal(plan.actions[0].kind, ACTION_SET_FORWARD_DELAY);
	assert_int_equal(plan.actions[0].ifindex, 7);
	assert_int_equal(plan.actions[0].delay_before, 200);
	assert_int_equal(plan.actions[0].delay, 1500);
	assert_int_equal(plan.finding_count, 2);
	assert_string_equal(plan.findings[0].slug, "stp-left-off");
	assert_string_equal(plan.findings[0].bridge, "br1");
	assert_string_equal(plan.findings[0].cure, "ip link set dev br1 type bridge stp_state 1");
	/* To set what cannot be read could overwrite another's. */
	assert_string_equal(plan.findings[1].slug, "delay-left");
	assert_string_equal(plan.findings[1].bridge, "br3");
	assert_string_equal(
		plan.findings[1].cure, "ip link set dev br3 type bridge forward_delay 1500");
	plan_clear(&plan);
}

/* A reload that has not ended is neither done nor failed. */
static void test_reload_goes_on(void **state)
{
	struct action action = {.kind = ACTION_RELOAD, .result = -EINPROGRESS};

	(void)state;
	assert_true(plan_is_deferred(&action));
	action.result = -ETIMEDOUT;
	assert_false(plan_is_deferred(&action));
	action.result = 0;
	assert_false(plan_is_deferred(&action));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hold_root),
		cmocka_unit_test(test_hold_several_networks),
		cmocka_unit_test(test_hold_not_root),
		cmocka_unit_test(test_hold_too_late),
		cmocka_unit_test(test_hold_not_too_late),
		cmocka_unit_test(test_unreadable_ports_refuse_nobody),
		cmocka_unit_test(test_no_hold),
		cmocka_unit_test(test_edge_by_state),
		cmocka_unit_test(test_edge_by_policy),
		cmocka_unit_test(test_edge_by_stp),
		cmocka_unit_test(test_edge_refusal),
		cmocka_unit_test(test_network_port),
		cmocka_unit_test(test_tap_mac),
		cmocka_unit_test(test_other_devices),
		cmocka_unit_test(test_openvswitch),
		cmocka_unit_test(test_four_conditions),
		cmocka_unit_test(test_netboot_needs_all_udp),
		cmocka_unit_test(test_unsupported),
		cmocka_unit_test(test_mechanism_none),
		cmocka_unit_test(test_two_cards),
		cmocka_unit_test(test_refusal_text),
		cmocka_unit_test(test_stopped),
		cmocka_unit_test(test_undo),
		cmocka_unit_test(test_reload_goes_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
