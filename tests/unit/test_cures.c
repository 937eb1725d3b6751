// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Cures for devices with hostile names: every cure with a name in it, for every kind of name, as
 * the log has it, compared with golden/hostile.txt. tests/netns/cures.sh pastes them. To accept a
 * change:
 *
 *     UPDATE_GOLDEN=1 build/tests/test_cures && git diff tests/unit/golden
 */
#include "test.h"

#include "cure.h"
#include "golden.h"
#include "report.h"
#include "whole_plan.h"

/* The first is an ordinary one, with which the test compares the others. */
static const char *const names[] = {"plain0", "$(reboot)", "`id`", "a'b", "'$(reboot)'", "-x",
	"--help", ";ls", "&&id", "|id", ">x", "#", "~", "*", "?", "[a-z]*", "{a,b}", "!1", "$HOME",
	"a\"b", "a\\b", "dev", "up", "type", "help", "a@b", "%s", "br\303\274cke0", "vnet+",
	"\x1b[7m", "\xff", "\302\23331m"};

#define NAMES (sizeof(names) / sizeof(names[0]))

/* What a plan says about a host, whose bridge or port has a hostile name. */
struct scene {
	struct bridge_facts bridge;
	struct port_facts port;
	struct guest_nic nic;
	struct guest guest;
	struct host_facts facts;
	struct policy policy;
};

static char guest_name[] = "web";
static char virtio[] = "virtio";
static char network[] = "net";

static void name_device(char device[IFNAME_SIZE], const char *name)
{
	snprintf(device, IFNAME_SIZE, "%s", name);
}

/* A guest's port on a bridge with STP and an uplink, all of which wait; and unfilled checksums. */
static void set_scene(struct scene *scene, const char *bridge, const char *port, const char *uplink)
{
	*scene = (struct scene){
		.bridge = {.state = {.kind = BRIDGE_LINUX,
				   .ifindex = 7,
				   .stp = STP_KERNEL,
				   .forward_delay = 1500,
				   .is_root = true,
				   .ports_known = true,
				   .other_ports = 1},
			.dhcp_server = {true, true}},
		.port = {.port = {.ifindex = 8, .bridge = 7, .state = PORT_LISTENING, .tap = true},
			.path = {.uplink = {.state = PORT_LISTENING, .forward_timer = 1500},
				.uplinks = 1,
				.vlan_known = true,
				.uplink_pvid = 7}},
		.nic = {.type = NIC_BRIDGE, .model = virtio},
		.facts = {.bridge_count = 1,
			.port_count = 1,
			.vhost_net = true,
			.fill_known = {true, true},
			.fill = {{.table = true, .target = true}, {.table = true, .target = true}}},
		.policy = policy_defaults(),
	};
	name_device(scene->bridge.asked, bridge);
	name_device(scene->bridge.state.name, bridge);
	name_device(scene->nic.bridge, bridge);
	name_device(scene->nic.target, port);
	name_device(scene->port.port.name, port);
	name_device(scene->port.path.uplink.name, uplink);
	scene->port.bridge = scene->bridge.state;
	scene->facts.bridges = &scene->bridge;
	scene->facts.ports = &scene->port;
	scene->guest = (struct guest){
		.name = guest_name, .kvm = true, .nics = &scene->nic, .nic_count = 1};
}

/* The golden plan as it grows. */
struct output {
	char *text;
	size_t length;
	size_t section; /* where what is about one name begins */
	FILE *file;
};

/* What is about the device of that name, once; the evidence has nothing to do with it. */
static void print_finding(
	struct output *out, const struct plan *plan, struct finding finding, const char *name)
{
	finding.evidence = NULL;
	char *line = report_finding(plan, &finding);

	assert_true(finding.cure || plan_advice(plan, &finding) ||
		    plan_repair(plan, &finding) == REPAIR_DONE);
	fflush(out->file);
	if ((strcmp(finding.bridge, name) == 0 || strcmp(finding.port, name) == 0) &&
		!strstr(out->text + out->section, line))
		fprintf(out->file, "%s\n", line);
	free(line);
}

static void print_findings(
	struct output *out, struct scene *scene, enum event_kind kind, const char *name)
{
	struct plan plan;

	scene->port.bridge = scene->bridge.state;
	plan_guest(&plan, kind, &scene->guest, &scene->facts, &scene->policy);
	for (size_t i = 0; i < plan.finding_count; i++)
		print_finding(out, &plan, plan.findings[i], name);
	plan_clear(&plan);
}

static void print_scenes(struct output *out, const char *device, const char *name)
{
	struct scene scene;

	fprintf(out->file, "== %s\n", device);
	fflush(out->file);
	out->section = out->length;
	set_scene(&scene, strcmp(device, "bridge") == 0 ? name : "br0",
		strcmp(device, "port") == 0 ? name : "vnet0",
		strcmp(device, "uplink") == 0 ? name : "eth0");
	print_findings(out, &scene, EVENT_GUEST_START, name);
	scene.bridge.state.down = true;
	scene.policy.hold = HOLD_MIN_DELAY;
	scene.guest.kvm = false;
	scene.guest.boot_network = true;
	print_findings(out, &scene, EVENT_GUEST_PREPARE, name);
	scene.policy.hold = HOLD_STP_OFF;
	scene.policy.mechanism = MECHANISM_ETHTOOL;
	print_findings(out, &scene, EVENT_GUEST_PREPARE, name);
	scene.bridge.state.stp = STP_USER;
	scene.policy.mechanism = MECHANISM_NONE;
	print_findings(out, &scene, EVENT_GUEST_START, name);
}

/* Each name in the place of each device. */
static char *print_all(void)
{
	struct output out = {0};

	out.file = open_memstream(&out.text, &out.length);
	assert_non_null(out.file);
	for (size_t i = 0; i < NAMES; i++) {
		print_scenes(&out, "bridge", names[i]);
		print_scenes(&out, "port", names[i]);
		print_scenes(&out, "uplink", names[i]);
	}
	fclose(out.file);
	return out.text;
}

static void test_hostile_names(void **state)
{
	char *text = print_all();

	(void)state;
	check_golden("tests/unit/golden/hostile.txt", text);
	free(text);
}

static void check_command(char *command, const char *wanted)
{
	assert_non_null(command);
	assert_string_equal(command, wanted);
	free(command);
}

static void test_words(void **state)
{
	(void)state;
	check_command(cure_command("ip link set dev %s up", "br0.7-a_b@c,d+"),
		"ip link set dev br0.7-a_b@c,d+ up");
	check_command(cure_command("a %s %u %s", "$(reboot)", 200U, "x"), "a '$(reboot)' 200 x");
	check_command(cure_command("a %s%s", "br\xc3\xbc", "*"), "a 'br\xc3\xbc''*'");
	check_command(cure_command("a"), "a");
}

static void test_words_that_cannot_be_pasted(void **state)
{
	static const char *const words[] = {
		"", "a'b", "a\"b", "a\\b", "\n", "\x7f", "\xff", "a\xc3", "\xc2\x9b"};

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		assert_null(cure_command("%s", words[i]));
		assert_null(cure_command("a %s %u b %s", words[i], 1U, "x"));
		assert_null(cure_command("a %s %u b %s", "x", 1U, words[i]));
	}
}

/* There is always something to say. */
static void test_refusal_without_a_command(void **state)
{
	struct scene scene;
	struct plan plan;

	(void)state;
	set_scene(&scene, "a'b", "vnet0", "eth0");
	scene.port.port.state = PORT_FORWARDING;
	plan_guest(&plan, EVENT_GUEST_START, &scene.guest, &scene.facts, &scene.policy);
	assert_int_not_equal(plan.finding_count, 0);
	for (size_t i = 0; i < plan.finding_count; i++) {
		char *text = plan_refusal(&plan, &plan.findings[i]);
		assert_non_null(strstr(text, plan.findings[i].cure ? "; cure: " : "; advice: "));
		free(text);
	}
	plan_clear(&plan);
}

/* Without a cure there is nothing that a guest could be started after. */
static void test_start_again(void **state)
{
	static const char *const bridges[] = {"a'b", "br0"};
	struct scene scene;
	struct plan plan;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		set_scene(&scene, bridges[i], "vnet0", "eth0");
		scene.nic.network = network; /* at the start only such a bridge is seen to then */
		scene.policy.hold = HOLD_MIN_DELAY;
		plan_guest(&plan, EVENT_GUEST_START, &scene.guest, &scene.facts, &scene.policy);
		const struct finding *held = plan.findings;
		while (strcmp(held->slug, "bridge-hold") != 0)
			held++;
		assert_non_null(strstr(held->evidence, "too late for this one"));
		assert_non_null(strstr(
			plan_advice(&plan, held), i == 0 ? "rename it" : "start the guest again"));
		plan_clear(&plan);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_words_that_cannot_be_pasted),
		cmocka_unit_test(test_refusal_without_a_command),
		cmocka_unit_test(test_hostile_names),
		cmocka_unit_test(test_start_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
