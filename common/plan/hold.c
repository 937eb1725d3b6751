// SPDX-License-Identifier: GPL-2.0-or-later
/* Bridges that hold new ports. */
#include "alloc.h"
#include "cleanup.h"
#include "cure.h"
#include "planning.h"

#include <stdlib.h>

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
	CLEANUP(cleanup_free) char *hold = plan_hold_evidence(bridge);
	char *evidence =
		bridge->ports_known
			? alloc_format(
				  "%s; left alone, because %u of its ports lead to other bridges "
				  "or hosts",
				  hold, bridge->other_ports)
			: alloc_format("%s; left alone, because its ports cannot be read", hold);

	plan_add_finding(plan, subject,
		(struct finding){
			.slug = "bridge-multi-network",
			.severity = bridge->ports_known ? SEVERITY_ERROR : SEVERITY_WARNING,
			.evidence = evidence,
			.advice = alloc_copy("set hold = edge under [bridge] in virt-netboot.conf"),
			.action = NO_ACTION,
		});
}

static void plan_not_root(struct plan *plan, const struct subject *subject)
{
	const struct bridge_state *bridge = &subject->bridge->state;
	CLEANUP(cleanup_free) char *hold = plan_hold_evidence(bridge);

	plan_add_finding(plan, subject,
		(struct finding){
			.slug = "bridge-hold-not-root",
			.severity = SEVERITY_ERROR,
			.evidence = alloc_format(
				"%s; the delay is that of the root bridge %s", hold, bridge->root),
			.advice = alloc_copy("shorten the forward delay of the root bridge, or set "
					     "hold = edge under [bridge] in virt-netboot.conf"),
			.action = NO_ACTION,
		});
}

static struct action min_delay(const struct subject *subject)
{
	return (struct action){
		.kind = ACTION_SET_FORWARD_DELAY,
		.delay_before = subject->bridge->state.forward_delay,
		.delay = FORWARD_DELAY_MIN,
	};
}

/* A port that waits already waits for its old time; one that is down, or forwards, does not wait.
 */
static bool is_too_late(const struct planning *planning, const struct subject *subject)
{
	const struct port_facts *port =
		subject->nic ? host_facts_port(planning->facts, subject->nic->target) : NULL;

	return subject->has_port && (!port || port_is_held(&port->port));
}

/* A hold that @action ends for ports to come. Takes @cure. */
static void plan_hold_repair(const struct planning *planning, const struct subject *subject,
	struct action action, char *cure)
{
	char *evidence = plan_hold_evidence(&subject->bridge->state);
	char *advice = NULL;
	int index = plan_add_action(planning->plan, subject, action);

	if (is_too_late(planning, subject)) {
		if (cure)
			advice = alloc_copy("start the guest again when that is done");
		char *late =
			alloc_format("%s; ended for later ports, too late for this one", evidence);
		free(evidence);
		evidence = late;
		index = NO_ACTION;
	}
	plan_add_finding(planning->plan, subject,
		(struct finding){
			.slug = "bridge-hold",
			.severity = SEVERITY_ERROR,
			.evidence = evidence,
			.cure = cure,
			.advice = advice,
			.action = index,
		});
}

static void plan_min_delay(const struct planning *planning, const struct subject *subject)
{
	if (!subject->bridge->state.is_root) {
		plan_not_root(planning->plan, subject);
		return;
	}
	plan_hold_repair(planning, subject, min_delay(subject),
		cure_command("ip link set dev %s type bridge forward_delay %u",
			subject->bridge->state.name, FORWARD_DELAY_MIN));
}

static void plan_stp_off(const struct planning *planning, const struct subject *subject)
{
	if (joins_networks(&subject->bridge->state)) {
		plan_left_alone(planning->plan, subject);
		return;
	}
	plan_hold_repair(planning, subject, (struct action){.kind = ACTION_STP_OFF},
		cure_command(
			"ip link set dev %s type bridge stp_state 0", subject->bridge->state.name));
}

static void plan_hold_report(struct plan *plan, const struct subject *subject)
{
	plan_add_finding(plan, subject,
		(struct finding){
			.slug = "bridge-hold",
			.severity = SEVERITY_ERROR,
			.evidence = plan_hold_evidence(&subject->bridge->state),
			.advice = alloc_copy("set hold = auto under [bridge] in virt-netboot.conf"),
			.action = NO_ACTION,
		});
}

/*
 * The delay of a bridge that libvirt made is shortened for ports that no hook hears of. The host's
 * own bridges are left as they are: the delay of the root is in force in its whole network. A
 * guest's port that is there is plan_port()'s.
 */
static void plan_hold_auto(const struct planning *planning, const struct subject *subject)
{
	if (subject->managed && subject->bridge->state.is_root && !subject->has_port)
		plan_min_delay(planning, subject);
}

void plan_hold(const struct planning *planning, const struct subject *subject)
{
	if (!bridge_holds(&subject->bridge->state))
		return;
	switch (planning->policy->hold) {
	case HOLD_AUTO:
		plan_hold_auto(planning, subject);
		break;
	case HOLD_EDGE:
		break;
	case HOLD_MIN_DELAY:
		plan_min_delay(planning, subject);
		break;
	case HOLD_STP_OFF:
		plan_stp_off(planning, subject);
		break;
	case HOLD_REPORT:
		plan_hold_report(planning->plan, subject);
		break;
	}
}
