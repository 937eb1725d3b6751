// SPDX-License-Identifier: GPL-2.0-or-later
/* Guests' ports on bridges that hold them. */
#include "alloc.h"
#include "cleanup.h"
#include "conditions.h"
#include "cure.h"
#include "planning.h"

/* STP is a program's, and the port with it. */
static void plan_user_stp_port(struct plan *plan, const struct subject *subject)
{
	plan_add_finding(plan, subject,
		(struct finding){
			.slug = "stp-user-space",
			.severity = SEVERITY_INFO,
			.evidence =
				alloc_copy("STP is run by a program (mstpd), which is left alone"),
			/* Elsewhere mstpctl takes a name that begins with "-" for options [mstpd
			 * ctl_main.c, main()] */
			.cure = cure_command("mstpctl -- setportadminedge %s %s yes",
				subject->bridge->state.name, subject->port->name),
			.advice = alloc_copy("if the program is another one than mstpd, make the "
					     "guest's port an edge port there"),
			.action = NO_ACTION,
		});
}

/* Switching STP off and on would let the kernel hand the bridge to a program. */
static void plan_unsafe_stp(struct plan *plan, const struct subject *subject)
{
	const struct bridge_state *bridge = &subject->bridge->state;
	CLEANUP(cleanup_free) char *hold = plan_hold_evidence(bridge);

	plan_add_finding(plan, subject,
		(struct finding){
			.slug = "stp-user-space",
			.severity = bridge_holds(bridge) ? SEVERITY_ERROR : SEVERITY_INFO,
			.evidence = alloc_format("%s; left alone, because the kernel runs "
						 "/sbin/bridge-stp whenever STP is switched on",
				hold),
			.advice = alloc_copy("let the program take over the bridge and make the "
					     "guest's port an edge port there, or remove "
					     "/sbin/bridge-stp if no bridge needs it"),
			.action = NO_ACTION,
		});
}

char *plan_edge_cure(const struct bridge_state *bridge, const struct bridge_port *port)
{
	/* Whatever becomes of the second, STP is switched on again. */
	return cure_command("ip link set dev %s type bridge stp_state 0; ip link set dev %s type "
			    "bridge_slave state 3; ip link set dev %s type bridge stp_state 1",
		bridge->name, port->name, bridge->name);
}

static void plan_edge(struct plan *plan, const struct subject *subject)
{
	const struct bridge_state *bridge = &subject->bridge->state;
	int action = plan_add_action(plan, subject, (struct action){.kind = ACTION_EDGE_PORT});

	/* The shortest hold is no fault: every known client waits for so long. */
	if (!bridge_holds(bridge))
		return;
	plan_add_finding(plan, subject,
		(struct finding){
			.slug = "bridge-hold",
			.severity = SEVERITY_ERROR,
			.evidence = plan_hold_evidence(bridge),
			.cure = plan_edge_cure(bridge, subject->port),
			.action = action,
		});
}

static void plan_blocked(struct plan *plan, const struct subject *subject)
{
	plan_add_finding(plan, subject,
		(struct finding){
			.slug = "port-blocked",
			.severity = SEVERITY_WARNING,
			.evidence = alloc_copy("STP blocks the port, because it closes a loop"),
			.advice = alloc_copy("see whether the guest joins two of its interfaces by "
					     "a bridge"),
			.action = NO_ACTION,
		});
}

/*
 * The port, or its bridge, comes up later: a watcher waits for that. Under a guest that runs
 * already it may have been down for days.
 */
static void plan_not_ready(const struct planning *planning, const struct subject *subject)
{
	if (planning->kind != EVENT_GUEST_START || planning->facts->stp_program)
		return;
	plan_add_action(planning->plan, subject,
		(struct action){
			.kind = ACTION_WATCH_PORT,
			.why = subject->bridge->state.down ? "the bridge is down"
							   : "the port is down or has no carrier",
		});
}

/* STP is the kernel's. */
static void plan_kernel_stp_port(const struct planning *planning, const struct subject *subject,
	const struct bridge_port *port)
{
	struct plan *plan = planning->plan;

	if (port->state == PORT_BLOCKING) {
		plan_blocked(plan, subject);
		return;
	}
	if (planning->policy->bpdu_guard && !port->bpdu_guard)
		plan_add_action(plan, subject, (struct action){.kind = ACTION_BPDU_GUARD});
	if (!policy_makes_edge_ports(planning->policy))
		return;
	if (port->state == PORT_DISABLED)
		plan_not_ready(planning, subject);
	else if (port_is_held(port) && planning->facts->stp_program)
		plan_unsafe_stp(plan, subject);
	else if (port_is_held(port))
		plan_edge(plan, subject);
}

/* The bridge delays new ports no more; but a timer that runs is neither shortened with its delay
 * nor ended with STP. */
static void plan_late(struct plan *plan, const struct subject *subject)
{
	const struct bridge_state *bridge = &subject->bridge->state;
	unsigned int left = port_hold_left(bridge, subject->port);

	/* Every known client waits for so long. */
	if (bridge_holds(bridge) || left <= 2 * FORWARD_DELAY_MIN)
		return;
	plan_add_finding(plan, subject,
		(struct finding){
			.slug = "bridge-hold",
			.severity = SEVERITY_ERROR,
			.evidence = alloc_format("the port forwards in %u.%02u s; it was there "
						 "before the bridge's delay was ended",
				left / 100, left % 100),
			.cure = bridge->stp == STP_OFF
					? cure_command(
						  "ip link set dev %s type bridge_slave state 3",
						  subject->port->name)
					: plan_edge_cure(bridge, subject->port),
			.advice = alloc_copy("start the guest again when its port forwards"),
			.action = NO_ACTION,
		});
}

void plan_port(
	const struct planning *planning, struct subject subject, const struct port_facts *port)
{
	const struct bridge_facts bridge = {.state = port->bridge};

	subject.bridge = &bridge;
	subject.port = &port->port;
	if (port->bridge.stp == STP_USER && port->port.state != PORT_FORWARDING)
		plan_user_stp_port(planning->plan, &subject);
	if (port->bridge.stp == STP_KERNEL)
		plan_kernel_stp_port(planning, &subject, &port->port);
	if (port->bridge.stp == STP_OFF ||
		(port->bridge.stp == STP_KERNEL && !planning->facts->stp_program &&
			!policy_makes_edge_ports(planning->policy)))
		plan_late(planning->plan, &subject);
}
