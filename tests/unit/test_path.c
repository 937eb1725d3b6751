// SPDX-License-Identifier: GPL-2.0-or-later
/* The path beyond a guest's port: what is asked about it, and what of it keeps a repair from
 * helping. */
#include "test.h"

#include "dispatch.h"
#include "fake_host.h"
#include "gather.h"
#include "gather_path.h"

#include <errno.h>
#include <stdlib.h>

static struct policy policy;

static const unsigned char tap[MAC_SIZE] = {0xfe, 0x54, 0, 0, 0, 1};

/* A guest's port on a bridge with one uplink, both of which listen. */
static void held_host(void)
{
	policy = policy_defaults();
	fake_host = (struct fake_host){
		.bridges = {{
			.state = {.name = "br0",
				.kind = BRIDGE_LINUX,
				.stp = STP_KERNEL,
				.forward_delay = 1500,
				.is_root = true,
				.other_ports = 1},
			.uplink = {.name = "eth0",
				.ifindex = 3,
				.state = PORT_LISTENING,
				.forward_timer = 1400},
		}},
		.ports = {{.bridge = "br0",
			.port = {.name = "vnet3", .mac = {0}, .state = PORT_LISTENING}}},
	};
	memcpy(fake_host.ports[0].port.mac, tap, sizeof(tap));
}

/*
 * The plan for the port as "FINDING=REPAIRED ...", after its actions have the result @result. They
 * can all be left to a watcher for the guest's port.
 */
static const char *path_plan(int result)
{
	static const char *const repairs[] = {"none", "no", "later", "yes"};
	const struct action watch = {.kind = ACTION_WATCH_PORT, .guest = "web"};
	static char text[128];
	struct host_facts facts;
	struct plan plan;

	assert_int_equal(gather_watched_port(1, tap, &facts), 0);
	plan_watched_port(&plan, &watch, &facts, &policy);
	gather_paths(&facts);
	plan_watched_path(&plan, &watch, &facts, &policy);
	for (size_t i = 0; i < plan.action_count; i++) {
		plan.actions[i].result = result;
		assert_memory_equal(plan.actions[i].port_mac, tap, sizeof(tap));
	}
	*text = '\0';
	for (size_t i = 0; i < plan.finding_count; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s=%s", i ? " " : "",
			plan.findings[i].slug, repairs[plan_repair(&plan, &plan.findings[i])]);
	plan_clear(&plan);
	host_facts_clear(&facts);
	return text;
}

static void test_uplink_held(void **state)
{
	struct bridge_port *uplink = &fake_host.bridges[0].uplink;

	(void)state;
	held_host();
	assert_string_equal(path_plan(0), "bridge-hold=no uplink-held=none");
	assert_string_equal(path_plan(-EINPROGRESS), "bridge-hold=no uplink-held=none");
	uplink->state = PORT_LEARNING;
	assert_string_equal(path_plan(0), "bridge-hold=no uplink-held=none");
	uplink->forward_timer = 2 * FORWARD_DELAY_MIN; /* a client waits for so long */
	assert_string_equal(path_plan(0), "bridge-hold=yes");
	assert_string_equal(path_plan(-EBUSY), "bridge-hold=no");
	uplink->state = PORT_FORWARDING;
	assert_string_equal(path_plan(0), "bridge-hold=yes");
}

/* It need not be STP that keeps packets in. Only a warning: no guest is refused for that. */
static void test_uplink_down(void **state)
{
	(void)state;
	held_host();
	fake_host.bridges[0].uplink.state = PORT_DISABLED;
	assert_string_equal(path_plan(0), "bridge-hold=no uplink-down=none");
	fake_host.bridges[0].uplink.state = PORT_BLOCKING;
	assert_string_equal(path_plan(0), "bridge-hold=no uplink-down=none");
	fake_host.bridges[0].state.other_ports = 0; /* nobody expects a way out */
	assert_string_equal(path_plan(0), "bridge-hold=yes");
}

/* The guest's server is on this host. */
static void test_served_here(void **state)
{
	(void)state;
	held_host();
	fake_host.bridges[0].dhcp_server[IPV4] = true;
	assert_string_equal(path_plan(0), "bridge-hold=yes uplink-held=none");
	fake_host.bridges[0].dhcp_server[IPV4] = false;
	fake_host.bridges[0].dhcp_server[IPV6] = true;
	assert_string_equal(path_plan(0), "bridge-hold=yes uplink-held=none");
	fake_host.bridges[0].dhcp_server[IPV6] = false;
	fake_host.dhcp_anywhere = true;
	assert_string_equal(path_plan(0), "bridge-hold=yes uplink-held=none");
}

static void test_uplink_edge(void **state)
{
	(void)state;
	held_host();
	policy.uplink_edge = true;
	assert_string_equal(path_plan(0), "bridge-hold=yes uplink-held=yes");
	assert_string_equal(path_plan(-EINPROGRESS), "bridge-hold=later uplink-held=later");
	assert_string_equal(path_plan(-EBUSY), "bridge-hold=no uplink-held=no");
	fake_host.ports[0].port.state = PORT_FORWARDING; /* as the watcher finds it */
	assert_string_equal(path_plan(0), "uplink-held=yes");
	fake_host.bridges[0].state.other_ports = 2; /* a loop through both is possible */
	assert_string_equal(path_plan(0), "uplink-held=none");
	fake_host.bridges[0].state.other_ports = 1;
	policy.hold = HOLD_REPORT;
	assert_string_equal(path_plan(0), "uplink-held=none");
	policy.hold = HOLD_EDGE;
	fake_host.stp_program = true;
	assert_string_equal(path_plan(0), "uplink-held=none");
	fake_host.stp_program = false;
	fake_host.bridges[0].uplink.state = PORT_BLOCKING; /* what STP has decided stays */
	assert_string_equal(path_plan(0), "uplink-down=none");
}

/* The bridge tells VLANs apart, without STP; the port's is 20, unless a test says otherwise. */
static void vlan_host(void)
{
	held_host();
	fake_host.bridges[0].state.stp = STP_OFF;
	fake_host.bridges[0].state.vlan_filtering = true;
	fake_host.bridges[0].uplink.ifindex = 1000;
	fake_host.ports[0].port.state = PORT_FORWARDING;
	fake_host.ports[0].vlans = (struct fake_vlans){.pvid = 20, .untagged = 20};
}

static void test_vlan_of_uplink(void **state)
{
	struct fake_vlans *uplink = &fake_host.bridges[0].uplink_vlans;

	(void)state;
	vlan_host();
	assert_string_equal(path_plan(0), "vlan-mismatch=none");
	*uplink = (struct fake_vlans){.pvid = 20, .untagged = 20};
	assert_string_equal(path_plan(0), "");
	*uplink = (struct fake_vlans){.pvid = 1, .untagged = 1, .tagged = 20};
	assert_string_equal(path_plan(0), "");
	*uplink = (struct fake_vlans){.pvid = 1, .untagged = 20}; /* no way back */
	assert_string_equal(path_plan(0), "vlan-mismatch=none");
	uplink->pvid = 20;
	fake_host.ports[0].vlans.pvid = 0;
	assert_string_equal(path_plan(0), "vlan-mismatch=none");
	fake_host.bridges[0].state.vlan_filtering = false;
	assert_string_equal(path_plan(0), "");
}

/* This host is in it by a VLAN device, or by a server on the bridge itself. */
static void test_vlan_of_bridge(void **state)
{
	(void)state;
	vlan_host();
	fake_host.bridges[0].vlans = (struct fake_vlans){.pvid = 1, .untagged = 1, .tagged = 20};
	assert_string_equal(path_plan(0), "");
	fake_host.bridges[0].vlans = (struct fake_vlans){.pvid = 20, .untagged = 20};
	assert_string_equal(path_plan(0), "vlan-mismatch=none");
	fake_host.bridges[0].dhcp_server[IPV6] = true;
	assert_string_equal(path_plan(0), "");
}

static enum severity first_severity(void)
{
	const struct action watch = {.kind = ACTION_WATCH_PORT};
	struct host_facts facts;
	struct plan plan;

	assert_int_equal(gather_watched_port(1, tap, &facts), 0);
	plan_watched_port(&plan, &watch, &facts, &policy);
	gather_paths(&facts);
	plan_watched_path(&plan, &watch, &facts, &policy);
	assert_int_equal(plan.finding_count, 1);
	enum severity severity = plan.findings[0].severity;
	plan_clear(&plan);
	host_facts_clear(&facts);
	return severity;
}

/* A guest that is a router may serve a VLAN of guests. */
static void test_vlan_of_guests(void **state)
{
	(void)state;
	vlan_host();
	fake_host.ports[1] = (struct fake_port){.bridge = "br0",
		.port = {.name = "vnet4", .guest = true, .state = PORT_FORWARDING},
		.vlans = {.pvid = 1, .untagged = 1}};
	assert_int_equal(first_severity(), SEVERITY_ERROR);
	fake_host.ports[1].vlans.tagged = 20;
	assert_int_equal(first_severity(), SEVERITY_INFO);
}

/* A guest that is to tag its packets has no PVID. */
static void test_vlan_trunk(void **state)
{
	(void)state;
	vlan_host();
	fake_host.ports[0].vlans = (struct fake_vlans){.tagged = 20};
	assert_int_equal(first_severity(), SEVERITY_INFO);
	fake_host.ports[0].vlans.tagged = 0;
	assert_int_equal(first_severity(), SEVERITY_ERROR);
}

/* The plan's first slug for a port that is still to come; the uplink is in VLAN 20. */
static const char *newcomer_slug(struct guest_nic *nic)
{
	static struct bridge_port uplink = {.name = "eth0", .ifindex = 1000};
	const struct guest guest = {.nics = nic, .nic_count = 1};
	struct bridge_facts bridge = {.asked = "br0", .state = fake_host.bridges[0].state};
	struct host_facts facts = {.bridges = &bridge, .bridge_count = 1};
	struct plan plan = {0};
	const char *slug;

	fake_host.bridges[0].uplink_vlans = (struct fake_vlans){.pvid = 20, .untagged = 20};
	bridge.state.ifindex = 1;
	uplink.state = PORT_FORWARDING;
	uplink.bridge = bridge.state.ifindex;
	gather_newcomer_paths(&guest, &(struct port_list){&uplink, 1}, &facts);
	plan_guest_path(&plan, EVENT_GUEST_PREPARE, &guest, &facts, &policy);
	slug = plan.finding_count > 0 ? plan.findings[0].slug : "none";
	plan_clear(&plan);
	free(facts.ports);
	return slug;
}

static void test_vlan_of_newcomer(void **state)
{
	struct guest_nic nic = {.type = NIC_BRIDGE, .bridge = "br0", .target = "/0"};

	(void)state;
	vlan_host();
	fake_host.bridges[0].state.default_pvid = 20;
	assert_string_equal(newcomer_slug(&nic), "none");
	fake_host.bridges[0].state.default_pvid = 0;
	assert_string_equal(newcomer_slug(&nic), "vlan-mismatch");
	nic.vlan_of_network = true;
	assert_string_equal(newcomer_slug(&nic), "none");
	nic.vlan = 20;
	assert_string_equal(newcomer_slug(&nic), "none");
	nic.vlan = 21;
	assert_string_equal(newcomer_slug(&nic), "vlan-mismatch");
	nic.vlan_trunk = true;
	assert_string_equal(newcomer_slug(&nic), "none");
}

/* Its own repair does not help a port that is in no VLAN. */
static void test_vlan_and_hold(void **state)
{
	(void)state;
	vlan_host();
	fake_host.bridges[0].state.stp = STP_KERNEL;
	fake_host.bridges[0].uplink.state = PORT_FORWARDING;
	fake_host.ports[0].port.state = PORT_LISTENING;
	assert_string_equal(path_plan(0), "bridge-hold=no vlan-mismatch=none");
}

/* Where ports forward soon by themselves no question is asked. */
static void test_short_delay(void **state)
{
	(void)state;
	held_host();
	fake_host.bridges[0].state.forward_delay = FORWARD_DELAY_MIN;
	assert_string_equal(path_plan(0), "");
}

static void test_time_left(void **state)
{
	const struct bridge_state bridge = {.forward_delay = 1500};
	struct bridge_port port = {.state = PORT_LISTENING, .forward_timer = 900};

	(void)state;
	assert_int_equal(port_hold_left(&bridge, &port), 2400);
	port.state = PORT_LEARNING;
	assert_int_equal(port_hold_left(&bridge, &port), 900);
	port.state = PORT_FORWARDING;
	assert_int_equal(port_hold_left(&bridge, &port), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_uplink_held),
		cmocka_unit_test(test_uplink_down),
		cmocka_unit_test(test_served_here),
		cmocka_unit_test(test_uplink_edge),
		cmocka_unit_test(test_vlan_of_uplink),
		cmocka_unit_test(test_vlan_of_bridge),
		cmocka_unit_test(test_vlan_of_guests),
		cmocka_unit_test(test_vlan_trunk),
		cmocka_unit_test(test_vlan_of_newcomer),
		cmocka_unit_test(test_vlan_and_hold),
		cmocka_unit_test(test_short_delay),
		cmocka_unit_test(test_time_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
