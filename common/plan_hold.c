// SPDX-License-Identifier: GPL-2.0-or-later
/* Bridges that hold new ports. */
#include "alloc.h"
#include "plan_parts.h"

#include <stdlib.h>

bool plan_needs_ports(const struct bridge_state *bridge, const struct policy *policy)
{
	return bridge_holds(bridge) && policy->hold == HOLD_STP_OFF;
}

char *plan_hold_evidence(const struct bridge_state *bridge)
{
	unsigned int delay = bridge->forward_delay;

	return alloc_format(
		"STP is on with a forward delay of %u.%02u s: a new port forwards after "
		"%u.%02u s",
		delay / 100, delay % 100, 2 * delay / 100, 2 * delay % 100);
}

/* More than one port could lead to another network, or could for all we know. */
static bool joins_networks(const struct bridge_state *bridge)
{
	return !bridge->ports_known || bridge->other_ports > 1;
}

/*
 * STP may not be switched off because of the bridge's other ports. That they could not be read is
 * trouble of our own, and no more than a warning.
 */
static void plan_left_alone(struct plan *plan, const struct subject *subject)
{
	const struct bridge_state *bridge = &subject->bridge->state;
	char *hold = plan_hold_evidence(bridge);
	char *evidence =
		bridge->ports_known
			? alloc_format("%s; left alone, for %u of its ports lead to other bridges "
				       "or hosts",
				  hold, bridge->other_ports)
			: alloc_format("%s; left alone, for its ports cannot be read", hold);

	free(hold);
	plan_add_finding(plan, subject, "bridge-multi-network",
		bridge->ports_known ? SEVERITY_ERROR : SEVERITY_WARNING, evidence,
		alloc_copy("[bridge] hold = edge in virt-netboot.conf"), NO_ACTION);
}

static void plan_not_root(struct plan *plan, const struct subject *subject)
{
	const struct bridge_state *bridge = &subject->bridge->state;
	char *hold = plan_hold_evidence(bridge);

	plan_add_finding(plan, subject, "bridge-hold-not-root", SEVERITY_ERROR,
		alloc_format("%s; the delay is that of the root bridge %s", hold, bridge->root),
		alloc_copy("shorten the forward delay of the root bridge, or [bridge] hold = edge "
			   "in virt-netboot.conf"),
		NO_ACTION);
	free(hold);
}

static struct action min_delay(const struct subject *subject)
{
	return (struct action){
		.kind = ACTION_SET_FORWARD_DELAY,
		.delay_before = subject->bridge->state.forward_delay,
		.delay = FORWARD_DELAY_MIN,
	};
}

/* A hold that @action ends for ports to come. A port that is there already waits for its old time.
 */
static void plan_hold_repair(
	struct plan *plan, const struct subject *subject, struct action action, char *cure)
{
	char *evidence = plan_hold_evidence(&subject->bridge->state);
	int index = plan_add_action(plan, subject, action);

	if (subject->has_port) {
		char *late =
			alloc_format("%s; ended for later ports, too late for this one", evidence);
		free(evidence);
		evidence = late;
		index = NO_ACTION;
	}
	plan_add_finding(plan, subject, "bridge-hold", SEVERITY_ERROR, evidence, cure, index);
}

static void plan_min_delay(struct plan *plan, const struct subject *subject)
{
	if (!subject->bridge->state.is_root) {
		plan_not_root(plan, subject);
		return;
	}
	plan_hold_repair(plan, subject, min_delay(subject),
		alloc_format("ip link set %s type bridge forward_delay %u",
			subject->bridge->state.name, FORWARD_DELAY_MIN));
}

static void plan_stp_off(struct plan *plan, const struct subject *subject)
{
	if (joins_networks(&subject->bridge->state)) {
		plan_left_alone(plan, subject);
		return;
	}
	plan_hold_repair(plan, subject, (struct action){.kind = ACTION_STP_OFF},
		alloc_format(
			"ip link set %s type bridge stp_state 0", subject->bridge->state.name));
}

static void plan_hold_report(struct plan *plan, const struct subject *subject)
{
	plan_add_finding(plan, subject, "bridge-hold", SEVERITY_ERROR,
		plan_hold_evidence(&subject->bridge->state),
		alloc_copy("[bridge] hold = auto in virt-netboot.conf repairs it"), NO_ACTION);
}

/*
 * The delay of a bridge that libvirt made is shortened for ports that no hook hears of. The host's
 * own bridges are left as they are: the delay of the root is in force in its whole network. A
 * guest's port that is there is plan_port()'s.
 */
static void plan_hold_auto(struct plan *plan, const struct subject *subject)
{
	if (subject->managed && subject->bridge->state.is_root && !subject->has_port)
		plan_min_delay(plan, subject);
}

void plan_hold(struct plan *plan, const struct subject *subject, const struct policy *policy)
{
	if (!bridge_holds(&subject->bridge->state))
		return;
	switch (policy->hold) {
	case HOLD_AUTO:
		plan_hold_auto(plan, subject);
		break;
	case HOLD_EDGE:
		break;
	case HOLD_MIN_DELAY:
		plan_min_delay(plan, subject);
		break;
	case HOLD_STP_OFF:
		plan_stp_off(plan, subject);
		break;
	case HOLD_REPORT:
		plan_hold_report(plan, subject);
		break;
	}
}

static bool makes_edge_ports(const struct policy *policy)
{
	return policy->hold == HOLD_AUTO || policy->hold == HOLD_EDGE;
}

bool plan_watches_ports(
	const struct bridge_state *bridge, bool stp_program, const struct policy *policy)
{
	return bridge->kind == BRIDGE_LINUX && bridge->stp == STP_KERNEL &&
	       ((makes_edge_ports(policy) && !stp_program) || policy->bpdu_guard);
}

/* STP is, or could become, a program's, and the port with it. Takes @evidence. */
static void plan_stp_program(
	struct plan *plan, const struct subject *subject, enum severity severity, char *evidence)
{
	plan_add_finding(plan, subject, "stp-user-space", severity, evidence,
		alloc_format(
			"mstpctl setportadminedge %s %s yes, where mstpd has the bridge (mstpctl "
			"addbridge %s)",
			subject->bridge->state.name, subject->port->name,
			subject->bridge->state.name),
		NO_ACTION);
}

/* Switching STP off and on would let the kernel hand the bridge to a program. */
static void plan_unsafe_stp(struct plan *plan, const struct subject *subject)
{
	const struct bridge_state *bridge = &subject->bridge->state;
	char *hold = plan_hold_evidence(bridge);

	plan_stp_program(plan, subject, bridge_holds(bridge) ? SEVERITY_ERROR : SEVERITY_INFO,
		alloc_format("%s; left alone, for the kernel runs /sbin/bridge-stp whenever STP is "
			     "switched on",
			hold));
	free(hold);
}

static void plan_edge(struct plan *plan, const struct subject *subject)
{
	const struct bridge_state *bridge = &subject->bridge->state;
	int action = plan_add_action(plan, subject, (struct action){.kind = ACTION_EDGE_PORT});

	/* The shortest hold is no fault: every known client waits for so long. */
	if (bridge_holds(bridge))
		plan_add_finding(plan, subject, "bridge-hold", SEVERITY_ERROR,
			plan_hold_evidence(bridge),
			alloc_format("ip link set %s type bridge stp_state 0; ip link set %s type "
				     "bridge_slave state 3; ip link set %s type bridge stp_state 1",
				bridge->name, subject->port->name, bridge->name),
			action);
}

void plan_port(struct plan *plan, struct subject subject, const struct port_facts *port,
	bool stp_program, const struct policy *policy)
{
	struct bridge_facts bridge = {.state = port->bridge};

	subject.bridge = &bridge;
	subject.port = &port->port;
	if (port->bridge.stp == STP_USER && port->port.state != PORT_FORWARDING)
		plan_stp_program(plan, &subject, SEVERITY_INFO,
			alloc_copy("STP is run by a program (mstpd), which is left alone"));
	if (port->bridge.stp != STP_KERNEL)
		return;
	if (port->port.state == PORT_BLOCKING) {
		plan_add_finding(plan, &subject, "port-blocked", SEVERITY_WARNING,
			alloc_copy("STP blocks the port, for it closes a loop"),
			alloc_copy("see whether the guest joins two of its interfaces by a bridge"),
			NO_ACTION);
		return;
	}
	if (policy->bpdu_guard && !port->port.bpdu_guard)
		plan_add_action(plan, &subject, (struct action){.kind = ACTION_BPDU_GUARD});
	if (!makes_edge_ports(policy) || !port_is_held(&port->port))
		return;
	if (stp_program)
		plan_unsafe_stp(plan, &subject);
	else
		plan_edge(plan, &subject);
}
