// SPDX-License-Identifier: GPL-2.0-or-later
/* The path beyond a guest's port: what is asked about it, and what of it keeps a repair from
 * helping. */
#include "test.h"

#include "dispatch.h"
#include "fake_host.h"
#include "gather.h"

#include <errno.h>

static const unsigned char tap[MAC_SIZE] = {0xfe, 0x54, 0, 0, 0, 1};

/* A guest's port on a bridge with one uplink, both of which listen. */
static void held_host(void)
{
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

/* The plan for the port as "FINDING=REPAIRED ...", after its actions have the result @result. */
static const char *path_plan(int result)
{
	const struct policy policy = policy_defaults();
	const struct action watch = {.kind = ACTION_WATCH_PORT, .guest = "web"};
	static char text[128];
	struct host_facts facts;
	struct plan plan;

	assert_int_equal(gather_watched_port(1, tap, &facts), 0);
	plan_watched_port(&plan, &watch, &facts, &policy);
	for (size_t i = 0; i < plan.action_count; i++)
		plan.actions[i].result = result;
	*text = '\0';
	for (size_t i = 0; i < plan.finding_count; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s=%s", i ? " " : "",
			plan.findings[i].slug,
			plan_is_unrepaired(&plan, &plan.findings[i]) ? "no" : "yes");
	plan_clear(&plan);
	host_facts_clear(&facts);
	return text;
}

static void test_uplink_held(void **state)
{
	struct bridge_port *uplink = &fake_host.bridges[0].uplink;

	(void)state;
	held_host();
	assert_string_equal(path_plan(0), "bridge-hold=no uplink-held=no");
	assert_string_equal(path_plan(-EINPROGRESS), "bridge-hold=no uplink-held=no");
	uplink->state = PORT_LEARNING;
	assert_string_equal(path_plan(0), "bridge-hold=no uplink-held=no");
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
	assert_string_equal(path_plan(0), "bridge-hold=no uplink-down=yes");
	fake_host.bridges[0].uplink.state = PORT_BLOCKING;
	assert_string_equal(path_plan(0), "bridge-hold=no uplink-down=yes");
	fake_host.bridges[0].state.other_ports = 0; /* nobody expects a way out */
	assert_string_equal(path_plan(0), "bridge-hold=yes");
}

/* The guest's server is on this host. */
static void test_served_here(void **state)
{
	(void)state;
	held_host();
	fake_host.bridges[0].dhcp_server[IPV4] = true;
	assert_string_equal(path_plan(0), "bridge-hold=yes uplink-held=yes");
	fake_host.bridges[0].dhcp_server[IPV4] = false;
	fake_host.bridges[0].dhcp_server[IPV6] = true;
	assert_string_equal(path_plan(0), "bridge-hold=yes uplink-held=yes");
	fake_host.bridges[0].dhcp_server[IPV6] = false;
	fake_host.dhcp_anywhere = true;
	assert_string_equal(path_plan(0), "bridge-hold=yes uplink-held=yes");
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
		cmocka_unit_test(test_short_delay),
		cmocka_unit_test(test_time_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
