// SPDX-License-Identifier: GPL-2.0-or-later
/* Where and how checksums are filled, by what the kernel has and what the policy says. */
#include "test.h"

#include "put_back.h"
#include "whole_plan.h"

/* A guest with one interface, a port for it and a bridge; a test changes what it is about. */
struct situation {
	struct guest_nic nic;
	struct guest guest;
	struct port_facts port;
	struct bridge_facts bridges[2];
	struct host_facts facts;
	struct policy policy;
	enum event_kind kind;
	bool port_is_there;
	char model[32];
	char mode[16];
};

/* A netbooting guest with a virtio card on a bridge of the host's own, whose DHCP server is on this
 * host; the kernel has all there is. */
static struct situation tap(void)
{
	return (struct situation){
		.kind = EVENT_GUEST_START,
		.nic = {.type = NIC_BRIDGE, .bridge = "br0", .target = "vnet0", .boot_order = 1},
		.guest = {.kvm = true, .nic_count = 1},
		.port_is_there = true,
		.port = {.port = {.name = "vnet0", .ifindex = 9, .bridge = 7},
			.filter_known = true},
		.bridges = {{.asked = "br0",
			.state = {.name = "br0", .kind = BRIDGE_LINUX, .ifindex = 7},
			.dhcp_server = {true, false}}},
		.facts = {.bridge_count = 1,
			.vhost_net = true,
			.filter_supported = true,
			.fill_known = {true, true},
			.fill = {{true, true, true, false}, {true, true, true, false}}},
		.policy = policy_defaults(),
		.model = "virtio",
	};
}

/* The same on a macvtap, beside a macvlan of the host's own with a server on it. */
static struct situation macvtap(void)
{
	struct situation s = tap();

	s.nic = (struct guest_nic){.type = NIC_DIRECT, .lower = "eth0", .target = "macvtap0"};
	s.port.port = (struct bridge_port){.name = "macvtap0", .ifindex = 9, .macvtap = true};
	s.bridges[0] = (struct bridge_facts){.lower = "eth0",
		.state = {.name = "host0", .kind = BRIDGE_MACVLAN, .ifindex = 8},
		.dhcp_server = {true, false}};
	strcpy(s.mode, "bridge");
	return s;
}

static const char *action_text(const struct action *action)
{
	static const char *const scopes[] = {"none", "dhcp", "udp"};
	static char text[128];

	switch (action->kind) {
	case ACTION_RULE:
		snprintf(text, sizeof(text), "rule%d %s %s", action->family == IPV4 ? 4 : 6,
			action->bridge, scopes[action->scope]);
		break;
	case ACTION_FILTER:
		snprintf(text, sizeof(text), "%s %s %s",
			action->hook == FILTER_EGRESS ? "egress" : "ingress",
			*action->port ? action->port : action->bridge, scopes[action->scope]);
		break;
	case ACTION_TX_CHECKSUM:
		snprintf(text, sizeof(text), "tx %s %s", action->bridge,
			action->scope == FILL_NONE ? "on" : "off");
		break;
	default:
		snprintf(text, sizeof(text), "other action");
	}
	return text;
}

/* "ACTION, ...; FINDING, ...", without what is for debugging only. */
static void describe(const struct plan *plan, char *text, size_t size)
{
	FILE *file = fmemopen(text, size, "w");
	const char *separator = "";

	for (size_t i = 0; i < plan->action_count; i++) {
		if (plan->actions[i].kind == ACTION_SWEEP)
			continue; /* test_sweep() */
		fprintf(file, "%s%s", separator, action_text(&plan->actions[i]));
		separator = ", ";
	}
	fprintf(file, ";");
	for (size_t i = 0; i < plan->finding_count; i++) {
		if (plan->findings[i].severity != SEVERITY_DEBUG)
			fprintf(file, " %s%s", plan->findings[i].slug,
				plan_is_reason_to_refuse(&plan->findings[i]) ? "!" : "");
	}
	fclose(file);
}

static void check(struct situation s, const char *wanted)
{
	struct plan plan;
	char got[512] = "";

	s.nic.model = s.model;
	s.nic.mode = s.mode;
	s.guest.nics = &s.nic;
	s.facts.bridges = s.bridges;
	s.facts.ports = &s.port;
	s.facts.port_count = s.port_is_there ? 1 : 0;
	plan_guest(&plan, s.kind, &s.guest, &s.facts, &s.policy);
	describe(&plan, got, sizeof(got));
	assert_string_equal(got, wanted);
	plan_clear(&plan);
}

/* What the guest sends is filled at its port, and what this host sends to it at the bridge. */
static void test_tap(void **state)
{
	struct situation s = tap();

	(void)state;
	check(s, "ingress vnet0 udp, egress br0 udp; vhost-exposed");
	s.nic.boot_order = 0;
	check(s, "ingress vnet0 udp, egress br0 dhcp; vhost-exposed");
	s.kind = EVENT_GUEST_RECONNECT;
	check(s, "ingress vnet0 udp, egress br0 dhcp; vhost-exposed");
	s.port.filter.ours[IPV4] = FILL_UDP;
	check(s, "ingress vnet0 udp, egress br0 dhcp; vhost-exposed");
	s.port.filter.others[IPV6] = FILL_UDP;
	check(s, "egress br0 dhcp; vhost-exposed");
	s.bridges[0].filter.ours[IPV4] = s.bridges[0].filter.ours[IPV6] = FILL_DHCP;
	check(s, ";");
	s = tap();
	s.policy.scope = SCOPE_DHCP;
	check(s, "ingress vnet0 dhcp, egress br0 dhcp; vhost-exposed");
}

/* Nothing is known to be wrong: what can be done without harm is done. */
static void test_server_to_come(void **state)
{
	struct situation s = tap();

	(void)state;
	s.bridges[0].dhcp_server[IPV4] = false;
	check(s, "ingress vnet0 udp;"); /* this host cannot be a server there */
	s.bridges[0].has_address = true;
	check(s, "ingress vnet0 udp, egress br0 udp;");
	s.nic.guest_csum_off = true;
	check(s, "ingress vnet0 udp;");
	s.nic.guest_csum_off = false;
	s.facts.filter_supported = s.bridges[0].has_address = false;
	check(s, "rule4 br0 udp;");
	s.kind = EVENT_GUEST_PREPARE;
	check(s, ";");
	s.kind = EVENT_GUEST_START;
	s.facts.fill[IPV4].in_use = false;
	check(s, ";");
	s.policy.mechanism = MECHANISM_ETHTOOL;
	check(s, ";");
}

static void test_tap_at_prepare(void **state)
{
	struct situation s = tap();

	(void)state;
	s.kind = EVENT_GUEST_PREPARE;
	s.port_is_there = false;
	check(s, "egress br0 udp; vhost-exposed");
	s.facts.filter_supported = false;
	check(s, "rule4 br0 udp; vhost-exposed");
	s.facts.fill[IPV4].target = false;
	check(s, "; checksum-unsupported!");
}

/* [checksum] at = receiver. */
static void test_at_receiver(void **state)
{
	struct situation s = tap();

	(void)state;
	s.policy.at = AT_RECEIVER;
	check(s, "egress vnet0 udp; vhost-exposed");
	s.nic.boot_order = 0;
	check(s, "egress vnet0 dhcp; vhost-exposed");
	s.bridges[0].dhcp_server[IPV4] = false; /* it may be a guest's */
	check(s, "egress vnet0 dhcp;");
	s.port.filter.ours[IPV4] = FILL_UDP;
	check(s, "egress vnet0 dhcp;");
	s.port.filter.others[IPV6] = FILL_DHCP;
	check(s, ";");
	s = tap();
	s.policy.at = AT_RECEIVER;
	s.kind = EVENT_GUEST_PREPARE;
	s.port_is_there = false;
	check(s, ";");
}

/* What was put at the other side of the port goes. */
static void test_moved(void **state)
{
	struct situation s = tap();

	(void)state;
	s.port.filter_elsewhere = true;
	check(s, "egress vnet0 none, ingress vnet0 udp, egress br0 udp; vhost-exposed");
	s.policy.at = AT_RECEIVER;
	check(s, "ingress vnet0 none, egress vnet0 udp; vhost-exposed");
}

/* Who sends by a port of a bridge that is no guest's, and what is said of that. */
static void check_outside(enum outside_sender sender, unsigned int guests, const char *wanted)
{
	struct situation s = tap();
	struct plan plan;
	char got[512] = "";

	s.bridges[0].outside = (struct outside_port){"veth1", sender};
	s.bridges[0].state.guest_ports = guests;
	s.facts.bridges = s.bridges;
	plan_outside(&plan, &s.facts);
	describe(&plan, got, sizeof(got));
	assert_string_equal(got, wanted);
	for (size_t i = 0; i < plan.finding_count; i++) {
		assert_int_equal(plan.findings[i].severity, SEVERITY_NOTICE);
		assert_string_equal(plan.findings[i].bridge, "br0");
		assert_string_equal(plan.findings[i].port, "veth1");
		assert_non_null(strstr(plan.findings[i].evidence,
			sender == OUTSIDE_MACHINE ? "virtual machine" : "namespace"));
	}
	plan_clear(&plan);
}

static void test_outside(void **state)
{
	(void)state;
	check_outside(OUTSIDE_NONE, 1, ";");
	check_outside(OUTSIDE_NAMESPACE, 0, ";");
	check_outside(OUTSIDE_NAMESPACE, 1, "; sender-unreached");
	check_outside(OUTSIDE_MACHINE, 1, "; sender-unreached");
}

static size_t sweeps(struct situation s, struct action *sweep)
{
	struct plan plan;
	size_t count = 0;

	s.nic.model = s.model;
	s.guest.nics = &s.nic;
	s.facts.bridges = s.bridges;
	s.facts.ports = &s.port;
	s.facts.port_count = s.port_is_there ? 1 : 0;
	plan_guest(&plan, s.kind, &s.guest, &s.facts, &s.policy);
	for (size_t i = 0; i < plan.action_count; i++) {
		if (plan.actions[i].kind == ACTION_SWEEP) {
			*sweep = plan.actions[i];
			count++;
		}
	}
	plan_clear(&plan);
	return count;
}

static void check_sweep(struct situation s, const struct action *sweep, const char *wanted)
{
	struct plan plan;
	char got[512] = "";

	s.facts.bridges = s.bridges;
	s.facts.ports = &s.port;
	s.facts.port_count = 1;
	plan_sweep(&plan, sweep, &s.facts, &s.policy);
	describe(&plan, got, sizeof(got));
	assert_string_equal(got, wanted);
	plan_clear(&plan);
}

/* What is left to a process of its own: the ports of other guests, and a bridge that has got an
 * address. */
static void test_sweep(void **state)
{
	struct situation s = tap();
	struct action sweep = {0};

	(void)state;
	assert_int_equal(sweeps(s, &sweep), 1);
	assert_int_equal(sweep.ifindex, 7);
	s.bridges[0].dhcp_server[IPV4] = false;
	check_sweep(s, &sweep, "ingress vnet0 udp;");
	s.bridges[0].has_address = true;
	check_sweep(s, &sweep, "egress br0 udp, ingress vnet0 udp;");
	s.bridges[0].fill[IPV4].others = FILL_UDP;
	s.port.filter.ours[IPV4] = s.port.filter.ours[IPV6] = FILL_UDP;
	check_sweep(s, &sweep, ";");
	s.port.filter.misplaced = true;
	check_sweep(s, &sweep, "ingress vnet0 udp;");
	s.port.filter.misplaced = false;
	s.port.filter.shadowed = true;
	check_sweep(s, &sweep, ";");
	s.port.filter.ours[IPV4] = FILL_NONE;
	check_sweep(s, &sweep, "ingress vnet0 udp;");
	s = tap();
	s.port_is_there = false;
	s.kind = EVENT_GUEST_PREPARE;
	assert_int_equal(sweeps(s, &sweep), 0);
	s = tap();
	s.policy.at = AT_RECEIVER;
	assert_int_equal(sweeps(s, &sweep), 0);
	s = tap();
	s.facts.filter_supported = false;
	assert_int_equal(sweeps(s, &sweep), 0);
	s = tap();
	s.policy.mechanism = MECHANISM_NONE;
	assert_int_equal(sweeps(s, &sweep), 0);
}

/* A server on a VLAN of the bridge: where rules are used it takes one of its own. */
static void test_server_above(void **state)
{
	struct situation s = tap();

	(void)state;
	s.facts.bridge_count = 2;
	s.bridges[1] = (struct bridge_facts){.lower = "br0",
		.state = {.name = "br0.100", .kind = BRIDGE_ABOVE, .ifindex = 8},
		.dhcp_server = {true, false}};
	check(s, "ingress vnet0 udp, egress br0 udp; vhost-exposed");
	s.facts.filter_supported = false;
	check(s, "rule4 br0 udp, rule4 br0.100 udp; vhost-exposed");
	s.bridges[1].fill[IPV4].ours = FILL_UDP;
	check(s, "rule4 br0 udp; vhost-exposed");
	strcpy(s.bridges[1].lower, "br1");
	s.bridges[1].fill[IPV4].ours = FILL_NONE;
	check(s, "rule4 br0 udp; vhost-exposed");
}

/* That is nothing to be put back. */
static void test_moved_for_good(void **state)
{
	struct action moved = {
		.kind = ACTION_FILTER, .bridge = "br0", .port = "vnet0", .for_guests = true};
	const struct plan done = {.actions = &moved, .action_count = 1};

	(void)state;
	assert_false(plan_takes_away(&done));
	moved.port[0] = '\0';
	assert_true(plan_takes_away(&done));
}

/* On Open vSwitch, or without a bridge, nobody knows what leads to the port. */
static void test_no_linux_bridge(void **state)
{
	struct situation s = tap();

	(void)state;
	s.port.port.bridge = 0;
	s.port.port.tap = true;
	s.bridges[0].state.kind = BRIDGE_OPENVSWITCH;
	check(s, "egress vnet0 udp;");
	s.nic.type = NIC_ETHERNET;
	s.nic.bridge[0] = '\0';
	s.facts.bridge_count = 0;
	check(s, "egress vnet0 udp;");
	s.kind = EVENT_GUEST_PREPARE;
	s.port_is_there = false;
	check(s, ";");
}

static void check_models(
	struct situation s, const char *with, const char *without, const char *csum_off)
{
	static const char *const partial[] = {"virtio-transitional", "e1000e", "igb", "vmxnet3"};
	static const char *const complete[] = {"e1000", "rtl8139", "ne2k_pci", ""};

	for (size_t i = 0; i < 4; i++) {
		snprintf(s.model, sizeof(s.model), "%s", partial[i]);
		check(s, with);
		snprintf(s.model, sizeof(s.model), "%s", complete[i]);
		check(s, without);
	}
	strcpy(s.model, "virtio");
	s.nic.guest_csum_off = true;
	check(s, csum_off);
}

static void test_models(void **state)
{
	struct situation s = tap();

	(void)state;
	s.policy.at = AT_RECEIVER;
	s.bridges[0].dhcp_server[IPV4] = false;
	check_models(s, "egress vnet0 udp;", ";", ";");
	s.policy.at = AT_SENDER;
	check_models(s, "ingress vnet0 udp;", ";", "ingress vnet0 udp;");
	check_models(macvtap(), "ingress macvtap0 udp;", "ingress macvtap0 udp;", ";");
}

/* At the receiver, on a bridge of libvirt's: what fills the answers of its servers is enough; on
 * one of the host's own nobody knows where the server is. */
static void test_covered(void **state)
{
	struct situation s = tap();

	(void)state;
	s.policy.at = AT_RECEIVER;
	s.bridges[0].fill[IPV4].others = FILL_UDP;
	check(s, "egress vnet0 udp;");
	s.nic.type = NIC_NETWORK;
	check(s, ";");
	s.bridges[0].fill[IPV4].others = FILL_DHCP;
	check(s, "egress vnet0 udp; vhost-exposed");
	s.nic.boot_order = 0;
	check(s, ";");
	s.bridges[0].dhcp_server[IPV6] = true;
	check(s, "egress vnet0 dhcp; vhost-exposed");
	s.bridges[0].filter.others[IPV6] = FILL_DHCP;
	check(s, ";");
	s.bridges[0].dhcp_server[IPV4] = s.bridges[0].dhcp_server[IPV6] = false;
	check(s, "egress vnet0 dhcp;");
	s.bridges[0].tx_checksum_off = true;
	s.bridges[0].dhcp_server[IPV4] = true;
	check(s, ";");
}

/* Somebody's qdisc is where ours would have to be, or the filters could not be read. */
static void test_port_without_filter(void **state)
{
	struct situation s = tap();

	(void)state;
	s.port.filter.blocked = true;
	check(s, "egress br0 udp; vhost-exposed");
	s.bridges[0].filter.blocked = true;
	check(s, "rule4 br0 udp; vhost-exposed");
	s.policy.at = AT_RECEIVER;
	check(s, "rule4 br0 udp; vhost-exposed");
	s.port = tap().port;
	s.port.filter_known = false;
	check(s, ";");
	s.port_is_there = false;
	check(s, ";");
}

/* Another program is before our filter: it is put there, and not relied on. */
static void test_shadowed(void **state)
{
	struct situation s = tap();

	(void)state;
	s.port.filter.shadowed = true;
	check(s, "ingress vnet0 udp, egress br0 udp; filter-shadowed vhost-exposed");
	s.port.filter.ours[IPV4] = s.port.filter.ours[IPV6] = FILL_UDP;
	check(s, "egress br0 udp; filter-shadowed vhost-exposed");
	s.policy.at = AT_RECEIVER;
	check(s, "egress br0 udp; filter-shadowed vhost-exposed");
	s = tap();
	s.bridges[0].filter.shadowed = true;
	check(s, "ingress vnet0 udp, egress br0 udp, rule4 br0 udp; vhost-exposed");
	s.bridges[0].filter.ours[IPV4] = s.bridges[0].filter.ours[IPV6] = FILL_UDP;
	check(s, "ingress vnet0 udp, rule4 br0 udp; vhost-exposed");
	s.bridges[0].fill[IPV4].ours = FILL_UDP;
	check(s, "ingress vnet0 udp;");
	s.bridges[0].fill[IPV4].ours = FILL_NONE;
	s.policy.mechanism = MECHANISM_TC;
	check(s, "ingress vnet0 udp; filter-shadowed!");
	s.bridges[0].dhcp_server[IPV4] = false;
	s.bridges[0].has_address = true;
	check(s, "ingress vnet0 udp; filter-shadowed");
	s = macvtap();
	s.port.filter.shadowed = true;
	check(s, "rule4 host0 udp, ingress macvtap0 udp; filter-shadowed");
}

/* It came after ours, which can go before it. */
static void test_misplaced(void **state)
{
	struct situation s = tap();

	(void)state;
	s.bridges[0].filter.ours[IPV4] = s.bridges[0].filter.ours[IPV6] = FILL_UDP;
	s.port.filter = s.bridges[0].filter;
	check(s, ";");
	s.bridges[0].filter.misplaced = s.port.filter.misplaced = true;
	check(s, "ingress vnet0 udp, egress br0 udp; vhost-exposed");
}

/* A rule of nftables sets checksums to zero, which firmware and cards without offload see. */
static void test_zeroed(void **state)
{
	struct situation s = tap();

	(void)state;
	strcpy(s.model, "e1000");
	s.bridges[0].zeroing.found = true;
	check(s, "egress br0 dhcp; checksum-zeroed");
	s.bridges[0].filter.others[IPV4] = FILL_DHCP;
	check(s, ";");
	s.bridges[0].filter.shadowed = true;
	s.bridges[0].filter.others[IPV4] = FILL_NONE;
	check(s, "rule4 br0 dhcp; checksum-zeroed");
	s.bridges[0].zeroing.before_rules = true;
	check(s, "; checksum-zeroed!");
	s.bridges[0].fill[IPV4].ours = FILL_DHCP;
	check(s, "; checksum-zeroed!");
	s.bridges[0].zeroing.before_rules = false;
	check(s, ";");
	s.bridges[0].fill[IPV4].ours = FILL_NONE;
	s.policy.mechanism = MECHANISM_ETHTOOL;
	check(s, "; checksum-zeroed!");
	s.bridges[0].dhcp_server[IPV4] = false;
	check(s, ";");
	s = tap();
	s.bridges[0].zeroing.found = true;
	check(s, "ingress vnet0 udp, egress br0 udp; vhost-exposed checksum-zeroed");
	s.policy.at = AT_RECEIVER;
	check(s, "egress vnet0 udp; vhost-exposed");
	s.policy.at = AT_SENDER;
	s.nic.boot_order = 0;
	check(s, "ingress vnet0 udp, egress br0 dhcp; vhost-exposed");
}

static void test_mechanisms(void **state)
{
	struct situation s = tap();

	(void)state;
	s.policy.mechanism = MECHANISM_NONE;
	check(s, ";");
	s.policy.mechanism = MECHANISM_IPTABLES;
	check(s, "rule4 br0 udp; vhost-exposed");
	s.policy.mechanism = MECHANISM_ETHTOOL;
	check(s, "tx br0 off; vhost-exposed");
	s.policy.mechanism = MECHANISM_TC;
	check(s, "ingress vnet0 udp, egress br0 udp; vhost-exposed");
	s.facts.filter_supported = false;
	check(s, "; checksum-unsupported!");
	s = macvtap();
	s.policy.mechanism = MECHANISM_NONE;
	check(s, ";");
	s.policy.mechanism = MECHANISM_IPTABLES;
	check(s, "rule4 host0 udp;");
	s.policy.mechanism = MECHANISM_ETHTOOL;
	check(s, "; checksum-unsupported");
	s.policy.mechanism = MECHANISM_TC;
	check(s, "ingress macvtap0 udp;");
	s.facts.filter_supported = false;
	check(s, "; checksum-unsupported!");
}

static void test_macvtap(void **state)
{
	struct situation s = macvtap();

	(void)state;
	s.nic.boot_order = 0;
	check(s, "ingress macvtap0 udp;");
	s.policy.scope = SCOPE_DHCP;
	check(s, "ingress macvtap0 dhcp;");
	s = macvtap();
	s.kind = EVENT_GUEST_PREPARE;
	check(s, ";");
	s = macvtap();
	s.facts.filter_supported = false;
	check(s, "rule4 host0 udp;");
	s.bridges[0].dhcp_server[IPV6] = true;
	check(s, "rule4 host0 udp, rule6 host0 udp;");
	s.bridges[0].fill[IPV4].ours = s.bridges[0].fill[IPV6].others = FILL_UDP;
	check(s, ";");
	s = macvtap();
	s.port.filter.blocked = true;
	check(s, "rule4 host0 udp;");
	s.bridges[0].dhcp_server[IPV4] = false;
	check(s, "rule4 host0 udp; macvtap-peer-offload");
	strcpy(s.bridges[0].lower, "eth1");
	check(s, "; macvtap-peer-offload");
	s = macvtap();
	s.facts.filter_supported = false;
	strcpy(s.mode, "vepa");
	check(s, "; macvtap-peer-offload");
}

static void check_network(enum forward_mode forward, const struct bridge_facts *bridge,
	const struct host_facts *facts, const struct policy *policy, const char *wanted)
{
	struct network network = {.forward = forward, .bridge = "br0"};
	struct bridge_facts copy = *bridge;
	struct host_facts all = *facts;
	struct plan plan;
	char got[512] = "";

	network.service[IPV4].dhcp = true;
	all.bridges = &copy;
	all.bridge_count = 1;
	plan_network(&plan, EVENT_NETWORK_ACTIVE, &network, &all, policy);
	describe(&plan, got, sizeof(got));
	assert_string_equal(got, wanted);
	plan_clear(&plan);
}

static void test_network(void **state)
{
	struct situation s = tap();
	struct bridge_facts *bridge = &s.bridges[0];

	(void)state;
	check_network(
		FORWARD_NAT, bridge, &s.facts, &s.policy, "egress br0 dhcp; checksum-unfilled");
	check_network(
		FORWARD_BRIDGE, bridge, &s.facts, &s.policy, "egress br0 dhcp; checksum-unfilled");
	/* Guests' ports on a bridge of the host's own will have filters. */
	s.policy.at = AT_RECEIVER;
	check_network(FORWARD_BRIDGE, bridge, &s.facts, &s.policy, ";");
	s.policy.at = AT_SENDER;
	bridge->filter.blocked = true;
	check_network(
		FORWARD_NAT, bridge, &s.facts, &s.policy, "rule4 br0 dhcp; checksum-unfilled");
	bridge->filter.others[IPV4] = FILL_DHCP;
	check_network(FORWARD_NAT, bridge, &s.facts, &s.policy, ";");
	*bridge = tap().bridges[0];
	s.facts.filter_supported = false;
	check_network(
		FORWARD_NAT, bridge, &s.facts, &s.policy, "rule4 br0 dhcp; checksum-unfilled");
	check_network(
		FORWARD_BRIDGE, bridge, &s.facts, &s.policy, "rule4 br0 dhcp; checksum-unfilled");
	s.facts.fill[IPV4].table = false;
	check_network(FORWARD_NAT, bridge, &s.facts, &s.policy, "; checksum-unsupported!");
	s.policy.mechanism = MECHANISM_ETHTOOL;
	check_network(FORWARD_NAT, bridge, &s.facts, &s.policy, "tx br0 off; checksum-unfilled");
}

static void test_release(void **state)
{
	struct situation s = tap();

	(void)state;
	s.kind = EVENT_GUEST_RELEASE;
	check(s, ";");
	s.bridges[0].fill[IPV4] =
		(struct fill_state){.ours = FILL_UDP, .rules = 1, .for_guests = true};
	check(s, ";"); /* not known whether guests are left */
	s.bridges[0].state.ports_known = true;
	check(s, "rule4 br0 none;");
	s.bridges[0].tx_checksum_off = s.bridges[0].tx_checksum_ours = true;
	check(s, "rule4 br0 none, tx br0 on;");
	s.bridges[0].filter = (struct filter_state){.ours = {FILL_DHCP, FILL_DHCP}};
	check(s, "rule4 br0 none, tx br0 on;"); /* those of a network */
	s.bridges[0].filter.for_guests = true;
	check(s, "rule4 br0 none, egress br0 none, tx br0 on;");
	s.bridges[0].state.guest_ports = 1;
	check(s, ";");
	s.bridges[0].state.guest_ports = 0;
	s.bridges[0].filter = (struct filter_state){0};
	s.bridges[0].tx_checksum_ours = false;
	s.bridges[0].fill[IPV4].for_guests =
		false; /* the bridge is that of a network of libvirt's */
	check(s, ";");
}

/* A guest came when the last one's rule was being taken away. */
static void test_put_back(void **state)
{
	struct bridge_facts bridge = tap().bridges[0];
	struct host_facts facts = {.bridges = &bridge, .bridge_count = 1};
	const struct guest guest = {0};
	const struct policy policy = policy_defaults();
	struct plan done;
	struct plan again;
	char got[128] = "";

	(void)state;
	facts.bridges->state.ports_known = true;
	facts.bridges->fill[IPV6] =
		(struct fill_state){.ours = FILL_DHCP, .rules = 1, .for_guests = true};
	facts.bridges->filter =
		(struct filter_state){.ours = {FILL_UDP, FILL_UDP}, .for_guests = true};
	plan_guest(&done, EVENT_GUEST_RELEASE, &guest, &facts, &policy);
	assert_true(plan_takes_away(&done));
	plan_put_back(&again, &done, &facts);
	assert_int_equal(again.action_count, 0);
	plan_clear(&again);
	facts.bridges->state.guest_ports = 1;
	plan_put_back(&again, &done, &facts);
	describe(&again, got, sizeof(got));
	assert_string_equal(got, "rule6 br0 dhcp, egress br0 udp;");
	plan_clear(&again);
	plan_clear(&done);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tap),
		cmocka_unit_test(test_server_to_come),
		cmocka_unit_test(test_tap_at_prepare),
		cmocka_unit_test(test_at_receiver),
		cmocka_unit_test(test_moved),
		cmocka_unit_test(test_moved_for_good),
		cmocka_unit_test(test_sweep),
		cmocka_unit_test(test_outside),
		cmocka_unit_test(test_server_above),
		cmocka_unit_test(test_no_linux_bridge),
		cmocka_unit_test(test_models),
		cmocka_unit_test(test_covered),
		cmocka_unit_test(test_port_without_filter),
		cmocka_unit_test(test_shadowed),
		cmocka_unit_test(test_misplaced),
		cmocka_unit_test(test_zeroed),
		cmocka_unit_test(test_mechanisms),
		cmocka_unit_test(test_macvtap),
		cmocka_unit_test(test_network),
		cmocka_unit_test(test_release),
		cmocka_unit_test(test_put_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
