// SPDX-License-Identifier: GPL-2.0-or-later
/* Where a probe plugs its card in, from what libvirt says and a fake host. */
#include "test.h"

#include "fake_host.h"
#include "libvirt_read.h"
#include "log_capture.h"
#include "probe_place.h"

#include <errno.h>

/* Of the type that what is read has. */
#define TEXT(text) ((char[]){text})

static const struct fake_host host = {
	.bridges =
		{
			{.state = {.name = "br0", .kind = BRIDGE_LINUX, .other_ports = 1}},
			{.state = {.name = "virbr0", .kind = BRIDGE_LINUX}},
			{.state = {.name = "vlans", .kind = BRIDGE_LINUX, .vlan_filtering = true}},
			{.state = {.name = "eth1", .kind = BRIDGE_NOT_A_BRIDGE}},
			{.state = {.name = "eth2", .kind = BRIDGE_NOT_A_BRIDGE, .down = true}},
			{.state = {.name = "ovs0", .kind = BRIDGE_OPENVSWITCH}},
			{.state = {.name = "idle", .kind = BRIDGE_LINUX, .down = true}},
			{.state = {.name = "eth0", .kind = BRIDGE_NOT_A_BRIDGE}},
		},
	.ports =
		{
			{.bridge = "br0", .port = {.name = "vnet0", .state = PORT_FORWARDING}},
			{.bridge = "vlans",
				.port = {.name = "vnet1"},
				.vlans = {.pvid = 42, .untagged = 42}},
			{.bridge = "vlans", .port = {.name = "vnet2"}, .vlans = {.tagged = 7}},
			{.bridge = "vlans", .port = {.name = "vnet3"}},
			{.lower = "eth1", .port = {.name = "macvtap0", .macvtap = true}},
			{.bridge = "br0", .port = {.name = "eth0", .state = PORT_FORWARDING}},
		},
};

#define NETWORK(text) "<network><name>n</name>" text "</network>"

static const struct libvirt_object networks[] = {
	{.name = TEXT("nat"),
		.active = true,
		.xml = TEXT(NETWORK("<forward/><bridge name='virbr0'/>"))},
	{.name = TEXT("lan"),
		.active = true,
		.xml = TEXT(NETWORK("<forward mode='bridge'/><bridge name='br0'/>"))},
	{.name = TEXT("off"), .xml = TEXT(NETWORK("<bridge name='virbr7'/>"))},
	{.name = TEXT("gone"),
		.active = true,
		.xml = TEXT(NETWORK("<forward/><bridge name='virbr9'/>"))},
	{.name = TEXT("managed"),
		.active = true,
		.xml = TEXT(NETWORK("<bridge name='vlans' macTableManager='libvirt'/>"))},
	{.name = TEXT("groups"),
		.active = true,
		.xml = TEXT(NETWORK("<forward mode='bridge'/><bridge name='vlans'/>"
				    "<vlan><tag id='5'/></vlan><port isolated='yes'/>"
				    "<portgroup name='std' default='yes'><vlan><tag id='6'/></vlan>"
				    "</portgroup><portgroup name='open'>"
				    "</portgroup>"))},
	{.name = TEXT("trunk"),
		.active = true,
		.xml = TEXT(NETWORK("<forward mode='bridge'/><bridge name='vlans'/>"
				    "<vlan trunk='yes'><tag id='5'/><tag id='6'/></vlan>"))},
	{.name = TEXT("native"),
		.active = true,
		.xml = TEXT(
			NETWORK("<forward mode='bridge'/><bridge name='vlans'/><vlan trunk='yes'>"
				"<tag id='5'/><tag id='6' nativeMode='untagged'/></vlan>"))},
	{.name = TEXT("pool"),
		.active = true,
		.xml = TEXT(NETWORK("<forward mode='private'><interface dev='eth1'/></forward>"))},
	{.name = TEXT("whole"),
		.active = true,
		.xml = TEXT(
			NETWORK("<forward mode='passthrough'><interface dev='eth1'/></forward>"))},
	{.name = TEXT("cards"),
		.active = true,
		.xml = TEXT(NETWORK("<forward mode='hostdev'><pf dev='eth1'/></forward>"))},
	{.name = TEXT("ovs"),
		.active = true,
		.xml = TEXT(NETWORK("<forward mode='bridge'/><bridge name='ovs0'/>"
				    "<virtualport type='openvswitch'/>"))},
};

static struct libvirt_object guest;
static int open_result;

int libvirt_open(const char *uri, struct libvirt **libvirt)
{
	(void)uri;
	*libvirt = NULL;
	return open_result;
}

void libvirt_close(struct libvirt **libvirt)
{
	*libvirt = NULL;
}

const char *libvirt_trouble(void)
{
	return "no daemon";
}

/* The objects stay the test's. */
static int give(const struct libvirt_object *object, struct libvirt_list *list)
{
	list->objects = calloc(1, sizeof(*list->objects));
	list->objects[0] = *object;
	list->count = 1;
	return 0;
}

int libvirt_networks(struct libvirt *libvirt, const char *name, struct libvirt_list *list)
{
	(void)libvirt;
	*list = (struct libvirt_list){0};
	for (size_t i = 0; i < sizeof(networks) / sizeof(networks[0]); i++) {
		if (strcmp(networks[i].name, name) == 0)
			return give(&networks[i], list);
	}
	return -ENOENT;
}

int libvirt_guests(struct libvirt *libvirt, const char *name, struct libvirt_list *list)
{
	(void)libvirt;
	*list = (struct libvirt_list){0};
	return guest.name && strcmp(guest.name, name) == 0 ? give(&guest, list) : -ENOENT;
}

void libvirt_list_clear(struct libvirt_list *list)
{
	free(list->objects);
}

/* The place as words, or the error and what was said. */
static const char *place_of(const struct probe_request *request)
{
	static char text[2048];
	struct probe_place found;

	fake_host = host;
	log_capture_clear();
	int result = probe_place_find(request, &found);
	if (result != 0) {
		snprintf(text, sizeof(text), "%s: %s",
			result == -ENOENT    ? "ENOENT"
			: result == -ENOTSUP ? "ENOTSUP"
					     : strerror(-result),
			log_captured);
		return text;
	}
	assert_string_equal(log_captured, "");
	assert_true(found.ifindex > 0);
	snprintf(text, sizeof(text), "%s %s%s%s vlan=%u%s%s%s%s%s%s",
		found.direct ? "macvtap" : "tap", found.device, found.direct ? " " : "",
		found.direct ? found.mode : "", found.vlan, found.isolated ? " isolated" : "",
		found.fdb_entry ? " fdb" : "", *found.port ? " port=" : "", found.port,
		*found.filter ? " filter=" : "", found.filter);
	return text;
}

static const char *place(enum probe_target target, const char *name)
{
	const struct probe_request request = {.target = target, .name = name};

	return place_of(&request);
}

static const char *place_in_vlan(enum probe_target target, const char *name, unsigned int vlan)
{
	const struct probe_request request = {.target = target, .name = name, .vlan = vlan};

	return place_of(&request);
}

static void refused(const char *got, const char *result, const char *said)
{
	if (strncmp(got, result, strlen(result)) != 0 || !strstr(got, said))
		fail_msg("'%s' instead of '%s: ...%s...'", got, result, said);
}

static void test_bridge(void **state)
{
	(void)state;
	assert_string_equal(place(PROBE_BRIDGE, "br0"), "tap br0 vlan=0");
	refused(place(PROBE_BRIDGE, "none"), "ENOENT", "there is no bridge 'none' in this network");
	refused(place(PROBE_BRIDGE, "a/b"), "ENOENT", "there is no bridge 'a/b'");
	refused(place(PROBE_BRIDGE, "eth1"), "ENOTSUP", "use --direct");
	refused(place(PROBE_BRIDGE, "ovs0"), "ENOTSUP", "a bridge of Open vSwitch");
	refused(place(PROBE_BRIDGE, "idle"), "ENOTSUP", "ip link set dev idle up");
}

static void test_ports_are_counted(void **state)
{
	const struct probe_request request = {.target = PROBE_BRIDGE, .name = "br0"};
	struct probe_place found;

	(void)state;
	fake_host = host;
	assert_int_equal(probe_place_find(&request, &found), 0);
	assert_true(found.bridge.ports_known);
	assert_int_equal(found.bridge.other_ports, 1);
}

static void test_parent(void **state)
{
	(void)state;
	assert_string_equal(place(PROBE_DIRECT, "eth1"), "macvtap eth1 bridge vlan=0");
	refused(place(PROBE_DIRECT, "none"), "ENOENT", "there is no device 'none'");
	refused(place(PROBE_DIRECT, "eth2"), "ENOTSUP", "ip link set dev eth2 up");
	refused(place(PROBE_DIRECT, "eth0"), "ENOTSUP", "is a port of bridge 'br0'");
	refused(place_in_vlan(PROBE_DIRECT, "eth1", 7), "ENOTSUP", "a macvtap is in no VLAN");
}

static void test_vlan(void **state)
{
	(void)state;
	assert_string_equal(place_in_vlan(PROBE_BRIDGE, "vlans", 7), "tap vlans vlan=7");
	refused(place_in_vlan(PROBE_BRIDGE, "br0", 7), "ENOTSUP", "does not filter VLANs");
}

static void test_network(void **state)
{
	(void)state;
	assert_string_equal(place(PROBE_NETWORK, "nat"), "tap virbr0 vlan=0");
	assert_string_equal(place(PROBE_NETWORK, "lan"), "tap br0 vlan=0");
	assert_string_equal(place(PROBE_NETWORK, "managed"), "tap vlans vlan=0 fdb");
	assert_string_equal(place(PROBE_NETWORK, "pool"), "macvtap eth1 private vlan=0");
	refused(place(PROBE_NETWORK, "off"), "ENOTSUP", "virsh net-start -- off");
	refused(place(PROBE_NETWORK, "gone"), "ENOENT", "there is no bridge 'virbr9'");
	refused(place(PROBE_NETWORK, "whole"), "ENOTSUP", "in mode 'passthrough'");
	refused(place(PROBE_NETWORK, "cards"), "ENOTSUP", "--direct");
	refused(place(PROBE_NETWORK, "ovs"), "ENOTSUP", "a bridge of Open vSwitch");
	refused(place(PROBE_NETWORK, "none"), "ENOENT", "there is no network 'none'");
}

static void test_network_vlan(void **state)
{
	(void)state;
	assert_string_equal(place(PROBE_NETWORK, "groups"), "tap vlans vlan=6 isolated");
	assert_string_equal(place_in_vlan(PROBE_NETWORK, "groups", 9), "tap vlans vlan=9 isolated");
	assert_string_equal(place(PROBE_NETWORK, "native"), "tap vlans vlan=6");
	refused(place(PROBE_NETWORK, "trunk"), "ENOTSUP", "--vlan");
	assert_string_equal(place_in_vlan(PROBE_NETWORK, "trunk", 6), "tap vlans vlan=6");
}

static void test_no_libvirt(void **state)
{
	(void)state;
	open_result = -ENOTCONN;
	refused(place(PROBE_NETWORK, "nat"), strerror(ENOTCONN), "cannot be reached: no daemon");
	open_result = -EINVAL;
	assert_string_equal(place(PROBE_NETWORK, "nat"), "Invalid argument: ");
	open_result = 0;
}

#define MAC "<mac address='52:54:00:00:00:01'/>"
#define NIC(type, source, more) \
	"<interface type='" type "'>" MAC "<source " source "/>" more "</interface>"
#define TARGET(name) "<target dev='" name "'/>"

static char guest_xml[4096];

static void set_guest(bool runs, const char *interfaces)
{
	static char name[] = "web";

	snprintf(guest_xml, sizeof(guest_xml),
		"<domain type='kvm'><name>web</name><devices>%s</devices></domain>", interfaces);
	guest = (struct libvirt_object){.name = name, .active = runs, .xml = guest_xml};
}

static const char *place_guest(bool runs, const char *interfaces)
{
	set_guest(runs, interfaces);
	return place(PROBE_GUEST, "web");
}

static void test_guest_that_is_off(void **state)
{
	(void)state;
	assert_string_equal(
		place_guest(false, NIC("network", "network='nat'", "")), "tap virbr0 vlan=0");
	assert_string_equal(place_guest(false, NIC("bridge", "bridge='br0'", TARGET("vnet0"))),
		"tap br0 vlan=0");
	assert_string_equal(place_guest(false, NIC("direct", "dev='eth1' mode='bridge'", "")),
		"macvtap eth1 bridge vlan=0");
	assert_string_equal(
		place_guest(false, NIC("direct", "dev='eth1'", "")), "macvtap eth1 vepa vlan=0");
	assert_string_equal(place_guest(false, NIC("network", "network='pool'", "")),
		"macvtap eth1 private vlan=0");
	refused(place_guest(false, NIC("network", "network='off'", "")), "ENOTSUP",
		"virsh net-start -- off");
	refused(place_guest(false, NIC("network", "network='none'", "")), "ENOENT",
		"network 'none', which does not exist");
	refused(place_guest(false, NIC("network", "network='cards'", "")), "ENOTSUP", "--direct");
	refused(place_guest(false, "<interface type='user'>" MAC "</interface>"), "ENOTSUP",
		"has no interface on a bridge");
	refused(place_guest(false, NIC("ethernet", "", "")), "ENOTSUP", "has no bridge");
	refused(place(PROBE_GUEST, "none"), "ENOENT", "there is no guest 'none'");
}

static void test_limits(void **state)
{
	(void)state;
	assert_string_equal(
		place_guest(false, NIC("bridge", "bridge='vlans'",
					   "<vlan><tag id='8'/></vlan><port isolated='yes'/>"
					   "<filterref filter='clean-traffic'/>")),
		"tap vlans vlan=8 isolated filter=clean-traffic");
	assert_string_equal(
		place_guest(false, NIC("network", "network='groups' portgroup='open'", "")),
		"tap vlans vlan=5 isolated");
	assert_string_equal(
		place_guest(false, NIC("network", "network='groups'", "<port isolated='no'/>")),
		"tap vlans vlan=6");
	assert_string_equal(place_guest(false, NIC("network", "network='groups'",
						       "<vlan><tag id='8'/></vlan>")),
		"tap vlans vlan=8 isolated");
	assert_string_equal(place_guest(false, NIC("network", "network='managed'", "")),
		"tap vlans vlan=0 fdb");
	/* It has no effect there. */
	assert_string_equal(
		place_guest(false, NIC("bridge", "bridge='br0'", "<vlan><tag id='8'/></vlan>")),
		"tap br0 vlan=0");
	refused(place_guest(false,
			NIC("bridge", "bridge='vlans'", "<vlan trunk='yes'><tag id='8'/></vlan>")),
		"ENOTSUP", "tags its packets");
}

static void test_guest_that_runs(void **state)
{
	(void)state;
	assert_string_equal(
		place_guest(true, NIC("network", "network='lan' bridge='br0'", TARGET("vnet0"))),
		"tap br0 vlan=0 port=vnet0");
	/* Its port is in another bridge, and in a VLAN that its XML does not know. */
	assert_string_equal(
		place_guest(true, NIC("network", "network='nat' bridge='virbr0'", TARGET("vnet1"))),
		"tap vlans vlan=42 port=vnet1");
	assert_string_equal(place_guest(true, NIC("bridge",
						      "network='managed' bridge='vlans' "
						      "macTableManager='libvirt'",
						      TARGET("vnet1"))),
		"tap vlans vlan=42 fdb port=vnet1");
	refused(place_guest(true, NIC("bridge", "bridge='vlans'", TARGET("vnet2"))), "ENOTSUP",
		"tags its packets");
	refused(place_guest(true, NIC("bridge", "bridge='vlans'", TARGET("vnet3"))), "ENOTSUP",
		"is in no VLAN of bridge 'vlans'");
	assert_string_equal(place_guest(true, NIC("ethernet", "", TARGET("vnet0"))),
		"tap br0 vlan=0 port=vnet0");
	assert_string_equal(
		place_guest(true, NIC("direct", "dev='eth1' mode='private'", TARGET("macvtap0"))),
		"macvtap eth1 private vlan=0 port=macvtap0");
	refused(place_guest(true, NIC("bridge", "bridge='ovs0'",
					  "<virtualport type='openvswitch'/>" TARGET("vnet9"))),
		"ENOTSUP", "a bridge of Open vSwitch");
}

static void test_interface(void **state)
{
	struct probe_request request = {
		.target = PROBE_GUEST, .name = "web", .interface = "52:54:00:00:00:0A"};
	struct probe_place found;

	(void)state;
	set_guest(false, NIC("bridge", "bridge='br0'",
				 "") "<interface type='bridge'><mac address='52:54:00:00:00:0a'/>"
				     "<source bridge='virbr0'/></interface>");
	assert_string_equal(place_of(&request), "tap virbr0 vlan=0");
	fake_host = host;
	assert_int_equal(probe_place_find(&request, &found), 0);
	assert_true(found.has_client);
	assert_memory_equal(found.client, "\x52\x54\0\0\0\x0a", MAC_SIZE);
	request.interface = "52:54:00:00:00:0b";
	refused(place_of(&request), "ENOENT", "it has 52:54:00:00:00:01, 52:54:00:00:00:0a");
	request.interface = "x";
	refused(place_of(&request), "ENOENT", "has no interface with the MAC address x");
}

/* Names are shown so that nothing in them is taken for anything else. */
static void test_untrusted_names(void **state)
{
	(void)state;
	const char *got = place(PROBE_NETWORK, "a\nb\x1b[2J");
	refused(got, "ENOENT", "there is no network 'a");
	assert_null(strchr(got, '\x1b'));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bridge),
		cmocka_unit_test(test_ports_are_counted),
		cmocka_unit_test(test_parent),
		cmocka_unit_test(test_vlan),
		cmocka_unit_test(test_network),
		cmocka_unit_test(test_network_vlan),
		cmocka_unit_test(test_no_libvirt),
		cmocka_unit_test(test_guest_that_is_off),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_guest_that_runs),
		cmocka_unit_test(test_interface),
		cmocka_unit_test(test_untrusted_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
