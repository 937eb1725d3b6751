// SPDX-License-Identifier: GPL-2.0-or-later
#include "dispatch.h"

#include "alloc.h"
#include "conditions.h"
#include "csum.h"
#include "planning.h"

#include <string.h>

/* What the device may be that the XML calls a bridge, if it is none that we can repair. */
static const struct other_kind {
	const char *slug;
	enum severity severity;
	const char *evidence;
	const char *advice;
} other_kinds[BRIDGE_MACVLAN + 1] = {
	[BRIDGE_ABSENT] = {.slug = "bridge-absent",
		.severity = SEVERITY_WARNING,
		.evidence = "no device of this name in libvirtd's network namespace",
		.advice = "create the bridge before the guest starts"},
	[BRIDGE_OPENVSWITCH] = {.slug = "bridge-openvswitch",
		.severity = SEVERITY_INFO,
		.evidence = "an Open vSwitch bridge is left alone",
		.advice = "ovs-vsctl list bridge shows its STP settings"},
	[BRIDGE_NOT_A_BRIDGE] = {.slug = "not-a-bridge",
		.severity = SEVERITY_WARNING,
		.evidence = "the device of this name is not a bridge",
		.advice = "name a bridge, or use <interface type='direct'>; a bridge of Open "
			  "vSwitch needs <virtualport type='openvswitch'/>"},
};

/* The device of an Open vSwitch bridge is a tap where its datapath is in user space (netdev, DPDK),
 * and may be absent until ovs-vswitchd runs: then only the XML knows. */
static enum bridge_kind kind_of_bridge(const struct subject *subject)
{
	enum bridge_kind kind = subject->bridge->state.kind;

	return subject->openvswitch && kind != BRIDGE_LINUX ? BRIDGE_OPENVSWITCH : kind;
}

static void plan_other_kind(struct plan *plan, const struct subject *subject)
{
	enum bridge_kind kind = kind_of_bridge(subject);
	const struct other_kind *other = &other_kinds[kind];

	/* libvirt makes its own bridge when the network starts. */
	if (!other->slug || (kind == BRIDGE_ABSENT && subject->managed))
		return;
	plan_add_finding(plan, subject,
		(struct finding){
			.slug = other->slug,
			.severity = other->severity,
			.evidence = alloc_copy(other->evidence),
			.advice = alloc_copy(other->advice),
			.action = NO_ACTION,
		});
}

void plan_watched_port(struct plan *plan, const struct action *watch,
	const struct host_facts *facts, const struct policy *policy)
{
	const struct planning planning = {.plan = plan, .facts = facts, .policy = policy};
	const struct subject subject = {.guest = watch->guest, .network = watch->network};

	*plan = (struct plan){0};
	plan_port(&planning, subject, &facts->ports[0]);
}

void plan_watched_path(struct plan *plan, const struct action *watch,
	const struct host_facts *facts, const struct policy *policy)
{
	const struct planning planning = {.plan = plan, .facts = facts, .policy = policy};
	const struct subject subject = {.guest = watch->guest, .network = watch->network};

	plan_path(&planning, subject, &facts->ports[0]);
}

/* The bridge is not there yet: what the XML says of it. */
static void plan_network_start(const struct planning *planning, const struct network *network)
{
	struct bridge_facts expected = {.state = {
						.kind = BRIDGE_LINUX,
						.stp = network->stp ? STP_KERNEL : STP_OFF,
						.forward_delay = network->delay * 100,
					}};
	struct subject subject = {.network = network->name, .bridge = &expected, .managed = true};
	enum hold_policy hold = planning->policy->hold;

	memcpy(expected.state.name, network->bridge, IFNAME_SIZE);
	if (!network_is_managed(network) || !bridge_holds(&expected.state) || hold == HOLD_EDGE)
		return;
	plan_add_finding(planning->plan, &subject,
		(struct finding){
			.slug = "bridge-hold",
			.severity = SEVERITY_NOTICE,
			.evidence = plan_hold_evidence(&expected.state),
			.advice = alloc_copy(
				hold == HOLD_REPORT
					? "set hold = auto under [bridge] in virt-netboot.conf"
					: "it is repaired when the network has started"),
			.action = NO_ACTION,
		});
}

/* The port that the event is about. As a guest starts it is not there yet, and that guest's own
 * event will look after it; as an interface is plugged in there is no other event. */
static void plan_network_port(const struct planning *planning, const struct subject *subject,
	const struct network_port *port)
{
	const struct host_facts *facts = planning->facts;
	struct action watch = {.kind = ACTION_WATCH_PORT};

	if (facts->port_count > 0)
		plan_port(planning, *subject, &facts->ports[0]);
	else if (plan_watches_ports(
			 &subject->bridge->state, facts->stp_program, planning->policy) &&
		 tap_mac(port->mac, watch.port_mac))
		plan_add_action(planning->plan, subject, watch);
}

static void plan_network_active(const struct planning *planning, const struct subject *subject,
	const struct network *network)
{
	if (subject->bridge->state.kind == BRIDGE_LINUX) {
		plan_network_port(planning, subject, &network->port);
		plan_hold(planning, subject);
	}
	plan_other_kind(planning->plan, subject);
}

static struct subject network_subject(const struct network *network, const struct host_facts *facts)
{
	return (struct subject){
		.guest = network->port.owner_name,
		.network = network->name,
		.bridge = host_facts_bridge(facts, network->bridge),
		.openvswitch = network->openvswitch,
		.managed = network_is_managed(network),
	};
}

void plan_network_hold(struct plan *plan, enum event_kind kind, const struct network *network,
	const struct host_facts *facts, const struct policy *policy)
{
	const struct planning planning = {
		.plan = plan, .kind = kind, .facts = facts, .policy = policy};
	const struct subject subject = network_subject(network, facts);

	if (kind == EVENT_NETWORK_START)
		plan_network_start(&planning, network);
	else if (kind == EVENT_NETWORK_ACTIVE && subject.bridge)
		plan_network_active(&planning, &subject, network);
}

void plan_network_path(struct plan *plan, enum event_kind kind, const struct network *network,
	const struct host_facts *facts, const struct policy *policy)
{
	const struct planning planning = {
		.plan = plan, .kind = kind, .facts = facts, .policy = policy};

	if (facts->port_count > 0)
		plan_path(&planning, network_subject(network, facts), &facts->ports[0]);
}

void plan_network_checksums(struct plan *plan, enum event_kind kind, const struct network *network,
	const struct host_facts *facts, const struct policy *policy)
{
	const struct planning planning = {
		.plan = plan, .kind = kind, .facts = facts, .policy = policy};
	const struct subject subject = network_subject(network, facts);

	if (kind == EVENT_NETWORK_STOPPED || kind == EVENT_NETWORK_PORT_DELETED)
		plan_unfill(plan, subject, facts);
	else if (kind == EVENT_NETWORK_ACTIVE && subject.bridge &&
		 subject.bridge->state.kind == BRIDGE_LINUX)
		plan_network_csum(&planning, &subject, network);
	else if (kind == EVENT_NETWORK_ACTIVE && !subject.bridge && *network->port.lower)
		plan_coming_macvtap_csum(&planning, &subject);
}

/* True if an earlier interface of the guest is on the same bridge. */
static bool bridge_seen(const struct planning *planning, const struct subject *subject)
{
	for (const struct guest_nic *earlier = planning->guest->nics; earlier < subject->nic;
		earlier++) {
		if (plan_bridge(planning->facts, earlier) == subject->bridge)
			return true;
	}
	return false;
}

/* False of one that the port was put into by somebody else. */
static bool is_named(const struct host_facts *facts, const struct guest_nic *nic,
	const struct bridge_facts *bridge)
{
	return host_facts_bridge(facts, nic->bridge) == bridge;
}

/* The bridge that an interface is on. At its start, one of the host's own that the XML names was
 * seen to before. */
static void plan_nic_bridge(const struct planning *planning, const struct subject *subject)
{
	if (bridge_seen(planning, subject) ||
		(planning->kind == EVENT_GUEST_START && !subject->network &&
			is_named(planning->facts, subject->nic, subject->bridge)))
		return;
	plan_other_kind(planning->plan, subject);
	if (subject->bridge->state.kind == BRIDGE_LINUX)
		plan_hold(planning, subject);
}

static struct subject nic_subject(const struct planning *planning, const struct guest_nic *nic)
{
	const struct bridge_facts *bridge = plan_bridge(planning->facts, nic);

	return (struct subject){
		.guest = planning->guest->name,
		.network = nic->network,
		.nic = nic,
		.bridge = bridge,
		.openvswitch = nic->openvswitch,
		.managed = nic->type == NIC_NETWORK && is_named(planning->facts, nic, bridge),
		.has_port = planning->kind != EVENT_GUEST_PREPARE,
	};
}

static void plan_nic_port(const struct planning *planning, const struct guest_nic *nic)
{
	const struct port_facts *port = host_facts_port(planning->facts, nic->target);

	if (port && port->port.bridge != 0)
		plan_port(planning, nic_subject(planning, nic), port);
}

/* The ports of all interfaces come first: the guest waits for them. */
void plan_guest_hold(struct plan *plan, enum event_kind kind, const struct guest *guest,
	const struct host_facts *facts, const struct policy *policy)
{
	const struct planning planning = {
		.plan = plan, .kind = kind, .guest = guest, .facts = facts, .policy = policy};

	if (kind == EVENT_GUEST_RELEASE || kind == EVENT_GUEST_ARRIVE)
		return;
	for (size_t i = 0; i < guest->nic_count; i++)
		plan_nic_port(&planning, &guest->nics[i]);
	for (size_t i = 0; i < guest->nic_count; i++) {
		const struct subject subject = nic_subject(&planning, &guest->nics[i]);
		if (subject.bridge)
			plan_nic_bridge(&planning, &subject);
	}
}

void plan_guest_path(struct plan *plan, enum event_kind kind, const struct guest *guest,
	const struct host_facts *facts, const struct policy *policy)
{
	const struct planning planning = {
		.plan = plan, .kind = kind, .guest = guest, .facts = facts, .policy = policy};

	for (size_t i = 0; i < guest->nic_count; i++) {
		const struct guest_nic *nic = &guest->nics[i];
		const struct port_facts *port = host_facts_port(facts, nic->target);
		if (port && port->port.bridge != 0)
			plan_path(&planning, nic_subject(&planning, nic), port);
	}
}

void plan_guest_checksums(struct plan *plan, enum event_kind kind, const struct guest *guest,
	const struct host_facts *facts, const struct policy *policy)
{
	const struct planning planning = {
		.plan = plan, .kind = kind, .guest = guest, .facts = facts, .policy = policy};

	if (kind == EVENT_GUEST_RELEASE) {
		plan_unfill(plan, (struct subject){.guest = guest->name}, facts);
		return;
	}
	if (kind == EVENT_GUEST_ARRIVE) {
		plan_arrival(&planning);
		return;
	}
	for (size_t i = 0; i < guest->nic_count; i++) {
		const struct subject subject = nic_subject(&planning, &guest->nics[i]);
		if (subject.has_port && subject.nic->type == NIC_DIRECT)
			plan_macvtap_server(&planning, &subject);
		plan_nic_csum(&planning, &subject, host_facts_port(facts, guest->nics[i].target));
	}
}

void plan_network_docker(struct plan *plan, enum event_kind kind, const struct network *network,
	const struct host_facts *facts, const struct policy *policy)
{
	const struct planning planning = {
		.plan = plan, .kind = kind, .facts = facts, .policy = policy};
	const struct subject subject = network_subject(network, facts);

	if (kind == EVENT_NETWORK_ACTIVE && *network->port.mac && subject.bridge)
		plan_docker_user(&planning, &subject);
}

void plan_guest_docker(struct plan *plan, enum event_kind kind, const struct guest *guest,
	const struct host_facts *facts, const struct policy *policy)
{
	const struct planning planning = {
		.plan = plan, .kind = kind, .guest = guest, .facts = facts, .policy = policy};

	if (kind != EVENT_GUEST_START && kind != EVENT_GUEST_RECONNECT)
		return;
	for (size_t i = 0; i < guest->nic_count; i++) {
		const struct subject subject = nic_subject(&planning, &guest->nics[i]);
		if (subject.bridge && !bridge_seen(&planning, &subject))
			plan_docker_user(&planning, &subject);
	}
}
