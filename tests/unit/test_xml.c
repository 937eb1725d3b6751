// SPDX-License-Identifier: GPL-2.0-or-later
/* XML to model: what comes in, and what does not. */
#include "test.h"

#include "alloc.h"
#include "domain_xml.h"
#include "log_capture.h"
#include "network_xml.h"
#include "xml.h"

#include <errno.h>

static xmlDoc *parse(const char *text)
{
	log_capture_clear();
	return xml_parse("XML", text, strlen(text));
}

static void assert_refused(const char *text, const char *reason)
{
	assert_null(parse(text));
	assert_non_null(strstr(log_captured, reason));
}

static void test_refused(void **state)
{
	(void)state;
	assert_refused("", "not understood");
	assert_refused("<domain", "not understood");
	assert_refused("<domain></network>", "not understood: line 1");
	assert_refused("\x7f"
		       "ELF",
		"not understood");
	assert_refused("<!DOCTYPE domain><domain/>", "DTD is refused");
	assert_refused("<!DOCTYPE d SYSTEM 'file:///etc/passwd'><d/>", "DTD is refused");
	assert_refused(
		"<!DOCTYPE d [<!ENTITY x SYSTEM '/etc/passwd'>]><d>&x;</d>", "DTD is refused");
	assert_refused("<!DOCTYPE d [<!ENTITY a 'aa'><!ENTITY b '&a;&a;'>]><d x='&b;'/>",
		"DTD is refused");
	assert_refused("<d>&unknown;</d>", "not understood");
}

static void test_deep(void **state)
{
	const size_t depth = 100000;
	char *text = malloc(3 * depth + 1);

	(void)state;
	for (size_t i = 0; i < depth; i++)
		memcpy(text + 3 * i, "<a>", 3);
	text[3 * depth] = '\0';
	assert_refused(text, "not understood");
	free(text);
}

static void read_guest(const char *text, struct guest *guest)
{
	xmlDoc *doc = parse(text);

	assert_non_null(doc);
	assert_int_equal(domain_xml_read(xmlDocGetRootElement(doc), guest), 0);
	xmlFreeDoc(doc);
}

static void test_guest(void **state)
{
	struct guest guest;

	(void)state;
	read_guest("<domain type='kvm' xmlns:q='http://example.org/q'>"
		   "<name>many &amp; odd</name><uuid>u</uuid>"
		   "<os><boot dev='hd'/><boot dev='network'/></os>"
		   "<q:devices><interface type='bridge'/></q:devices>"
		   "<devices><disk/>"
		   "<interface type='bridge'><mac address='52:54:00:4d:5f:ea'/>"
		   "<source bridge='br&#48;'/><target dev='mytap7'/><model type='virtio'/>"
		   "<driver name='vhost' queues='2'><guest csum='off'/><host csum='off'/></driver>"
		   "<boot order='2'/></interface>"
		   "<interface type='direct'><source dev='bond2' mode='bridge'/></interface>"
		   "<interface type='vdpa'><source dev='/dev/vhost-vdpa-0'/></interface>"
		   "<interface type='new'/><interface/>"
		   "</devices></domain>",
		&guest);
	assert_string_equal(guest.name, "many & odd");
	assert_true(guest.kvm);
	assert_true(guest.boot_network);
	assert_int_equal(guest.nic_count, 5);

	const struct guest_nic *nic = &guest.nics[0];
	assert_int_equal(nic->type, NIC_BRIDGE);
	assert_string_equal(nic->mac, "52:54:00:4d:5f:ea");
	assert_string_equal(nic->bridge, "br0");
	assert_string_equal(nic->target, "mytap7");
	assert_string_equal(nic->model, "virtio");
	assert_int_equal(nic->backend, BACKEND_VHOST);
	assert_true(nic->guest_csum_off);
	assert_int_equal(nic->boot_order, 2);

	assert_int_equal(guest.nics[1].type, NIC_DIRECT);
	assert_string_equal(guest.nics[1].lower, "bond2");
	assert_string_equal(guest.nics[1].mode, "bridge");
	assert_int_equal(guest.nics[2].type, NIC_VDPA);
	assert_string_equal(guest.nics[2].lower, "");
	assert_int_equal(guest.nics[3].type, NIC_OTHER);
	assert_int_equal(guest.nics[4].type, NIC_OTHER);
	assert_string_equal(log_captured, "");
	guest_clear(&guest);
}

static void test_limits(void **state)
{
	struct guest guest;

	(void)state;
	read_guest("<domain><devices>"
		   "<interface type='direct' trustGuestRxFilters='yes'><source dev='eth1'/>"
		   "</interface>"
		   "<interface><port isolated='yes'/><filterref filter='clean &lt;'/>"
		   "<vlan><tag id='42'/></vlan></interface>"
		   "<interface trustGuestRxFilters='no'><port isolated='no'/><filterref/>"
		   "<vlan><tag id='7'/><tag id='8'/></vlan></interface>"
		   "<interface><vlan trunk='yes'><tag id='9'/></vlan></interface>"
		   "<interface><vlan/><port/></interface></devices></domain>",
		&guest);
	assert_true(guest.nics[0].trusts_rx_filters);
	assert_false(guest.nics[0].isolated);
	assert_null(guest.nics[0].filter);
	assert_int_equal(guest.nics[0].vlan, 0);
	assert_true(guest.nics[1].isolated);
	assert_string_equal(guest.nics[1].filter, "clean <");
	assert_int_equal(guest.nics[1].vlan, 42);
	assert_false(guest.nics[1].vlan_trunk);
	assert_false(guest.nics[2].trusts_rx_filters);
	assert_false(guest.nics[2].isolated);
	assert_null(guest.nics[2].filter);
	assert_int_equal(guest.nics[2].vlan, 7);
	assert_true(guest.nics[2].vlan_trunk);
	assert_true(guest.nics[3].vlan_trunk);
	assert_int_equal(guest.nics[4].vlan, 0);
	assert_false(guest.nics[4].vlan_trunk);
	guest_clear(&guest);
}

static void test_openvswitch(void **state)
{
	struct guest guest;

	(void)state;
	read_guest("<domain><devices><interface><virtualport type='openvswitch'><parameters/>"
		   "</virtualport></interface><interface><virtualport type='midonet'/></interface>"
		   "<interface><virtualport/></interface><interface/></devices></domain>",
		&guest);
	assert_true(guest.nics[0].openvswitch);
	for (size_t i = 1; i < 4; i++)
		assert_false(guest.nics[i].openvswitch);
	guest_clear(&guest);
}

static void test_every_interface_type(void **state)
{
	static const char *const types[] = {"bridge", "client", "direct", "ethernet", "hostdev",
		"internal", "mcast", "network", "null", "server", "udp", "user", "vdpa", "vds",
		"vhostuser"};
	char text[256];
	struct guest guest;

	(void)state;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		snprintf(text, sizeof(text),
			"<domain><devices><interface type='%s'/></devices></domain>", types[i]);
		read_guest(text, &guest);
		/* The enum is in the order of the alphabet, after "other". */
		assert_int_equal(guest.nics[0].type, i + 1);
		guest_clear(&guest);
	}
}

static void test_interface_names(void **state)
{
	static const char *const bad[] = {"", ".", "..", "../../x", "a/b", "a:b", "a b", "a\tb",
		"a\nb", "a\vb", "a\fb", "a\rb", "sixteen-bytes-xx",
		"forty-bytes-forty-bytes-forty-bytes-fort",
		/* eight characters */
		"br\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc",
		/* the kernel's isspace() takes its last byte for a space */
		"br\xc3\xa0"};
	static const char *const good[] = {"br0", "x", "fifteen-bytes-x", "%n%s", "x$(reboot)",
		"a.b", "...", "br\xc3\xbc\x63ke0", "\xe7\xbd\x91\xe6\xa1\xa5\x30", "a\x7f\x01",
		"\xff\xfe", "a\xc2\x85z"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(ifname_is_valid(bad[i]));
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(ifname_is_valid(good[i]));
}

static void test_bad_interface_name(void **state)
{
	struct guest guest;

	(void)state;
	read_guest("<domain><devices><interface type='bridge'><source bridge='../../x'/>"
		   "</interface></devices></domain>",
		&guest);
	assert_string_equal(guest.nics[0].bridge, "");
	assert_non_null(strstr(log_captured, "<source bridge='../../x'> is not the name of an "));
	guest_clear(&guest);
	/* No character is cut in two, and what is cut says so. */
	read_guest(
		"<domain><devices><interface type='bridge'><source bridge='0123456789012345678901"
		"23456789012345678901234567890123456789012\xc3\xbc'/></interface></devices>"
		"</domain>",
		&guest);
	assert_non_null(strstr(log_captured, "9012\xc3\xbc'> is not the name of an "));
	guest_clear(&guest);
	read_guest(
		"<domain><devices><interface type='bridge'><source bridge='0123456789012345678901"
		"23456789012345678901234567890123456789\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3"
		"\xbc'/>"
		"</interface></devices></domain>",
		&guest);
	assert_non_null(strstr(log_captured, "6789\xc3\xbc...[cut]'> is not the name of an "));
	guest_clear(&guest);
}

/* Some are logged, and the rest counted. */
static void test_many_bad_interface_names(void **state)
{
	char text[16384] = "<domain><devices>";
	size_t length = strlen(text);
	struct guest guest;

	(void)state;
	for (unsigned int i = 0; i < 100; i++)
		length += (size_t)snprintf(text + length, sizeof(text) - length,
			"<interface type='bridge'><source bridge='a:%u'/></interface>", i);
	snprintf(text + length, sizeof(text) - length, "</devices></domain>");
	read_guest(text, &guest);
	assert_int_equal(guest.nic_count, 100);
	assert_non_null(strstr(log_captured, "bridge='a:9'"));
	assert_null(strstr(log_captured, "bridge='a:10'"));
	assert_non_null(
		strstr(log_captured, "90 more names in the XML are not names of interfaces"));
	guest_clear(&guest);
	read_guest("<domain><devices><interface type='bridge'><source bridge='b:1'/></interface>"
		   "</devices></domain>",
		&guest);
	assert_non_null(strstr(log_captured, "bridge='b:1'"));
	guest_clear(&guest);
}

static void test_bad_values(void **state)
{
	struct guest guest;

	(void)state;
	read_guest("<domain><devices><interface type='network'>"
		   "<mac address='52:54:00:4d:5f:ea:00'/><boot order='-1'/></interface>"
		   "<interface><mac address='x2:54:00:4d:5f:ea'/><boot order='99999999999'/>"
		   "</interface></devices></domain>",
		&guest);
	for (size_t i = 0; i < 2; i++) {
		assert_string_equal(guest.nics[i].mac, "");
		assert_int_equal(guest.nics[i].boot_order, 0);
	}
	guest_clear(&guest);
}

static void test_not_a_domain(void **state)
{
	struct guest guest;
	xmlDoc *doc = parse("<network/>");

	(void)state;
	assert_int_equal(domain_xml_read(xmlDocGetRootElement(doc), &guest), -EINVAL);
	guest_clear(&guest);
	xmlFreeDoc(doc);
}

static int read_network(const char *text, struct network *network)
{
	xmlDoc *doc = parse(text);

	assert_non_null(doc);
	int result = network_xml_read(xmlDocGetRootElement(doc), network);
	xmlFreeDoc(doc);
	return result;
}

static void test_forward_modes(void **state)
{
	static const struct {
		const char *forward;
		enum forward_mode mode;
		bool managed;
	} modes[] = {
		{"", FORWARD_ISOLATED, true},
		{"<forward/>", FORWARD_NAT, true},
		{"<forward mode='nat'/>", FORWARD_NAT, true},
		{"<forward mode='route'/>", FORWARD_ROUTE, true},
		{"<forward mode='open'/>", FORWARD_OPEN, true},
		{"<forward mode='bridge'/>", FORWARD_BRIDGE, false},
		{"<forward mode='private'/>", FORWARD_PRIVATE, false},
		{"<forward mode='vepa'/>", FORWARD_VEPA, false},
		{"<forward mode='passthrough'/>", FORWARD_PASSTHROUGH, false},
		{"<forward mode='hostdev'/>", FORWARD_HOSTDEV, false},
		{"<forward mode='new'/>", FORWARD_OTHER, false},
	};
	char text[256];
	struct network network;

	(void)state;
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		snprintf(text, sizeof(text), "<hookData><network>%s</network></hookData>",
			modes[i].forward);
		assert_int_equal(read_network(text, &network), 0);
		assert_int_equal(network.forward, modes[i].mode);
		assert_int_equal(network_is_managed(&network), modes[i].managed);
		network_clear(&network);
	}
}

static void test_network(void **state)
{
	struct network network;

	(void)state;
	assert_int_equal(read_network("<hookData><network><name>n</name><uuid>u</uuid>"
				      "<bridge name='virbr1' stp='off' delay='7'/>"
				      "<ip><tftp root='/x'/><dhcp><bootp file='f'/></dhcp></ip>"
				      "<ip family='ipv6'><dhcp/></ip></network></hookData>",
				 &network),
		0);
	assert_string_equal(network.name, "n");
	assert_string_equal(network.bridge, "virbr1");
	assert_false(network.stp);
	assert_int_equal(network.delay, 7);
	assert_true(network.service[IPV4].dhcp);
	assert_true(network.service[IPV4].tftp);
	assert_true(network.service[IPV6].dhcp);
	assert_false(network.service[IPV6].tftp);
	assert_null(network.port.owner_name);
	network_clear(&network);
}

static bool network_has_vlan(const char *inside)
{
	char *text = alloc_format("<network><name>n</name>%s</network>", inside);
	struct network network;

	read_network(text, &network);
	bool has = network.vlan;
	network_clear(&network);
	free(text);
	return has;
}

static void test_network_vlan(void **state)
{
	(void)state;
	assert_false(network_has_vlan("<portgroup name='plain' default='yes'/>"));
	assert_true(network_has_vlan("<vlan><tag id='9'/></vlan>"));
	assert_true(network_has_vlan("<portgroup name='plain'/><portgroup name='nine'><vlan><tag "
				     "id='9'/></vlan></portgroup>"));
}

static void test_parents(void **state)
{
	struct network network;

	(void)state;
	assert_int_equal(
		read_network("<network><forward dev='eth0' mode='bridge'><interface dev='eth0'/>"
			     "<interface dev='eth1'/><interface/><interface dev='a/b'/>"
			     "<pf dev='eth9'/></forward></network>",
			&network),
		0);
	assert_int_equal(network.parent_count, 2);
	assert_string_equal(network.parents[0].name, "eth0");
	assert_string_equal(network.parents[1].name, "eth1");
	assert_string_equal(network.pf, "eth9");
	network_clear(&network);
	assert_int_equal(read_network("<network><forward/></network>", &network), 0);
	assert_int_equal(network.parent_count, 0);
	network_clear(&network);
}

static void check_macvtap_port(const char *text, bool reaches_macvlans)
{
	struct network network;

	assert_int_equal(read_network(text, &network), 0);
	assert_string_equal(network.port.lower, "p0");
	assert_int_equal(network.port.reaches_macvlans, reaches_macvlans);
	network_clear(&network);
}

static void test_macvtap_ports(void **state)
{
	(void)state;
	check_macvtap_port("<hookData><network/><networkport>"
			   "<plug type='direct' dev='p0' mode='bridge'/></networkport></hookData>",
		true);
	check_macvtap_port("<hookData><network/><networkport>"
			   "<plug type='direct' dev='p0' mode='vepa'/></networkport></hookData>",
		false);
	check_macvtap_port("<hookData><network/><interface type='direct'>"
			   "<source dev='p0' mode='bridge'/></interface></hookData>",
		true);
}

static bool is_openvswitch(const char *inside_network, const char *beside)
{
	char text[512];
	struct network network;

	snprintf(text, sizeof(text), "<hookData><network>%s</network>%s</hookData>", inside_network,
		beside);
	assert_int_equal(read_network(text, &network), 0);
	bool is = network.openvswitch;
	network_clear(&network);
	return is;
}

static void test_openvswitch_network(void **state)
{
	static const char is[] = "<virtualport type='openvswitch'/>";
	static const char in_group[] = "<portgroup name='a'/><portgroup name='b'>"
				       "<virtualport type='openvswitch'/></portgroup>";

	(void)state;
	assert_false(is_openvswitch("<portgroup><virtualport type='802.1Qbh'/></portgroup>", ""));
	assert_true(is_openvswitch(is, ""));
	assert_true(is_openvswitch(in_group, ""));
	assert_true(
		is_openvswitch("", "<networkport><virtualport type='openvswitch'/></networkport>"));
	assert_true(is_openvswitch("", "<interface><virtualport type='openvswitch'/></interface>"));
}

/* What the options have dnsmasq serve: "d4", "t4", "d6", "t6". */
static void check_options(const char *options, const char *wanted)
{
	static const char start[] =
		"<network xmlns:d='http://libvirt.org/schemas/network/dnsmasq/1.0'"
		" xmlns:x='urn:x'><name>n</name>";
	struct network network;
	char text[1024];
	char got[16];

	snprintf(text, sizeof(text), "%s%s</network>", start, options);
	assert_int_equal(read_network(text, &network), 0);
	snprintf(got, sizeof(got), "%s%s%s%s", network.service[IPV4].dhcp ? "d4" : "",
		network.service[IPV4].tftp ? "t4" : "", network.service[IPV6].dhcp ? "d6" : "",
		network.service[IPV6].tftp ? "t6" : "");
	assert_string_equal(got, wanted);
	network_clear(&network);
}

#define OPTIONS(options) "<d:options>" options "</d:options>"
#define OPTION(value) "<d:option value='" value "'/>"

static void test_dnsmasq_options(void **state)
{
	(void)state;
	check_options(
		OPTIONS(OPTION("log-dhcp") OPTION("dhcp-range=192.0.2.9,192.0.2.99,1h")), "d4");
	check_options(OPTIONS(OPTION(" dhcp-range = set:a,tag:b, 192.0.2.9,proxy")), "d4");
	check_options(OPTIONS(OPTION("dhcp-range=tag:b,fd00::9,fd00::99,64,1h")), "d6");
	check_options(OPTIONS(OPTION("dhcp-range=::,constructor:virbr1,ra-only")), "");
	check_options(OPTIONS(OPTION("dhcp-range-x=192.0.2.9") OPTION("enable-tftp-x")), "");
	check_options(OPTIONS(OPTION("enable-tftp")), "t4");
	check_options(OPTIONS(OPTION("dhcp-boot=x") OPTION("dhcp-range=192.0.2.9,static")), "d4t4");
	check_options(OPTIONS(OPTION("enable-tftp=virbr1") OPTION("dhcp-range=fd00::9")), "d6t6");
	check_options("<ip><dhcp/></ip>" OPTIONS(
			      OPTION("pxe-service=x86PC,a,b") OPTION("dhcp-range=fd00::9")),
		"d4t4d6t6");
	check_options("<ip><tftp root='/x'/></ip>" OPTIONS(OPTION("dhcp-range=fd00::9")), "t4d6");
	/* Another program's, and what libvirt does not read. */
	check_options("<x:options><x:option value='enable-tftp'/></x:options>", "");
	check_options("<options><option value='enable-tftp'/></options>", "");
	check_options(OPTIONS("<d:option/><option value='enable-tftp'/>"), "");
}

static void check_port(const char *text)
{
	struct network network;

	assert_int_equal(read_network(text, &network), 0);
	assert_string_equal(network.name, "n");
	assert_string_equal(network.port.owner_name, "g");
	assert_string_equal(network.port.mac, "52:54:00:00:40:46");
	assert_true(network.stp);
	network_clear(&network);
}

static void test_ports(void **state)
{
	(void)state;
	check_port("<hookData><network><name>n</name></network><networkport><owner><name>g</name>"
		   "<uuid>gu</uuid></owner><mac address='52:54:00:00:40:46'/>"
		   "<plug type='network' bridge='virbr1'/></networkport></hookData>");
	/* libvirt before 5.5: network first or interface first */
	check_port("<hookData><interface type='network'><mac address='52:54:00:00:40:46'/>"
		   "<source network='n'/></interface><network><name>n</name></network>"
		   "<domain type='kvm'><name>g</name><uuid>gu</uuid></domain></hookData>");
	check_port("<hookData><network><name>n</name></network><domain><name>g</name>"
		   "<uuid>gu</uuid></domain><interface><mac address='52:54:00:00:40:46'/>"
		   "</interface></hookData>");
}

static void test_no_network(void **state)
{
	struct network network;

	(void)state;
	assert_int_equal(read_network("<hookData/>", &network), -EINVAL);
	network_clear(&network);
	assert_int_equal(read_network("<domain/>", &network), -EINVAL);
	network_clear(&network);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_deep),
		cmocka_unit_test(test_guest),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_openvswitch),
		cmocka_unit_test(test_every_interface_type),
		cmocka_unit_test(test_interface_names),
		cmocka_unit_test(test_bad_interface_name),
		cmocka_unit_test(test_many_bad_interface_names),
		cmocka_unit_test(test_bad_values),
		cmocka_unit_test(test_not_a_domain),
		cmocka_unit_test(test_forward_modes),
		cmocka_unit_test(test_network),
		cmocka_unit_test(test_openvswitch_network),
		cmocka_unit_test(test_parents),
		cmocka_unit_test(test_network_vlan),
		cmocka_unit_test(test_dnsmasq_options),
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_macvtap_ports),
		cmocka_unit_test(test_no_network),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
