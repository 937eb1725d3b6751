// SPDX-License-Identifier: GPL-2.0-or-later
/* The picture of virt-netboot show: facts -> rows -> lines. */
#include "test.h"

#include "cleanup.h"
#include "show_tree.h"

#include <locale.h>
#include <wchar.h>

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static const struct show_style plain = {.utf8 = false};
static const struct show_style drawn = {.utf8 = true};

static void draw_is(struct show_facts *facts, const char *name, const struct show_style *style,
	const char *wanted)
{
	CLEANUP(show_rows_clear) struct show_rows rows = {0};
	(void)show_want(facts, name);
	show_tree(facts, &rows);
	CLEANUP(cleanup_free) char *text = show_layout(&rows, style);
	assert_string_equal(text, wanted);
}

static struct show_device bridge(const char *name, unsigned int ifindex)
{
	struct show_device device = {
		.link.bridge = {.kind = BRIDGE_LINUX, .ifindex = ifindex, .is_root = true},
		.rules_known = true,
	};

	snprintf(device.link.bridge.name, IFNAME_SIZE, "%s", name);
	return device;
}

static struct show_device slow_bridge(const char *name, unsigned int ifindex)
{
	struct show_device device = bridge(name, ifindex);

	device.link.bridge.stp = STP_KERNEL;
	device.link.bridge.forward_delay = 1500;
	return device;
}

static struct show_device port(const char *name, unsigned int ifindex, unsigned int master)
{
	struct show_device device = {
		.link = {
			.bridge = {.kind = BRIDGE_NOT_A_BRIDGE, .ifindex = ifindex},
			.port = {.ifindex = ifindex, .bridge = master, .state = PORT_FORWARDING},
			.master = master,
		}};

	snprintf(device.link.bridge.name, IFNAME_SIZE, "%s", name);
	return device;
}

static struct show_device tap(const char *name, unsigned int ifindex, unsigned int master)
{
	struct show_device device = port(name, ifindex, master);

	device.link.port.tap = device.link.port.guest = device.link.vnet_header = true;
	return device;
}

static struct show_device macvtap(const char *name, unsigned int ifindex, unsigned int parent)
{
	struct show_device device = port(name, ifindex, 0);

	device.link.port.macvtap = true;
	device.link.parent = parent;
	return device;
}

static void test_tree(void **state)
{
	struct show_device devices[] = {tap("vnet10", 4, 7), port("eth0", 2, 7), port("lo", 1, 0),
		tap("vnet2", 3, 7), slow_bridge("br0", 7), port("eth9", 8, 0),
		macvtap("macvtap0", 9, 8), bridge("br10", 6), bridge("br9", 5)};
	struct show_name names[] = {{"br0", NULL, (char[]){"default"}},
		{"macvtap0", (char[]){"db"}, (char[]){"pool"}}, {"vnet2", (char[]){"web"}, NULL}};
	struct show_facts facts = {devices, LENGTH(devices), {names, LENGTH(names)}};

	(void)state;
	draw_is(&facts, NULL, &drawn,
		"NAME        GUEST/NETWORK  STATE                           CHECKSUM\n"
		"br0         default        STP, root, new ports wait 30 s  nobody\n"
		"├─eth0      (uplink)       forwarding\n"
		"├─vnet2     web            forwarding                      nobody\n"
		"└─vnet10                   forwarding                      nobody\n"
		"br9                        STP off                         nobody\n"
		"br10                       STP off                         nobody\n"
		"eth9                       up\n"
		"└─macvtap0  db             up                              nobody\n");
	draw_is(&facts, "br9", &plain,
		"NAME  STATE    CHECKSUM\n"
		"br9   STP off  nobody\n");
	draw_is(&facts, "web", &plain,
		"NAME     GUEST/NETWORK  STATE                           CHECKSUM\n"
		"br0      default        STP, root, new ports wait 30 s  nobody\n"
		"`-vnet2  web            forwarding                      nobody\n");
	draw_is(&facts, "pool", &plain,
		"NAME        GUEST/NETWORK  STATE  CHECKSUM\n"
		"eth9                       up\n"
		"`-macvtap0  db             up     nobody\n");
	draw_is(&facts, "lo", &plain, "NAME\n");
	assert_false(show_want(&facts, "nobody"));
	assert_true(show_want(&facts, "default"));
}

/* The rows of what is on a bridge, by their cells. */
static void cell_is(
	const struct show_device *on_bridge, enum show_column column, const char *wanted)
{
	struct show_device devices[] = {slow_bridge("br0", 1), *on_bridge};
	struct show_facts facts = {devices, LENGTH(devices), {0}};
	CLEANUP(show_rows_clear) struct show_rows rows = {0};

	(void)show_want(&facts, NULL);
	show_tree(&facts, &rows);
	assert_int_equal(rows.count, 2);
	if (wanted)
		assert_string_equal(rows.rows[1].cells[column], wanted);
	else
		assert_null(rows.rows[1].cells[column]);
}

static void test_states(void **state)
{
	struct show_device device = tap("vnet0", 2, 1);

	(void)state;
	cell_is(&device, SHOW_STATE, "forwarding");
	device.link.port.bpdu_guard = true;
	cell_is(&device, SHOW_STATE, "forwarding, BPDU guard");
	device.link.port.state = PORT_DISABLED;
	cell_is(&device, SHOW_STATE, "disabled, BPDU guard");
	device.link.port.state = PORT_LISTENING;
	device.link.port.forward_timer = 1;
	cell_is(&device, SHOW_STATE, "listening, 16 s left");
	device.link.port.forward_timer = 1500;
	cell_is(&device, SHOW_STATE, "listening, 30 s left");
	device.link.port.state = PORT_LEARNING;
	cell_is(&device, SHOW_STATE, "learning, 15 s left");
	device.link.port.state = PORT_BLOCKING;
	device.link.port.bpdu_guard = false;
	cell_is(&device, SHOW_STATE, "blocking");
	device.link.port.state = (enum port_state)200;
	cell_is(&device, SHOW_STATE, "unknown");
	device.link.no_carrier = true;
	cell_is(&device, SHOW_STATE, "no carrier");
	device.link.bridge.down = true;
	cell_is(&device, SHOW_STATE, "down");
}

static void bridge_is(const struct show_device *device, enum show_column column, bool of_libvirt,
	const char *wanted)
{
	struct show_device devices[] = {*device};
	struct show_name name = {"br0", NULL, (char[]){"default"}};
	struct show_facts facts = {devices, 1, {&name, of_libvirt}};
	CLEANUP(show_rows_clear) struct show_rows rows = {0};

	(void)show_want(&facts, NULL);
	show_tree(&facts, &rows);
	assert_int_equal(rows.count, 1);
	assert_string_equal(rows.rows[0].cells[column], wanted);
}

static void test_bridges(void **state)
{
	struct show_device device = slow_bridge("br0", 1);

	(void)state;
	device.link.bridge.forward_delay = 225;
	bridge_is(&device, SHOW_STATE, false, "STP, root, new ports wait 4.5 s");
	device.link.bridge.is_root = false;
	memcpy(device.link.bridge.root, "8000.525400123456", ROOT_TEXT_SIZE);
	bridge_is(
		&device, SHOW_STATE, false, "STP, new ports wait 4.5 s, root is 8000.525400123456");
	device.link.bridge.stp = STP_USER;
	bridge_is(&device, SHOW_STATE, false, "STP in user space, root is 8000.525400123456");
	device.link.bridge.stp = STP_OFF;
	bridge_is(&device, SHOW_STATE, false, "STP off");
	device.link.bridge.down = true;
	bridge_is(&device, SHOW_STATE, false, "down");
	device = slow_bridge("br0", 1);
	device.link.bridge.kind = BRIDGE_OPENVSWITCH;
	bridge_is(&device, SHOW_STATE, false, "Open vSwitch");
}

static void test_bridges_checksums(void **state)
{
	struct show_device device = bridge("br0", 1);
	struct filter_state *filter = &device.filter[FILTER_EGRESS];

	(void)state;
	bridge_is(&device, SHOW_CHECKSUM, true, "nobody");
	device.rules_known = false;
	bridge_is(&device, SHOW_CHECKSUM, true, "unknown");
	device.tx_checksum_off = true;
	bridge_is(&device, SHOW_CHECKSUM, false, "tx checksum off");
	filter->ours[IPV4] = filter->ours[IPV6] = FILL_DHCP;
	bridge_is(&device, SHOW_CHECKSUM, false, "virt-netboot filter");
	device.tx_checksum_off = false;
	filter->shadowed = true;
	bridge_is(&device, SHOW_CHECKSUM, false, "unknown");
	filter->shadowed = false;
	device.rule[IPV4].others = FILL_DHCP;
	bridge_is(&device, SHOW_CHECKSUM, false, "other rule, virt-netboot filter (IPv6)");
	bridge_is(&device, SHOW_CHECKSUM, true, "libvirt rule, virt-netboot filter (IPv6)");
	*filter = (struct filter_state){0};
	bridge_is(&device, SHOW_CHECKSUM, true, "libvirt rule (IPv4)");
	device.rule[IPV4] = (struct fill_state){.ours = FILL_UDP};
	bridge_is(&device, SHOW_CHECKSUM, true, "virt-netboot rule (IPv4)");
	device.rule[IPV4] = (struct fill_state){0};
	filter->others[IPV4] = FILL_DHCP;
	bridge_is(&device, SHOW_CHECKSUM, true, "libvirt filter (IPv4)");
	bridge_is(&device, SHOW_CHECKSUM, false, "other filter (IPv4)");
}

static void test_ports_checksums(void **state)
{
	struct show_device device = tap("vnet0", 2, 1);
	enum fill_scope *ours = device.filter[FILTER_INGRESS].ours;

	(void)state;
	cell_is(&device, SHOW_CHECKSUM, "nobody");
	ours[IPV4] = ours[IPV6] = FILL_UDP;
	cell_is(&device, SHOW_CHECKSUM, "virt-netboot filter (sent)");
	memcpy(device.filter[FILTER_EGRESS].ours, ours, 2 * sizeof(*ours));
	cell_is(&device, SHOW_CHECKSUM, "virt-netboot filter");
	device = tap("vnet0", 2, 1);
	device.link.vnet_header = false;
	cell_is(&device, SHOW_CHECKSUM, "not needed");
	device = port("eth0", 2, 1);
	cell_is(&device, SHOW_CHECKSUM, NULL);
	device = macvtap("macvtap0", 2, 1);
	cell_is(&device, SHOW_CHECKSUM, "nobody");
	device.filter[FILTER_INGRESS].ours[IPV4] = FILL_UDP;
	cell_is(&device, SHOW_CHECKSUM, "virt-netboot filter (IPv4)");
}

static void test_served_at_the_bridge(void **state)
{
	struct show_device devices[] = {bridge("br0", 1), tap("vnet0", 2, 1), tap("vnet1", 3, 1)};
	struct show_facts facts = {devices, LENGTH(devices), {0}};

	(void)state;
	devices[0].rule[IPV4].others = devices[0].rule[IPV6].others = FILL_UDP;
	devices[2].filter[FILTER_INGRESS].ours[IPV4] = FILL_DHCP;
	devices[2].filter[FILTER_INGRESS].ours[IPV6] = FILL_DHCP;
	draw_is(&facts, NULL, &plain,
		"NAME     STATE       CHECKSUM\n"
		"br0      STP off     other rule\n"
		"|-vnet0  forwarding  at the bridge\n"
		"`-vnet1  forwarding  virt-netboot filter\n");
}

static void test_limits(void **state)
{
	struct show_device device = tap("vnet0", 2, 1);

	(void)state;
	cell_is(&device, SHOW_LIMIT, NULL);
	device.htb = 1000000;
	cell_is(&device, SHOW_LIMIT, "in 1000 kB/s");
	device.filter[FILTER_INGRESS].police = 4096;
	cell_is(&device, SHOW_LIMIT, "in 1000 kB/s, out 4096 B/s");
	device.htb = 0;
	cell_is(&device, SHOW_LIMIT, "out 4096 B/s");
	device = macvtap("macvtap0", 2, 1);
	device.htb = 5000000000;
	device.filter[FILTER_INGRESS].police = 512000;
	cell_is(&device, SHOW_LIMIT, "in 512 kB/s, out 5000 MB/s");
}

static void test_others(void **state)
{
	struct show_device device = port("veth0", 2, 1);

	(void)state;
	cell_is(&device, SHOW_WHO, "(uplink)");
	device.link.outside = true;
	cell_is(&device, SHOW_WHO, "(container)");
	device = port("tap0", 2, 1);
	device.link.port.tap = true;
	cell_is(&device, SHOW_WHO, "(tap)");
	device = macvtap("host0", 2, 1);
	device.link.port.macvtap = false;
	device.link.macvlan = true;
	cell_is(&device, SHOW_WHO, "(this host)");
	/* It is in a VRF. */
	device = bridge("br1", 2);
	device.link.master = 9;
	cell_is(&device, SHOW_WHO, NULL);
}

/* What is on something that is on a bridge itself. */
static void test_depths(void **state)
{
	struct show_device devices[] = {bridge("br0", 1), port("eth0", 2, 1), port("eth1", 3, 1),
		macvtap("macvtap0", 4, 2), macvtap("macvtap1", 5, 2), macvtap("macvtap2", 6, 3)};
	struct show_facts facts = {devices, LENGTH(devices), {0}};

	(void)state;
	draw_is(&facts, "br0", &drawn,
		"NAME          GUEST/NETWORK  STATE       CHECKSUM\n"
		"br0                          STP off     nobody\n"
		"├─eth0        (uplink)       forwarding\n"
		"│ ├─macvtap0                 up          nobody\n"
		"│ └─macvtap1                 up          nobody\n"
		"└─eth1        (uplink)       forwarding\n"
		"  └─macvtap2                 up          nobody\n");
	devices[0].link.parent = 4; /* no kernel does that */
	draw_is(&facts, NULL, &drawn, "NAME\n");
}

static void test_openvswitch(void **state)
{
	struct show_device devices[] = {bridge("ovs-system", 1), tap("vnet0", 2, 0)};
	struct show_facts facts = {devices, LENGTH(devices), {0}};

	(void)state;
	facts.devices[0].link.bridge.kind = BRIDGE_OPENVSWITCH;
	facts.devices[1].link.master = 1;
	draw_is(&facts, NULL, &plain,
		"NAME        STATE         CHECKSUM\n"
		"ovs-system  Open vSwitch\n"
		"`-vnet0     up            nobody\n");
}

static void test_order(void **state)
{
	static const char *const names[] = {"a", "a0", "a00", "a01", "a1", "a2", "a10", "a10b2",
		"a10b10", "a10b10c", "b", "b1x", "b1y", "b10", "ba"};
	struct show_device devices[LENGTH(names)];
	struct show_facts facts = {devices, LENGTH(devices), {0}};
	CLEANUP(show_rows_clear) struct show_rows rows = {0};

	(void)state;
	for (size_t i = 0; i < LENGTH(names); i++)
		facts.devices[i] = bridge(names[i * 7 % LENGTH(names)], (unsigned int)i + 1);
	(void)show_want(&facts, NULL);
	show_tree(&facts, &rows);
	for (size_t i = 0; i < LENGTH(names); i++)
		assert_string_equal(rows.rows[i].cells[SHOW_NAME], names[i]);
}

/* No line is wider, and every line tells what was cut. */
static void test_narrow(void **state)
{
	struct show_device devices[] = {slow_bridge("br-of-15-letter", 1), tap("vnet0", 2, 1)};
	struct show_name names[] = {{"br-of-15-letter", NULL, (char[]){"a network of the office"}},
		{"vnet0", (char[]){"the guest with the longest name of all, by far"}, NULL}};
	struct show_facts facts = {devices, LENGTH(devices), {names, LENGTH(names)}};
	struct show_style style = {.utf8 = true, .columns = 60};

	(void)state;
	facts.devices[1].htb = 1000000;
	draw_is(&facts, NULL, &style,
		"NAME             GUEST/NET…  STATE       CHECKSUM  LIMIT\n"
		"br-of-15-letter  a network…  STP, root…  nobody\n"
		"└─vnet0          the guest…  forwarding  nobody    in 1000 …\n");
	style.utf8 = false;
	style.columns = 72;
	draw_is(&facts, NULL, &style,
		"NAME             GUEST/NETWORK    STATE           CHECKSUM  LIMIT\n"
		"br-of-15-letter  a network of...  STP, root, ...  nobody\n"
		"`-vnet0          the guest wi...  forwarding      nobody    in 1000 kB/s\n");
	style.columns = 20;
	draw_is(&facts, NULL, &style,
		"NAME      G  S  C  L\n"
		"br-of...  a  S  n\n"
		"`-vnet0   t  f  n  i\n");
}

/* Who names a guest may not write on the terminal, nor push what follows out of its column. */
static void test_names_that_are_no_text(void **state)
{
	struct show_device devices[] = {bridge("br0", 1), tap("vnet0", 2, 1), tap("vnet1", 3, 1)};
	struct show_name names[] = {{"vnet0", (char[]){"a\033[2J\nb\xff"}, NULL},
		{"vnet1", (char[]){"w\xc3\xa4hler"}, NULL}};
	struct show_facts facts = {devices, LENGTH(devices), {names, LENGTH(names)}};

	(void)state;
	draw_is(&facts, NULL, &plain,
		"NAME     GUEST/NETWORK      STATE       CHECKSUM\n"
		"br0                         STP off     nobody\n"
		"|-vnet0  a\\x1b[2J\\x0ab\\xff  forwarding  nobody\n"
		"`-vnet1  w\\xc3\\xa4hler      forwarding  nobody\n");
	facts.names.names[1].guest = (char[]){"w\xc3\xa4hler \xe7\xbd\x91\xe6\xa1\xa5"};
	assert_non_null(setlocale(LC_CTYPE, "C.UTF-8"));
	draw_is(&facts, NULL, &drawn,
		"NAME     GUEST/NETWORK      STATE       CHECKSUM\n"
		"br0                         STP off     nobody\n"
		"├─vnet0  a\\x1b[2J\\x0ab\\xff  forwarding  nobody\n"
		"└─vnet1  w\xc3\xa4hler \xe7\xbd\x91\xe6\xa1\xa5        forwarding  nobody\n");
	setlocale(LC_CTYPE, "C");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tree),
		cmocka_unit_test(test_states),
		cmocka_unit_test(test_bridges),
		cmocka_unit_test(test_bridges_checksums),
		cmocka_unit_test(test_ports_checksums),
		cmocka_unit_test(test_served_at_the_bridge),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_depths),
		cmocka_unit_test(test_openvswitch),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_narrow),
		cmocka_unit_test(test_names_that_are_no_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
