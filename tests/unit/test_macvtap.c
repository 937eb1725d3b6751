// SPDX-License-Identifier: GPL-2.0-or-later
/* Guests on macvtaps, from XML to what is done and said: which device they are on. */
#include "test.h"

#include "apply.h"
#include "diagnose.h"
#include "fake_host.h"
#include "xml.h"

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

/* An event of a guest whose one interface is on @source: what is done to fake_host and what is
 * found, as "CHANGE; ... FINDING ...". */
static const char *event_on(enum event_kind kind, const char *source, const char *mode)
{
	static char text[1024];
	char xml[512];
	const struct policy policy = policy_defaults();
	struct diagnosis guest;

	snprintf(xml, sizeof(xml),
		"<domain type='kvm'><name>web</name><devices><interface type='direct'>"
		"<mac address='52:54:00:00:00:01'/><source dev='%s' mode='%s'/>"
		"<target dev='macvtap0'/><model type='virtio'/></interface></devices></domain>",
		source, mode);
	memset(text, 0, sizeof(text));
	fake_host.record = fmemopen(text, sizeof(text) - 1, "w");
	xmlDoc *doc = xml_parse("XML", xml, strlen(xml));
	assert_int_equal(diagnose_guest(&guest, kind, xmlDocGetRootElement(doc), &policy), 0);
	apply_actions(&guest.plan);
	for (size_t i = 0; i < guest.plan.finding_count; i++)
		fprintf(fake_host.record, "%s: %s\n", guest.plan.findings[i].slug,
			guest.plan.findings[i].evidence);
	fclose(fake_host.record);
	diagnosis_clear(&guest);
	xmlFreeDoc(doc);
	return text;
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
	assert_non_null(strstr(said, "macvtap-peer-offload: no DHCP server of this host is on p1"));
	/* Without a macvtap of this name there is only the XML. */
	fake_host.ports[0].port.name[0] = '\0';
	assert_string_equal(
		event_on(EVENT_GUEST_START, "host0", "bridge"), "host: IPv4 rules: host0=udp\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lower_of_the_xml),
		cmocka_unit_test(test_made_on_a_macvlan),
		cmocka_unit_test(test_kernel_knows_better),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
