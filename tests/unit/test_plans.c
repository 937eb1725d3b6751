// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every input that libvirt really gave to a hook, on four hosts, from XML to what is done
 * to the host and what is said: compared with golden/HOST.txt. To accept a change:
 *
 *     UPDATE_GOLDEN=1 build/tests/test_plans && git diff tests/unit/golden
 */
#include "test.h"

#include "apply.h"
#include "diagnose.h"
#include "fake_host.h"
#include "golden.h"
#include "read_all.h"
#include "report.h"
#include "xml.h"

/* A host on which nothing is as a guest needs it. */
static const struct fake_host troubled =
	{
		.bridges =
			{
				{.state = {.name = "br0",
					 .kind = BRIDGE_LINUX,
					 .stp = STP_KERNEL,
					 .forward_delay = 1500,
					 .is_root = true,
					 .other_ports = 1},
					.dhcp_server = {true, true}},
				{.state = {.name = "virbr15",
					 .kind = BRIDGE_LINUX,
					 .stp = STP_KERNEL,
					 .forward_delay = 1500,
					 .is_root = true},
					.dhcp_server = {true, false}},
				{.state = {.name = "virbr-rt",
					 .kind = BRIDGE_LINUX,
					 .stp = STP_KERNEL,
					 .forward_delay = 400,
					 .is_root = true},
					.dhcp_server = {true, true}},
				{.state = {.name = "virbr-iso",
					 .kind = BRIDGE_LINUX,
					 .forward_delay = 1500},
					.dhcp_server = {true, false}},
				{.state = {.name = "virbr-op",
					 .kind = BRIDGE_LINUX,
					 .stp = STP_KERNEL,
					 .forward_delay = 200,
					 .is_root = true},
					.dhcp_server = {true, false}},
				{.state = {.name = "virbr-nd",
					 .kind = BRIDGE_LINUX,
					 .stp = STP_KERNEL,
					 .forward_delay = 1500,
					 .is_root = true}},
				{.state = {.name = "virbr0",
					 .kind = BRIDGE_LINUX,
					 .stp = STP_KERNEL,
					 .forward_delay = 200,
					 .is_root = true},
					.dhcp_server = {true, false}},
			},
		/* Those with an address are there when the network's port is told of, as they are
		 * when libvirtd starts anew. */
		.ports =
			{
				{.bridge = "virbr15",
					.port = {.name = "vnet0", .state = PORT_LISTENING}},
				{.bridge = "virbr-rt",
					.port = {.name = "vnet1",
						.mac = {0xfe, 0x54, 0, 0x68, 0x0b, 0x05},
						.state = PORT_LEARNING}},
				{.bridge = "virbr-iso",
					.port = {.name = "vnet2", .state = PORT_FORWARDING}},
				{.bridge = "virbr-op",
					.port =
						{.name = "vnet3",
							.mac = {0xfe, 0x54, 0, 0xab, 0x55, 0xd7},
							.state = PORT_FORWARDING}},
				{.bridge = "br0",
					.port = {.name = "vnet4", .state = PORT_LISTENING}},
				{.bridge = "br0",
					.port = {.name = "mytap7", .state = PORT_DISABLED}},
				{.bridge = "br0",
					.port = {.name = "ethtap9", .state = PORT_LEARNING}},
			},
		.vhost_net = true,
		.support = {.table = true, .target = true},
};

/* A host on which libvirt's own rules and short delays already do what is needed. */
static const struct fake_host quiet = {
	.bridges =
		{
			{.state = {.name = "br0", .kind = BRIDGE_LINUX, .forward_delay = 1500}},
			{.state = {.name = "virbr15",
				 .kind = BRIDGE_LINUX,
				 .stp = STP_KERNEL,
				 .forward_delay = 200,
				 .is_root = true},
				.dhcp_server = {true, false},
				.fill = {{.ours = FILL_UDP, .rules = 1, .others = FILL_DHCP}, {0}}},
			{.state = {.name = "virbr-rt",
				 .kind = BRIDGE_LINUX,
				 .stp = STP_KERNEL,
				 .forward_delay = 200,
				 .is_root = true},
				.dhcp_server = {true, true},
				.fill = {{.others = FILL_DHCP}, {.ours = FILL_DHCP, .rules = 1}}},
			{.state = {.name = "virbr-iso", .kind = BRIDGE_LINUX},
				.dhcp_server = {true, false},
				.fill = {{.ours = FILL_UDP, .rules = 1, .others = FILL_DHCP}, {0}}},
			{.state = {.name = "virbr-op", .kind = BRIDGE_LINUX},
				.dhcp_server = {true, false},
				.fill = {{.others = FILL_DHCP}, {0}}},
			{.state = {.name = "virbr-nd", .kind = BRIDGE_LINUX}},
			{.state = {.name = "virbr0", .kind = BRIDGE_LINUX},
				.dhcp_server = {true, false},
				.fill = {{.others = FILL_DHCP}, {0}}},
		},
	.ports =
		{
			{.bridge = "virbr15",
				.port = {.name = "vnet0",
					.mac = {0xfe, 0x54, 0, 0, 0x40, 0x46},
					.state = PORT_FORWARDING}},
			{.bridge = "br0", .port = {.name = "mytap7", .state = PORT_FORWARDING}},
		},
	.support = {.table = true, .target = true},
};

/* A host where hardly anything can be repaired; virbr-nd is absent. */
static const struct fake_host foreign = {
	.bridges =
		{
			{.state = {.name = "br0",
				 .kind = BRIDGE_LINUX,
				 .stp = STP_KERNEL,
				 .forward_delay = 1500,
				 .root = "1000.525400aabbcc",
				 .other_ports = 2},
				.dhcp_server = {true, false}},
			{.state = {.name = "virbr15",
				 .kind = BRIDGE_LINUX,
				 .stp = STP_USER,
				 .forward_delay = 1500,
				 .is_root = true},
				.dhcp_server = {true, false}},
			{.state = {.name = "virbr-rt", .kind = BRIDGE_OPENVSWITCH},
				.dhcp_server = {true, true}},
			{.state = {.name = "virbr-iso", .kind = BRIDGE_NOT_A_BRIDGE}},
			{.state = {.name = "virbr-op",
				 .kind = BRIDGE_LINUX,
				 .stp = STP_KERNEL,
				 .forward_delay = 3000,
				 .root = "1000.525400aabbcc",
				 .other_ports = 1},
				.dhcp_server = {true, false},
				.fill = {{.others = FILL_DHCP}, {0}}},
		},
	.ports =
		{
			{.bridge = "virbr15", .port = {.name = "vnet0", .state = PORT_LISTENING}},
			{.bridge = "virbr-op", .port = {.name = "vnet3", .state = PORT_LISTENING}},
			{.bridge = "br0", .port = {.name = "vnet4", .state = PORT_BLOCKING}},
		},
	.stp_program = true,
	.vhost_net = true,
	.support = {.table = false, .target = false},
};

/* A host of today, with act_csum and no legacy iptables. */
static const struct fake_host modern = {
	.bridges =
		{
			{.state = {.name = "br0", .kind = BRIDGE_LINUX},
				.dhcp_server = {true, true}},
			{.state = {.name = "virbr15", .kind = BRIDGE_LINUX},
				.dhcp_server = {true, false},
				.fill = {{.others = FILL_DHCP}, {0}}},
			{.state = {.name = "virbr-rt", .kind = BRIDGE_LINUX},
				.dhcp_server = {true, true},
				.filter = {.others = {FILL_DHCP, FILL_NONE}}},
			{.state = {.name = "virbr-iso", .kind = BRIDGE_LINUX},
				.dhcp_server = {true, false},
				.filter = {.blocked = true}},
			{.state = {.name = "virbr-op", .kind = BRIDGE_LINUX},
				.dhcp_server = {true, false},
				.tx_checksum_off = true},
			{.state = {.name = "virbr-nd", .kind = BRIDGE_LINUX}},
			{.state = {.name = "virbr0", .kind = BRIDGE_LINUX},
				.dhcp_server = {true, false}},
			{.state = {.name = "host0", .kind = BRIDGE_MACVLAN},
				.lower = "p0",
				.dhcp_server = {true, false}},
		},
	.ports =
		{
			{.bridge = "virbr15", .port = {.name = "vnet0", .state = PORT_FORWARDING}},
			{.bridge = "virbr-rt", .port = {.name = "vnet1", .state = PORT_FORWARDING}},
			{.bridge = "virbr-iso",
				.port = {.name = "vnet2", .state = PORT_FORWARDING},
				.filter = {.blocked = true}},
			{.bridge = "br0", .port = {.name = "vnet4", .state = PORT_FORWARDING}},
			{.bridge = "br0", .port = {.name = "mytap7", .state = PORT_FORWARDING}},
			{.lower = "p0", .port = {.name = "macvtap0", .macvtap = true}},
			{.lower = "p0",
				.port = {.name = "macvtap1", .macvtap = true},
				.filter = {.blocked = true}},
		},
	.vhost_net = true,
	.filter_supported = true,
};

struct hook_case {
	char file[64];
	char hook[16];
	char object[32];
	char operation[32];
};

static const struct {
	const char *name;
	enum event_kind kind;
} operations[] = {
	{"network start", EVENT_NETWORK_START},
	{"network started", EVENT_NETWORK_ACTIVE},
	{"network updated", EVENT_NETWORK_ACTIVE},
	{"network port-created", EVENT_NETWORK_ACTIVE},
	{"network stopped", EVENT_NETWORK_STOPPED},
	{"network port-deleted", EVENT_NETWORK_PORT_DELETED},
	{"qemu prepare", EVENT_GUEST_PREPARE},
	{"qemu start", EVENT_GUEST_START},
	{"qemu reconnect", EVENT_GUEST_RECONNECT},
	{"qemu release", EVENT_GUEST_RELEASE},
	{"qemu migrate", EVENT_GUEST_ARRIVE},
	{"qemu restore", EVENT_GUEST_ARRIVE},
};

#define OPERATIONS (sizeof(operations) / sizeof(operations[0]))

static enum event_kind kind_of(const struct hook_case *hook_case)
{
	char name[64];

	snprintf(name, sizeof(name), "%s %s", hook_case->hook, hook_case->operation);
	for (size_t i = 0; i < OPERATIONS; i++) {
		if (strcmp(operations[i].name, name) == 0)
			return operations[i].kind;
	}
	return EVENT_IGNORED;
}

static xmlDoc *read_fixture(const char *name)
{
	char path[256];
	char *text;
	size_t length;

	snprintf(path, sizeof(path), "%s/%s", FIXTURES, name);
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	assert_int_equal(read_all(fileno(file), &text, &length), 0);
	fclose(file);
	xmlDoc *doc = xml_parse("XML", text, length);
	free(text);
	assert_non_null(doc);
	return doc;
}

static void print_plan(FILE *out, const struct plan *plan)
{
	for (size_t i = 0; i < plan->finding_count; i++) {
		char *line = report_finding(plan, &plan->findings[i]);
		fprintf(out, "%s\n", line);
		free(line);
	}
	for (size_t i = 0; i < plan->action_count; i++) {
		char *line = report_action(&plan->actions[i]);
		fprintf(out, "%s\n", line);
		free(line);
	}
}

/* What the hooks do, with the result on @out instead of in the log. */
static void run_case(FILE *out, const struct hook_case *hook_case, enum event_kind kind)
{
	const struct policy policy = policy_defaults();
	xmlDoc *doc = read_fixture(hook_case->file);
	const xmlNode *root = xmlDocGetRootElement(doc);
	struct diagnosis diagnosis;

	if (strcmp(hook_case->hook, "network") == 0) {
		assert_int_equal(diagnose_network(&diagnosis, kind, root, &policy), 0);
		assert_string_equal(diagnosis.network.name, hook_case->object);
	} else {
		assert_int_equal(diagnose_guest(&diagnosis, kind, root, &policy), 0);
		assert_string_equal(diagnosis.guest.name, hook_case->object);
	}
	while (diagnose_next(&diagnosis))
		apply_actions(&diagnosis.plan);
	print_plan(out, &diagnosis.plan);
	diagnosis_clear(&diagnosis);
	xmlFreeDoc(doc);
}

static char *run_all(const struct fake_host *host)
{
	struct hook_case hook_case;
	char *text;
	size_t length;
	int count = 0;
	FILE *cases = fopen(FIXTURES "/cases.tsv", "r");
	FILE *out = open_memstream(&text, &length);

	assert_non_null(cases);
	while (fscanf(cases, "%63[^\t]\t%15[^\t]\t%31[^\t]\t%31[^\t]\t%*[^\n]\n", hook_case.file,
		       hook_case.hook, hook_case.object, hook_case.operation) == 4) {
		enum event_kind kind = kind_of(&hook_case);
		count++;
		if (kind == EVENT_IGNORED)
			continue;
		fprintf(out, "== %s\n", hook_case.file);
		/* Each case meets the host anew, and twice: the second time nothing is left to do.
		 */
		fake_host = *host;
		fake_host.record = out;
		run_case(out, &hook_case, kind);
		fprintf(out, "-- again\n");
		run_case(out, &hook_case, kind);
	}
	fclose(cases);
	fclose(out);
	assert_int_equal(count, 62);
	return text;
}

static void check_host(const char *path, const struct fake_host *host)
{
	char *text = run_all(host);

	check_golden(path, text);
	free(text);
}

static void test_troubled(void **state)
{
	(void)state;
	check_host("tests/unit/golden/troubled.txt", &troubled);
}

static void test_quiet(void **state)
{
	(void)state;
	check_host("tests/unit/golden/quiet.txt", &quiet);
}

static void test_foreign(void **state)
{
	(void)state;
	check_host("tests/unit/golden/foreign.txt", &foreign);
}

static void test_modern(void **state)
{
	(void)state;
	check_host("tests/unit/golden/modern.txt", &modern);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_troubled),
		cmocka_unit_test(test_quiet),
		cmocka_unit_test(test_foreign),
		cmocka_unit_test(test_modern),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
