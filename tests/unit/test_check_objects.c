// SPDX-License-Identifier: GPL-2.0-or-later
/* What `virt-netboot check` says of networks and guests, from their XML and a fake host. */
#include "test.h"

#include "check_parts.h"
#include "cleanup.h"
#include "fake_host.h"
#include "gather_memory.h"
#include "log_capture.h"

#include <errno.h>

/* Of the type that what is read has. */
#define TEXT(text) ((char[]){text})

static const struct fake_host host = {
	.bridges =
		{
			{.state = {.name = "br0",
				 .kind = BRIDGE_LINUX,
				 .stp = STP_KERNEL,
				 .forward_delay = 1500,
				 .is_root = true,
				 .other_ports = 1},
				.uplink = {.name = "eth0", .state = PORT_FORWARDING}},
			{.state = {.name = "virbr0",
				 .kind = BRIDGE_LINUX,
				 .stp = STP_KERNEL,
				 .forward_delay = 1500,
				 .is_root = true},
				.dhcp_server = {true, false}},
			{.state = {.name = "quick", .kind = BRIDGE_LINUX},
				.dhcp_server = {true, false},
				.fill = {{.others = FILL_UDP}, {.others = FILL_UDP}}},
			{.state = {.name = "eth1", .kind = BRIDGE_NOT_A_BRIDGE}},
			{.state = {.name = "eth2", .kind = BRIDGE_NOT_A_BRIDGE, .down = true}},
			{.state = {.name = "ovs0", .kind = BRIDGE_OPENVSWITCH}},
			{.state = {.name = "mstp0",
				 .kind = BRIDGE_LINUX,
				 .stp = STP_USER,
				 .forward_delay = 1500}},
		},
	.ports =
		{
			{.bridge = "br0",
				.port = {.name = "vnet0",
					.state = PORT_LISTENING,
					.forward_timer = 1200}},
			{.bridge = "quick", .port = {.name = "vnet1", .state = PORT_FORWARDING}},
			{.bridge = "br0", .port = {.name = "vnet2", .state = PORT_FORWARDING}},
			{.bridge = "quick", .port = {.name = "vnet3", .state = PORT_DISABLED}},
			{.lower = "eth1", .port = {.name = "macvtap0", .macvtap = true}},
		},
	.support = {.table = true, .target = true, .in_use = true},
	.vhost_net = true,
};

static struct libvirt_object networks[] = {
	{.name = TEXT("default"),
		.active = true,
		.autostart = true,
		.xml = TEXT("<network><name>default</name><forward/>"
			    "<bridge name='virbr0' stp='on' delay='15'/>"
			    "<ip><dhcp/></ip></network>")},
	{.name = TEXT("lan"),
		.active = true,
		.xml = TEXT("<network><name>lan</name><forward mode='bridge'/>"
			    "<bridge name='quick'/></network>")},
	{.name = TEXT("off"),
		.xml = TEXT("<network><name>off</name><bridge name='virbr7' stp='on' "
			    "delay='15'/></network>")},
	{.name = TEXT("pool"),
		.active = true,
		.xml = TEXT("<network><name>pool</name><forward mode='private'>"
			    "<interface dev='eth1'/></forward></network>")},
};

/* What firewalls do is tried elsewhere. */
void check_firewall_network(struct check_run *run, const char *network, const char *bridge)
{
	(void)run;
	(void)network;
	(void)bridge;
}

static struct check_run new_run(bool hooks)
{
	static const struct libvirt_list list = {
		.objects = networks, .count = sizeof(networks) / sizeof(networks[0])};

	fake_host = host;
	log_capture_clear();
	return (struct check_run){
		.policy = policy_defaults(),
		.is_root = true,
		.qemu_hook = hooks,
		.network_hook = hooks,
		.networks = &list,
	};
}

/* The lines, each as "ID INTERFACE: RESULT VALUE [SLUG]". */
static const char *lines(struct check_run *run)
{
	static char text[8192];
	FILE *file = fmemopen(text, sizeof(text), "w");

	text[0] = '\0';
	for (size_t i = 0; i < run->list.count; i++) {
		const struct check_line *line = &run->list.lines[i];
		fprintf(file, "%s%s%s: %s%s%s%s%s%s\n", line->question->id,
			line->interface ? " " : "", line->interface ? line->interface : "",
			check_result_name(line->result), line->value ? " " : "",
			line->value ? line->value : "", line->slug ? " [" : "",
			line->slug ? line->slug : "", line->slug ? "]" : "");
	}
	fclose(file);
	check_list_clear(&run->list);
	return text;
}

static const char *lines_of_guest(struct check_run *run, bool active, const char *interfaces)
{
	char xml[2048];

	snprintf(xml, sizeof(xml),
		"<domain type='kvm'><name>web</name><os><boot dev='network'/></os><devices>%s"
		"</devices></domain>",
		interfaces);
	const struct libvirt_object guest = {.name = TEXT("web"), .active = active, .xml = xml};
	check_guest(run, &guest);
	return lines(run);
}

static const char *guest(bool hooks, bool active, const char *interfaces)
{
	struct check_run run = new_run(hooks);

	return lines_of_guest(&run, active, interfaces);
}

static const char *network(bool hooks, const char *name, bool active)
{
	struct check_run run = new_run(hooks);

	for (size_t i = 0; i < sizeof(networks) / sizeof(networks[0]); i++) {
		struct libvirt_object object = networks[i];
		object.active = active;
		if (strcmp(object.name, name) == 0)
			check_network(&run, &object);
	}
	return lines(&run);
}

#define MAC "<mac address='52:54:00:00:00:01'/>"
#define ON(type, source, name)                                                           \
	"<interface type='" type "'>" MAC "<source " source "/><target dev='" name "'/>" \
	"<model type='virtio'/></interface>"
#define OFF(type, source) \
	"<interface type='" type "'>" MAC "<source " source "/><model type='virtio'/></interface>"

static void test_held(void **state)
{
	(void)state;
	assert_string_equal(guest(true, true, ON("bridge", "bridge='br0'", "vnet0")),
		"guest-port vnet0: PASS listening on br0\n"
		"guest-hold vnet0: FAIL 27.0 s [bridge-hold]\n"
		"guest-clients vnet0: NOTE udhcpc and iPXE give up, PXE firmware and dhclient do "
		"not\n"
		"guest-path vnet0: PASS eth0 forwards\n"
		"guest-checksum vnet0: PASS [checksum-protected]\n");
}

static void test_forwards(void **state)
{
	struct check_run run = new_run(true);

	(void)state;
	assert_string_equal(guest(true, true, ON("bridge", "bridge='br0'", "vnet2")),
		"guest-port vnet2: PASS forwarding on br0\n"
		"guest-hold vnet2: PASS forwards\n"
		"guest-path vnet2: PASS eth0 forwards\n"
		"guest-checksum vnet2: PASS [checksum-protected]\n");
	/* A delay that is only reported is none of a port that forwards. */
	run.policy.hold = HOLD_REPORT;
	const char *text = lines_of_guest(&run, true, ON("bridge", "bridge='br0'", "vnet2"));
	assert_non_null(strstr(text, "guest-hold vnet2: NOTE forwards, but a new port would have "
				     "to wait [bridge-hold]\n"));
	assert_null(strstr(text, "guest-clients"));
}

static void test_no_device(void **state)
{
	(void)state;
	assert_non_null(strstr(guest(true, true, ON("bridge", "bridge='quick'", "vnet9")),
		"guest-port vnet9: WARN the device does not exist\n"));
	assert_non_null(strstr(guest(true, true, ON("bridge", "bridge='quick'", "vnet3")),
		"guest-port vnet3: WARN down or without carrier on quick\n"));
	assert_string_equal(guest(true, true, ""), "");
	assert_string_equal(guest(true, false, "<interface type='user'>" MAC "</interface>"),
		"guest-port 52:54:00:00:00:01: PASS an interface of this type has none\n");
}

/* What the hook does at a later event is good only if libvirt runs it. */
static void test_coming(void **state)
{
	(void)state;
	assert_string_equal(guest(false, false, OFF("bridge", "bridge='br0'")),
		"guest-port 52:54:00:00:00:01: PASS will be on br0\n"
		"guest-hold 52:54:00:00:00:01: FAIL 30.0 s [bridge-hold]\n"
		"guest-clients 52:54:00:00:00:01: NOTE udhcpc, iPXE and PXE firmware give up, "
		"dhclient does not\n"
		"guest-path 52:54:00:00:00:01: PASS\n"
		"guest-checksum 52:54:00:00:00:01: PASS [checksum-protected]\n");
	assert_string_equal(guest(true, false, OFF("bridge", "bridge='br0'")),
		"guest-port 52:54:00:00:00:01: PASS will be on br0\n"
		"guest-hold 52:54:00:00:00:01: NOTE 30.0 s; the hook lets the guest's port "
		"forward at once [bridge-hold]\n"
		"guest-path 52:54:00:00:00:01: PASS\n"
		"guest-checksum 52:54:00:00:00:01: PASS [checksum-protected]\n");
	assert_non_null(strstr(guest(true, false, OFF("bridge", "bridge='quick'")),
		"guest-hold 52:54:00:00:00:01: PASS 0.0 s\n"));
	assert_non_null(strstr(guest(true, false, OFF("bridge", "bridge='mstp0'")),
		"guest-hold 52:54:00:00:00:01: NOTE a program runs STP and decides when a port "
		"forwards "
		"[stp-user-space]\n"));
}

/* The network's bridge is found, and what the plan has about it. */
static void test_coming_on_network(void **state)
{
	(void)state;
	const char *text = guest(false, false, OFF("network", "network='default'"));
	assert_non_null(strstr(text, "guest-port 52:54:00:00:00:01: PASS will be on virbr0\n"));
	assert_non_null(strstr(text, "guest-hold 52:54:00:00:00:01: FAIL 30.0 s [bridge-hold]\n"));
	assert_non_null(strstr(text, "guest-checksum 52:54:00:00:00:01: FAIL [vhost-exposed]\n"));
	text = guest(true, false, OFF("network", "network='default'"));
	assert_non_null(strstr(text, "guest-hold 52:54:00:00:00:01: NOTE 30.0 s [bridge-hold]\n"));
	assert_non_null(strstr(text, "guest-checksum 52:54:00:00:00:01: NOTE [vhost-exposed]\n"));
	assert_null(strstr(text, "guest-clients"));
	text = guest(true, false, OFF("network", "network='lan'"));
	assert_non_null(strstr(text, "guest-port 52:54:00:00:00:01: PASS will be on quick\n"));
	assert_string_equal(guest(true, false, OFF("network", "network='off'")),
		"guest-port 52:54:00:00:00:01: WARN network off is not started\n");
	assert_string_equal(guest(true, false, OFF("network", "network='none'")),
		"guest-port 52:54:00:00:00:01: WARN network none does not exist\n");
}

static void test_unknown_networks(void **state)
{
	struct check_run run = new_run(true);

	(void)state;
	run.networks = NULL;
	assert_string_equal(lines_of_guest(&run, false, OFF("network", "network='default'")),
		"guest-port 52:54:00:00:00:01: NOTE the bridge of network default is not known\n");
}

/* Of a bridge a plan says it once, and every interface there has it. */
static void test_two_on_one_bridge(void **state)
{
	struct check_run run = new_run(true);
	const char *text;

	(void)state;
	run.policy.hold = HOLD_REPORT;
	text = lines_of_guest(&run, false,
		OFF("bridge", "bridge='br0'") "<interface type='bridge'><mac "
					      "address='52:54:00:00:00:02'/><source bridge='br0'/>"
					      "<model type='e1000'/></interface>");
	assert_non_null(strstr(text, "guest-hold 52:54:00:00:00:01: FAIL 30.0 s [bridge-hold]\n"));
	assert_non_null(strstr(text, "guest-hold 52:54:00:00:00:02: FAIL 30.0 s [bridge-hold]\n"));
	assert_non_null(strstr(text, "guest-checksum 52:54:00:00:00:02: PASS"));
}

static void test_bridges_of_other_kinds(void **state)
{
	(void)state;
	assert_string_equal(guest(true, false, OFF("bridge", "bridge='nosuch'")),
		"guest-port 52:54:00:00:00:01: WARN [bridge-absent]\n");
	assert_string_equal(guest(true, false, OFF("bridge", "bridge='eth1'")),
		"guest-port 52:54:00:00:00:01: WARN [not-a-bridge]\n");
	assert_string_equal(guest(true, false, OFF("bridge", "bridge='ovs0'")),
		"guest-port 52:54:00:00:00:01: NOTE [bridge-openvswitch]\n");
}

static void test_limits(void **state)
{
	(void)state;
	assert_non_null(strstr(
		guest(true, true,
			"<interface type='bridge'>" MAC "<source bridge='quick'/>"
			"<target dev='vnet1'/><model type='virtio'/><port isolated='yes'/>"
			"<filterref filter='clean-traffic'/><vlan><tag id='42'/></vlan>"
			"</interface>"),
		"guest-port vnet1: NOTE forwarding on quick, isolated from other isolated ports, "
		"filtered by clean-traffic, in VLAN 42\n"));
	assert_non_null(strstr(guest(true, true, ON("bridge", "bridge='quick'", "vnet1")),
		"guest-port vnet1: PASS forwarding on quick\n"));
}

static void test_checksums(void **state)
{
	struct check_run run = new_run(true);

	(void)state;
	assert_non_null(strstr(guest(true, true, ON("bridge", "bridge='quick'", "vnet1")),
		"guest-checksum vnet1: PASS [checksum-protected]\n"));
	run.policy.mechanism = MECHANISM_NONE;
	assert_non_null(strstr(lines_of_guest(&run, true, ON("bridge", "bridge='quick'", "vnet1")),
		"guest-checksum vnet1: PASS not looked at"));
	run = new_run(true);
	run.is_root = false;
	fake_host.get_error = -1;
	assert_null(strstr(
		lines_of_guest(&run, true, ON("bridge", "bridge='quick'", "vnet1")), "FAIL"));
}

static void test_macvtap(void **state)
{
	(void)state;
	assert_string_equal(guest(true, true, ON("direct", "dev='eth1' mode='bridge'", "macvtap0")),
		"guest-port macvtap0: PASS macvtap on eth1\n"
		"guest-checksum macvtap0: NOTE [macvtap-peer-offload]\n"
		"guest-multicast macvtap0: NOTE on a network with IPv6 the guest may not "
		"hear its neighbours\n");
	const char *text = guest(false, false, OFF("network", "network='pool'"));
	assert_non_null(
		strstr(text, "guest-port 52:54:00:00:00:01: PASS will be a macvtap on eth1\n"));
	assert_non_null(strstr(text, "guest-multicast"));
	text = guest(true, false,
		"<interface type='direct' trustGuestRxFilters='yes'><source dev='eth1' "
		"mode='bridge'/></interface><interface type='direct'><source dev='eth1' "
		"mode='passthrough'/></interface>");
	assert_null(strstr(text, "guest-multicast"));
}

static void test_network(void **state)
{
	(void)state;
	const char *text = network(false, "default", true);
	assert_non_null(strstr(text, "network-active: PASS started\n"));
	assert_non_null(strstr(text, "network-bridge: FAIL 30.0 s [bridge-hold]\n"));
	assert_non_null(strstr(text, "network-bridge: FAIL [checksum-unfilled]\n"));
	assert_non_null(strstr(text, "network-dhcp: PASS listens on virbr0\n"));
	text = network(true, "default", true);
	assert_non_null(strstr(text, "network-bridge: NOTE 30.0 s [bridge-hold]\n"));
	assert_non_null(strstr(text, "network-bridge: NOTE [checksum-unfilled]\n"));
	assert_null(strstr(text, "FAIL"));
	assert_non_null(strstr(network(true, "lan", true),
		"network-active: NOTE started, but autostart is off\n"));
	assert_null(strstr(network(true, "lan", true), "network-dhcp"));
}

static void test_network_stopped(void **state)
{
	(void)state;
	assert_string_equal(network(true, "off", false),
		"network-active: NOTE not started\nnetwork-bridge: NOTE [bridge-hold]\n");
	assert_string_equal(network(false, "off", false),
		"network-active: NOTE not started\nnetwork-bridge: FAIL [bridge-hold]\n");
	assert_string_equal(network(true, "pool", false),
		"network-active: NOTE not started\nnetwork-parent: PASS eth1, up\n");
	assert_non_null(strstr(network(true, "default", false),
		"network-active: WARN not started, although autostart is on\n"));
	/* libvirt thinks that it runs. */
	assert_string_equal(network(true, "off", true),
		"network-active: NOTE started, but autostart is off\n"
		"network-bridge: FAIL virbr7 does not exist\n");
}

static void test_network_server_gone(void **state)
{
	struct check_run run = new_run(true);

	(void)state;
	fake_host.bridges[1].dhcp_server[IPV4] = false;
	check_network(&run, &networks[0]);
	assert_non_null(
		strstr(lines(&run), "network-dhcp: FAIL no DHCP server listens on virbr0\n"));
	fake_host.bridges[1].state.down = true;
	check_network(&run, &networks[0]);
	assert_non_null(strstr(lines(&run), "network-bridge: FAIL virbr0 is down [bridge-down]\n"));
}

static void test_parents(void **state)
{
	struct check_run run = new_run(true);
	struct libvirt_object pool = {.name = TEXT("p"),
		.active = true,
		.autostart = true,
		.xml = TEXT("<network><name>p</name><forward mode='bridge'><interface "
			    "dev='eth2'/><interface dev='gone'/></forward></network>")};

	(void)state;
	check_network(&run, &pool);
	assert_string_equal(lines(&run), "network-active: PASS started\n"
					 "network-parent: WARN eth2 is down\n"
					 "network-parent: FAIL gone does not exist\n");
	pool.xml = TEXT("<network><name>p</name><forward mode='hostdev'><interface "
			"dev='gone'/></forward></network>");
	check_network(&run, &pool);
	assert_string_equal(lines(&run),
		"network-active: PASS started\n"
		"network-parent: NOTE guests get a device of this host; no "
		"bridge or filter of this host is in the way\n");
	pool.xml = TEXT("<network><name>p</name><forward mode='hostdev'><pf "
			"dev='eth1'/></forward></network>");
	check_network(&run, &pool);
	assert_string_equal(lines(&run), "network-active: PASS started\n"
					 "network-parent: PASS eth1, up\n"
					 "network-parent: NOTE guests get a virtual function of "
					 "eth1; no bridge or filter of this host is in the way\n");
}

/* Whatever libvirt sends. */
static void test_no_xml(void **state)
{
	struct check_run run = new_run(true);
	struct libvirt_object object = {.name = TEXT("x"), .xml = TEXT("<x/>")};

	(void)state;
	check_network(&run, &object);
	assert_non_null(strstr(log_captured, "does not describe a network"));
	check_guest(&run, &object);
	assert_non_null(strstr(log_captured, "does not describe a guest"));
	object.xml = TEXT("");
	check_network(&run, &object);
	check_guest(&run, &object);
	assert_string_equal(lines(&run), "");
}

static bool quick_has_server(void)
{
	CLEANUP(cleanup_free) struct dhcp_server *servers = NULL;
	size_t count = 0;
	bool found = false;

	assert_int_equal(gather_dhcp_servers(IPV4, &servers, &count), 0);
	for (size_t i = 0; i < count; i++)
		found = found || servers[i].device == 3;
	return found;
}

/* What is remembered is one moment; what could not be read is asked for again. */
static void test_memory(void **state)
{
	struct bridge_state device;
	CLEANUP(cleanup_free) unsigned int *way = NULL;
	CLEANUP(cleanup_free) unsigned int *again = NULL;
	size_t count = 0;

	(void)state;
	fake_host = host;
	gather_remember();
	fake_host.get_error = -EIO;
	struct dhcp_server *servers = NULL;
	assert_int_equal(gather_dhcp_servers(IPV4, &servers, &count), -EIO);
	free(servers);
	fake_host.get_error = 0;
	assert_true(quick_has_server());
	assert_int_equal(gather_device(3, &device), 0);
	assert_int_equal(gather_way_out(3, &way, &count), 0);
	fake_host.bridges[2].dhcp_server[IPV4] = false;
	fake_host.bridges[2].state.down = true;
	fake_host.get_error = -EIO;
	assert_true(quick_has_server());
	assert_int_equal(gather_device(3, &device), 0);
	assert_false(device.down);
	assert_int_equal(gather_way_out(3, &again, &count), 0);
	assert_int_equal(count, 1);
	assert_int_equal(again[0], 3);
	gather_forget();
	fake_host.get_error = 0;
	assert_false(quick_has_server());
	assert_int_equal(gather_device(3, &device), 0);
	assert_true(device.down);
}

static void asks_for_ports(unsigned int dumps)
{
	CLEANUP(cleanup_free) struct bridge_port *ports = NULL;
	struct bridge_state bridge = {.ifindex = 3};
	size_t count = 0;

	assert_int_equal(gather_bridge_ports(3, &ports, &count), 0);
	assert_int_equal(count, 3);
	assert_int_equal(fake_host.dumps, dumps);
	assert_int_equal(gather_bridge_count(&bridge), 0);
	assert_true(bridge.ports_known);
}

/* Those who change something have the ports of bridges remembered, and nothing else. */
static void test_memory_of_ports(void **state)
{
	struct bridge_state device;

	(void)state;
	fake_host = host;
	fake_host.bridges[2].state.other_ports = 1;
	asks_for_ports(1);
	asks_for_ports(2);
	gather_remember_ports();
	asks_for_ports(3);
	asks_for_ports(3);
	assert_int_equal(gather_device(3, &device), 0);
	fake_host.bridges[2].state.down = true;
	assert_int_equal(gather_device(3, &device), 0);
	assert_true(device.down);
	gather_remember_ports();
	asks_for_ports(4);
	gather_forget();
	asks_for_ports(5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_held),
		cmocka_unit_test(test_forwards),
		cmocka_unit_test(test_no_device),
		cmocka_unit_test(test_coming),
		cmocka_unit_test(test_coming_on_network),
		cmocka_unit_test(test_unknown_networks),
		cmocka_unit_test(test_two_on_one_bridge),
		cmocka_unit_test(test_bridges_of_other_kinds),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_checksums),
		cmocka_unit_test(test_macvtap),
		cmocka_unit_test(test_network),
		cmocka_unit_test(test_network_stopped),
		cmocka_unit_test(test_network_server_gone),
		cmocka_unit_test(test_parents),
		cmocka_unit_test(test_no_xml),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_memory_of_ports),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
