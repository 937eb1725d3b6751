// SPDX-License-Identifier: GPL-2.0-or-later
#include "alloc.h"
#include "plan_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int plan_add_action(struct plan *plan, const struct subject *subject, struct action action)
{
	plan->actions = alloc_one_more(plan->actions, plan->action_count, sizeof(action));
	action.guest = subject->guest;
	action.network = subject->network;
	memcpy(action.bridge, subject->bridge->state.name, IFNAME_SIZE);
	action.ifindex = subject->bridge->state.ifindex;
	action.for_guests = !subject->managed;
	action.macvlan = subject->bridge->state.kind == BRIDGE_MACVLAN;
	if (subject->port) {
		memcpy(action.port, subject->port->name, IFNAME_SIZE);
		memcpy(action.port_mac, subject->port->mac, MAC_SIZE);
		action.port_ifindex = subject->port->ifindex;
	}
	plan->actions[plan->action_count] = action;
	return (int)plan->action_count++;
}

void plan_add_finding(struct plan *plan, const struct subject *subject, const char *slug,
	enum severity severity, char *evidence, char *cure, int action)
{
	struct finding finding = {
		.slug = slug,
		.severity = severity,
		.guest = subject->guest,
		.network = subject->network,
		.nic = subject->nic,
		.action = action,
	};

	finding.evidence = evidence;
	finding.cure = cure;
	memcpy(finding.bridge, subject->bridge->state.name, IFNAME_SIZE);
	if (subject->port)
		memcpy(finding.port, subject->port->name, IFNAME_SIZE);
	plan->findings = alloc_one_more(plan->findings, plan->finding_count, sizeof(finding));
	plan->findings[plan->finding_count++] = finding;
}

/* The device that the XML calls a bridge is none that we can repair. */
static void plan_other_kind(struct plan *plan, const struct subject *subject)
{
	switch (subject->bridge->state.kind) {
	case BRIDGE_LINUX:
	case BRIDGE_MACVLAN:
		break;
	case BRIDGE_ABSENT:
		/* libvirt makes its own bridge when the network starts. */
		if (subject->managed)
			break;
		plan_add_finding(plan, subject, "bridge-absent", SEVERITY_WARNING,
			alloc_copy("no device of this name in libvirtd's network namespace"),
			alloc_copy("create the bridge before the guest starts"), NO_ACTION);
		break;
	case BRIDGE_OPENVSWITCH:
		plan_add_finding(plan, subject, "bridge-openvswitch", SEVERITY_INFO,
			alloc_copy("an Open vSwitch bridge is left alone"),
			alloc_copy("see ovs-vsctl list bridge for its STP settings"), NO_ACTION);
		break;
	case BRIDGE_NOT_A_BRIDGE:
		plan_add_finding(plan, subject, "not-a-bridge", SEVERITY_WARNING,
			alloc_copy("the device of this name is not a bridge"),
			alloc_copy("name a bridge, or use <interface type='direct'>"), NO_ACTION);
		break;
	}
}

void plan_watched_port(struct plan *plan, const struct action *watch,
	const struct host_facts *facts, const struct policy *policy)
{
	struct subject subject = {.guest = watch->guest, .network = watch->network};

	*plan = (struct plan){0};
	plan_port(plan, subject, &facts->ports[0], facts->stp_program, policy);
}

static void plan_network_start(
	struct plan *plan, const struct network *network, const struct policy *policy)
{
	struct bridge_facts expected = {.state = {
						.kind = BRIDGE_LINUX,
						.stp = network->stp ? STP_KERNEL : STP_OFF,
						.forward_delay = network->delay * 100,
					}};
	struct subject subject = {.network = network->name, .bridge = &expected, .managed = true};

	memcpy(expected.state.name, network->bridge, IFNAME_SIZE);
	if (!network_is_managed(network) || !bridge_holds(&expected.state) ||
		policy->hold == HOLD_EDGE)
		return;
	plan_add_finding(plan, &subject, "bridge-hold", SEVERITY_NOTICE,
		plan_hold_evidence(&expected.state),
		alloc_copy(policy->hold == HOLD_REPORT
				   ? "[bridge] hold = auto in virt-netboot.conf repairs it"
				   : "it is repaired when the network has started"),
		NO_ACTION);
}

/* The port that the event is about. As a guest starts it is not there yet, and that guest's own
 * event will look after it; as an interface is plugged in there is no other event. */
static void plan_network_port(struct plan *plan, const struct subject *subject,
	const struct network *network, const struct host_facts *facts, const struct policy *policy)
{
	struct action watch = {.kind = ACTION_WATCH_PORT};

	if (facts->port_count > 0)
		plan_port(plan, *subject, &facts->ports[0], facts->stp_program, policy);
	else if (plan_watches_ports(&subject->bridge->state, facts->stp_program, policy) &&
		 tap_mac(network->port.mac, watch.port_mac))
		plan_add_action(plan, subject, watch);
}

/* Whatever of ours the facts know of goes. */
static void plan_unfill_all(
	struct plan *plan, struct subject *subject, const struct host_facts *facts)
{
	for (size_t i = 0; i < facts->bridge_count; i++) {
		subject->bridge = &facts->bridges[i];
		plan_unfill(plan, subject);
	}
}

void plan_network(struct plan *plan, enum event_kind kind, const struct network *network,
	const struct host_facts *facts, const struct policy *policy)
{
	struct subject subject = {
		.guest = network->port.owner_name,
		.network = network->name,
		.bridge = host_facts_bridge(facts, network->bridge),
		.managed = network_is_managed(network),
	};

	*plan = (struct plan){0};
	if (kind == EVENT_NETWORK_START)
		plan_network_start(plan, network, policy);
	if (kind == EVENT_NETWORK_STOPPED || kind == EVENT_NETWORK_PORT_DELETED) {
		plan_unfill_all(plan, &subject, facts);
		return;
	}
	if (!subject.bridge)
		return;
	plan_other_kind(plan, &subject);
	if (subject.bridge->state.kind != BRIDGE_LINUX)
		return;
	plan_hold(plan, &subject, policy);
	plan_network_port(plan, &subject, network, facts, policy);
	for (enum ip_family family = 0; family < IP_FAMILIES; family++)
		plan_network_fill(plan, &subject, network, family, facts, policy);
}

/* True if an earlier interface of the guest is on the same bridge. */
static bool bridge_seen(const struct guest *guest, size_t index)
{
	for (size_t i = 0; i < index; i++) {
		if (strcmp(guest->nics[i].bridge, guest->nics[index].bridge) == 0)
			return true;
	}
	return false;
}

/* The bridge that an interface names. At its start, one of the host's own was seen to before. */
static void plan_nic_bridge(struct plan *plan, enum event_kind kind, const struct guest *guest,
	size_t index, const struct subject *subject, const struct policy *policy)
{
	if (bridge_seen(guest, index) || (kind == EVENT_GUEST_START && !subject->nic->network))
		return;
	plan_other_kind(plan, subject);
	if (subject->bridge->state.kind == BRIDGE_LINUX)
		plan_hold(plan, subject, policy);
}

void plan_guest(struct plan *plan, enum event_kind kind, const struct guest *guest,
	const struct host_facts *facts, const struct policy *policy)
{
	*plan = (struct plan){0};
	if (kind == EVENT_GUEST_RELEASE) {
		plan_unfill_all(plan, &(struct subject){.guest = guest->name}, facts);
		return;
	}
	if (kind == EVENT_GUEST_ARRIVE) {
		plan_arrival(plan, guest, facts, policy);
		return;
	}
	for (size_t i = 0; i < guest->nic_count; i++) {
		const struct guest_nic *nic = &guest->nics[i];
		struct subject subject = {
			.guest = guest->name,
			.network = nic->network,
			.nic = nic,
			.bridge = host_facts_bridge(facts, nic->bridge),
			.managed = nic->type == NIC_NETWORK,
			.has_port = kind != EVENT_GUEST_PREPARE,
		};
		const struct port_facts *port = host_facts_port(facts, nic->target);

		if (subject.bridge)
			plan_nic_bridge(plan, kind, guest, i, &subject, policy);
		plan_nic_fill(plan, kind, guest, &subject, port, facts, policy);
		if (port && port->port.bridge != 0)
			plan_port(plan, subject, port, facts->stp_program, policy);
	}
}

bool plan_is_unrepaired(const struct plan *plan, const struct finding *finding)
{
	if (finding->severity != SEVERITY_ERROR)
		return false;
	if (finding->action == NO_ACTION)
		return true;
	const struct action *action = &plan->actions[finding->action];
	return action->result != 0 && !plan_is_deferred(action);
}

bool plan_is_deferred(const struct action *action)
{
	return (action->kind == ACTION_WATCH_PORT && action->result == 0) ||
	       (action->kind == ACTION_EDGE_PORT && action->result == -EINPROGRESS);
}

bool plan_is_reason_to_refuse(const struct finding *finding)
{
	return finding->severity == SEVERITY_ERROR && finding->action == NO_ACTION;
}

void plan_clear(struct plan *plan)
{
	for (size_t i = 0; i < plan->finding_count; i++) {
		free(plan->findings[i].evidence);
		free(plan->findings[i].cure);
	}
	free(plan->findings);
	free(plan->actions);
	*plan = (struct plan){0};
}
