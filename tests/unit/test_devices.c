// SPDX-License-Identifier: GPL-2.0-or-later
/* From XML to what is done and said: on which bridge or lower device the kernel has a guest's tap
 * or macvtap. */
#include "test.h"

#include "apply.h"
#include "diagnose.h"
#include "fake_host.h"
#include "log_capture.h"
#include "recover.h"
#include "report.h"
#include "xml.h"

#include <errno.h>

/* A host whose own macvlan has a DHCP server, and whose kernel can make rules only. */
static const struct fake_host host = {
	.bridges =
		{
			{.state = {.name = "host0", .kind = BRIDGE_MACVLAN},
				.lower = "p0",
				.dhcp_server = {true, false}},
			{.state = {.name = "host1", .kind = BRIDGE_MACVLAN}, .lower = "p1"},
		},
	.ports = {{.lower = "p0", .port = {.name = "macvtap0", .macvtap = true}}},
	.support = {.table = true, .target = true, .in_use = true},
};

/* An event of a guest with one interface: what is done to fake_host and what is found, a line each.
 */
static const char *event_with(
	enum event_kind kind, const char *interface, const struct policy *policy)
{
	static char text[2048];
	char xml[512];
	struct diagnosis guest;

	snprintf(xml, sizeof(xml),
		"<domain type='kvm'><name>web</name><devices>%s</devices></domain>", interface);
	memset(text, 0, sizeof(text));
	fake_host.record = fmemopen(text, sizeof(text) - 1, "w");
	xmlDoc *doc = xml_parse("XML", xml, strlen(xml));
	assert_int_equal(diagnose_guest(&guest, kind, xmlDocGetRootElement(doc), policy), 0);
	while (diagnose_next(&guest))
		apply_actions(&guest.plan);
	for (size_t i = 0; i < guest.plan.finding_count; i++) {
		if (guest.plan.findings[i].severity != SEVERITY_DEBUG)
			fprintf(fake_host.record, "%s of %s: %s\n", guest.plan.findings[i].slug,
				guest.plan.findings[i].bridge, guest.plan.findings[i].evidence);
	}
	fclose(fake_host.record);
	diagnosis_clear(&guest);
	xmlFreeDoc(doc);
	return text;
}

/* The same for a macvtap on @source. */
static const char *event_on(enum event_kind kind, const char *source, const char *mode)
{
	const struct policy policy = policy_defaults();
	char interface[256];

	snprintf(interface, sizeof(interface),
		"<interface type='direct'><mac address='52:54:00:00:00:01'/>"
		"<source dev='%s' mode='%s'/><target dev='macvtap0'/><model type='virtio'/>"
		"</interface>",
		source, mode);
	return event_with(kind, interface, &policy);
}

static void test_lower_of_the_xml(void **state)
{
	(void)state;
	fake_host = host;
	assert_string_equal(
		event_on(EVENT_GUEST_START, "p0", "bridge"), "host: IPv4 rules: host0=udp\n");
	assert_string_equal(event_on(EVENT_GUEST_START, "p0", "bridge"), "");
	assert_string_equal(
		event_on(EVENT_GUEST_RELEASE, "p0", "bridge"), "host: IPv4 rules: host0=none\n");
}

/* The kernel has put it beside the macvlan. */
static void test_made_on_a_macvlan(void **state)
{
	(void)state;
	fake_host = host;
	assert_string_equal(
		event_on(EVENT_GUEST_START, "host0", "bridge"), "host: IPv4 rules: host0=udp\n");
	fake_host.ports[0].port.name[0] = '\0'; /* gone by then */
	assert_string_equal(
		event_on(EVENT_GUEST_RELEASE, "host0", "bridge"), "host: IPv4 rules: host0=none\n");
}

/* Whatever the XML says of it. */
static void test_kernel_knows_better(void **state)
{
	const char *said;

	(void)state;
	fake_host = host;
	assert_string_equal(
		event_on(EVENT_GUEST_RECONNECT, "p1", "bridge"), "host: IPv4 rules: host0=udp\n");
	fake_host = host;
	fake_host.ports[0].lower = "p1";
	said = event_on(EVENT_GUEST_START, "p0", "bridge");
	assert_non_null(
		strstr(said, "macvtap-peer-offload of : no DHCP server of this host is on p1"));
	/* Without a macvtap of this name there is only the XML. */
	fake_host.ports[0].port.name[0] = '\0';
	assert_string_equal(
		event_on(EVENT_GUEST_START, "host0", "bridge"), "host: IPv4 rules: host0=udp\n");
}

/* What is done when libvirt tells of a port for a macvtap that will be on @source. */
static const char *port_on(const char *source, const char *mode, const struct policy *policy)
{
	static char text[1024];
	char xml[512];
	struct diagnosis network;

	snprintf(xml, sizeof(xml),
		"<hookData><network><name>pool</name><forward "
		"mode='bridge'/></network><networkport>"
		"<owner><name>web</name></owner><plug type='direct' dev='%s' mode='%s'/>"
		"</networkport></hookData>",
		source, mode);
	memset(text, 0, sizeof(text));
	fake_host.record = fmemopen(text, sizeof(text) - 1, "w");
	xmlDoc *doc = xml_parse("XML", xml, strlen(xml));
	assert_int_equal(
		diagnose_network(&network, EVENT_NETWORK_ACTIVE, xmlDocGetRootElement(doc), policy),
		0);
	while (diagnose_next(&network))
		apply_actions(&network.plan);
	fclose(fake_host.record);
	diagnosis_clear(&network);
	xmlFreeDoc(doc);
	return text;
}

/* If it is plugged into a running guest, this is the only event. */
static void test_coming_macvtap(void **state)
{
	struct policy policy = policy_defaults();

	(void)state;
	fake_host = host;
	assert_string_equal(port_on("p0", "vepa", &policy), "");
	assert_string_equal(port_on("p0", "bridge", &policy), "host: IPv4 rules: host0=udp\n");
	assert_string_equal(port_on("p0", "bridge", &policy), "");
	fake_host = host;
	assert_string_equal(port_on("host0", "bridge", &policy), "host: IPv4 rules: host0=udp\n");
	/* A filter of its own is better. */
	fake_host = host;
	fake_host.filter_supported = true;
	assert_string_equal(port_on("p0", "bridge", &policy), "");
	for (policy.mechanism = MECHANISM_TC; policy.mechanism <= MECHANISM_NONE;
		policy.mechanism++) {
		fake_host = host;
		assert_string_equal(port_on("p0", "bridge", &policy), "");
	}
}

/* What is said of the host's server on p0 itself, or nothing. */
static void check_unreachable(const char *mode, const char *wanted)
{
	enum event_kind kind;

	for (kind = EVENT_GUEST_START; kind <= EVENT_GUEST_RECONNECT; kind++) {
		const char *said = event_on(kind, "p0", mode);
		assert_int_equal(strstr(said, "macvtap-host-unreachable") != NULL, *wanted != '\0');
		assert_non_null(strstr(said, wanted));
	}
	assert_null(strstr(event_on(EVENT_GUEST_PREPARE, "p0", mode), "unreachable"));
}

static void test_server_on_the_lower_device(void **state)
{
	(void)state;
	fake_host = host;
	fake_host.bridges[0].dhcp_server[IPV4] = false;
	check_unreachable("bridge", "");
	fake_host.dhcp_anywhere = true; /* who knows where it listens */
	check_unreachable("bridge", "");
	fake_host.dhcp_anywhere = false;
	fake_host.dhcp_on_lower[IPV4] = true;
	check_unreachable(
		"bridge", "a DHCP server of this host listens on p0 itself; a macvtap sends");
	check_unreachable("vepa", "; in mode vepa");
	check_unreachable("", "; in mode vepa");
	check_unreachable("private", "; mode private keeps");
	check_unreachable("passthrough", "; mode passthrough gives");
	/* It has nothing to do with checksums, and what was said about those was not so. */
	fake_host.support = (struct rule_support){0};
	fake_host.filter_supported = true;
	check_unreachable("bridge", "; a macvtap sends");
	fake_host.filter_supported = false;
	assert_null(strstr(event_on(EVENT_GUEST_START, "p0", "bridge"), "macvtap-peer-offload"));
}

/* Another one on a macvlan will do, for a guest that reaches it. */
static void test_server_beside_it(void **state)
{
	(void)state;
	fake_host = host;
	fake_host.dhcp_on_lower[IPV4] = true;
	check_unreachable("bridge", "");
	check_unreachable("vepa", "; in mode vepa");
	fake_host.dhcp_on_lower[IPV6] = true;
	check_unreachable("bridge", "a DHCPv6 server of this host listens on p0 itself;");
	fake_host.bridges[0].dhcp_server[IPV6] = true;
	check_unreachable("bridge", "");
}

/* Two bridges with a DHCP server each; the guest's tap is on br1. */
static const struct fake_host bridges = {
	.bridges =
		{
			{.state = {.name = "br0",
				 .kind = BRIDGE_LINUX,
				 .stp = STP_KERNEL,
				 .forward_delay = 1500,
				 .is_root = true},
				.dhcp_server = {true, false}},
			{.state = {.name = "br1",
				 .kind = BRIDGE_LINUX,
				 .stp = STP_KERNEL,
				 .forward_delay = 1500,
				 .is_root = true},
				.dhcp_server = {true, false}},
		},
	.ports = {{.bridge = "br1", .port = {.name = "tap0", .state = PORT_FORWARDING}}},
	.support = {.table = true, .target = true, .in_use = true},
	.vhost_net = true,
};

#define TAP \
	"<mac address='52:54:00:00:00:01'/><target dev='tap0'/><model type='virtio'/></interface>"
#define EXPOSED                                                                                 \
	"vhost-exposed of br1: virtio with vhost-net, a DHCP server on this host, and nothing " \
	"that completes DHCP checksums\n"

static const char *const on_bridges[] = {
	"<interface type='ethernet'>" TAP,
	"<interface type='bridge'><source bridge='br1'/>" TAP,
	"<interface type='bridge'><source bridge='br0'/>" TAP,
	"<interface type='network'><source network='n' bridge='br0'/>" TAP,
};

/* Whatever the XML says of it, which may be nothing. */
static void test_bridge_of_the_port(void **state)
{
	const struct policy policy = policy_defaults();

	(void)state;
	for (size_t i = 0; i < sizeof(on_bridges) / sizeof(on_bridges[0]); i++) {
		fake_host = bridges;
		assert_string_equal(event_with(EVENT_GUEST_START, on_bridges[i], &policy),
			"host: IPv4 rules: br1=dhcp\n" EXPOSED);
		assert_string_equal(event_with(EVENT_GUEST_RECONNECT, on_bridges[i], &policy), "");
		assert_true(fake_host.bridges[1].fill[IPV4].for_guests);
	}
}

/* One that the XML does not name was not seen to at "prepare". */
static void test_hold_of_the_port(void **state)
{
	static const char *const wanted[] = {"host: forward delay of br1 = 200\n", "",
		"host: forward delay of br1 = 200\n", "host: forward delay of br1 = 200\n"};
	struct policy policy = policy_defaults();

	(void)state;
	policy.mechanism = MECHANISM_NONE;
	policy.hold = HOLD_MIN_DELAY;
	for (size_t i = 0; i < sizeof(on_bridges) / sizeof(on_bridges[0]); i++) {
		fake_host = bridges;
		const char *said = event_with(EVENT_GUEST_START, on_bridges[i], &policy);
		assert_memory_equal(said, wanted[i], strlen(wanted[i]));
		assert_null(strstr(said, "br0"));
		assert_int_equal(*said == '\0', *wanted[i] == '\0');
	}
}

/* What lies beyond the port is asked when that forwards: it takes a dump of the bridge's ports. */
static void test_port_before_its_path(void **state)
{
	static const char xml[] = "<domain type='kvm'><name>web</name><devices><interface "
				  "type='bridge'><source bridge='br1'/>" TAP "</devices></domain>";
	const struct policy policy = policy_defaults();
	char said[512] = "";
	struct diagnosis guest;

	(void)state;
	fake_host = bridges;
	fake_host.ports[0].port.state = PORT_LISTENING;
	fake_host.record = fmemopen(said, sizeof(said), "w");
	xmlDoc *doc = xml_parse("XML", xml, strlen(xml));
	assert_int_equal(
		diagnose_guest(&guest, EVENT_GUEST_START, xmlDocGetRootElement(doc), &policy), 0);
	assert_true(diagnose_next(&guest));
	apply_actions(&guest.plan);
	fflush(fake_host.record);
	assert_non_null(strstr(said, "edge"));
	assert_int_equal(fake_host.dumps, 0);
	assert_true(diagnose_next(&guest));
	assert_int_equal(fake_host.dumps, 1);
	fclose(fake_host.record);
	diagnosis_clear(&guest);
	xmlFreeDoc(doc);
}

/* STP that is switched on again is logged as whatever else is done, by whom it ever is: at once. */
static void test_recovery_of_stp(void **state)
{
	(void)state;
	log_capture_clear();
	fake_host = (struct fake_host){.recovered = "br7", .recovery = -ENOMEM};
	recover_stp(NULL);
	assert_non_null(strstr(log_captured, "3 action=stp-on bridge=br7 why=\""));
	assert_non_null(strstr(log_captured, "result=failed error=\"Cannot allocate memory\""));

	fake_host.recovery = -ECANCELED; /* an administrator wants it so */
	recover_stp(NULL);
	assert_non_null(strstr(log_captured, "5 action=stp-on bridge=br7 "));
}

/* Set one delay in another's place, of br7. */
static int set_delay(unsigned int before, unsigned int delay)
{
	char said[64] = "";
	struct action action = {.kind = ACTION_SET_FORWARD_DELAY,
		.bridge = "br7",
		.ifindex = 1,
		.delay_before = before,
		.delay = delay,
		.result = -EINVAL};
	struct plan plan = {.actions = &action, .action_count = 1};

	log_capture_clear();
	fake_host.record = fmemopen(said, sizeof(said) - 1, "w");
	apply_actions(&plan);
	fclose(fake_host.record);
	return action.result;
}

/* A delay is shortened also where nobody will know what it was, and that is said. */
static void test_delay_without_note(void **state)
{
	(void)state;
	fake_host = (struct fake_host){.bridges = {{.state = {.name = "br7"}}}};
	assert_int_equal(set_delay(1500, 200), 0);
	assert_string_equal(log_captured, "");
	fake_host.note_error = -ENOSPC;
	assert_int_equal(set_delay(1500, 200), 0);
	assert_non_null(strstr(log_captured, "the forward delay that 'br7' had cannot be noted"));
	assert_int_equal(set_delay(200, 1500), 0);
	assert_string_equal(log_captured, "");
}

/* And the rule goes with it, wherever it was. */
static void test_release_of_the_port(void **state)
{
	const struct policy policy = policy_defaults();

	(void)state;
	for (size_t i = 0; i < sizeof(on_bridges) / sizeof(on_bridges[0]); i++) {
		fake_host = bridges;
		event_with(EVENT_GUEST_START, on_bridges[i], &policy);
		fake_host.bridges[1].state.guest_ports = 1; /* somebody else's */
		assert_string_equal(event_with(EVENT_GUEST_RELEASE, on_bridges[i], &policy), "");
		fake_host.bridges[1].state.guest_ports = 0;
		assert_string_equal(event_with(EVENT_GUEST_RELEASE, on_bridges[i], &policy),
			"host: IPv4 rules: br1=none\n");
	}
	/* A tap that libvirt made for type "ethernet" is gone by then. */
	fake_host = bridges;
	event_with(EVENT_GUEST_START, on_bridges[0], &policy);
	fake_host.ports[0].port.name[0] = '\0';
	assert_string_equal(event_with(EVENT_GUEST_RELEASE, on_bridges[0], &policy),
		"host: IPv4 rules: br1=none\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lower_of_the_xml),
		cmocka_unit_test(test_made_on_a_macvlan),
		cmocka_unit_test(test_kernel_knows_better),
		cmocka_unit_test(test_coming_macvtap),
		cmocka_unit_test(test_server_on_the_lower_device),
		cmocka_unit_test(test_server_beside_it),
		cmocka_unit_test(test_bridge_of_the_port),
		cmocka_unit_test(test_hold_of_the_port),
		cmocka_unit_test(test_port_before_its_path),
		cmocka_unit_test(test_recovery_of_stp),
		cmocka_unit_test(test_delay_without_note),
		cmocka_unit_test(test_release_of_the_port),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
