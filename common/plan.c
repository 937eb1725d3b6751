// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan.h"

#include "alloc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What the findings and actions of one bridge are about. */
struct subject {
	const char *guest;
	const char *network;
	const struct guest_nic *nic;
	const struct bridge_facts *bridge;
	const struct bridge_port *port; /* the guest's, if it is there already */
	bool managed;                   /* libvirt made the bridge */
	bool has_port;                  /* the guest's port is on the bridge already */
};

static int add_action(struct plan *plan, const struct subject *subject, struct action action)
{
	plan->actions = alloc_one_more(plan->actions, plan->action_count, sizeof(action));
	action.guest = subject->guest;
	action.network = subject->network;
	memcpy(action.bridge, subject->bridge->state.name, IFNAME_SIZE);
	action.ifindex = subject->bridge->state.ifindex;
	if (subject->port) {
		memcpy(action.port, subject->port->name, IFNAME_SIZE);
		memcpy(action.port_mac, subject->port->mac, MAC_SIZE);
		action.port_ifindex = subject->port->ifindex;
	}
	plan->actions[plan->action_count] = action;
	return (int)plan->action_count++;
}

/* Takes @evidence and @cure, which the plan frees. */
static void add_finding(struct plan *plan, const struct subject *subject, const char *slug,
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
		break;
	case BRIDGE_ABSENT:
		/* libvirt makes its own bridge when the network starts. */
		if (subject->managed)
			break;
		add_finding(plan, subject, "bridge-absent", SEVERITY_WARNING,
			alloc_copy("no device of this name in libvirtd's network namespace"),
			alloc_copy("create the bridge before the guest starts"), NO_ACTION);
		break;
	case BRIDGE_OPENVSWITCH:
		add_finding(plan, subject, "bridge-openvswitch", SEVERITY_INFO,
			alloc_copy("an Open vSwitch bridge is left alone"),
			alloc_copy("see ovs-vsctl list bridge for its STP settings"), NO_ACTION);
		break;
	case BRIDGE_NOT_A_BRIDGE:
		add_finding(plan, subject, "not-a-bridge", SEVERITY_WARNING,
			alloc_copy("the device of this name is not a bridge"),
			alloc_copy("name a bridge, or use <interface type='direct'>"), NO_ACTION);
		break;
	}
}

bool plan_needs_ports(const struct bridge_state *bridge, const struct policy *policy)
{
	return bridge_holds(bridge) && policy->hold == HOLD_STP_OFF;
}

static char *hold_evidence(const struct bridge_state *bridge)
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
	char *hold = hold_evidence(bridge);
	char *evidence =
		bridge->ports_known
			? alloc_format("%s; left alone, for %u of its ports lead to other bridges "
				       "or hosts",
				  hold, bridge->other_ports)
			: alloc_format("%s; left alone, for its ports cannot be read", hold);

	free(hold);
	add_finding(plan, subject, "bridge-multi-network",
		bridge->ports_known ? SEVERITY_ERROR : SEVERITY_WARNING, evidence,
		alloc_copy("[bridge] hold = edge in virt-netboot.conf"), NO_ACTION);
}

static void plan_not_root(struct plan *plan, const struct subject *subject)
{
	const struct bridge_state *bridge = &subject->bridge->state;
	char *hold = hold_evidence(bridge);

	add_finding(plan, subject, "bridge-hold-not-root", SEVERITY_ERROR,
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
	char *evidence = hold_evidence(&subject->bridge->state);
	int index = add_action(plan, subject, action);

	if (subject->has_port) {
		char *late =
			alloc_format("%s; ended for later ports, too late for this one", evidence);
		free(evidence);
		evidence = late;
		index = NO_ACTION;
	}
	add_finding(plan, subject, "bridge-hold", SEVERITY_ERROR, evidence, cure, index);
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
	add_finding(plan, subject, "bridge-hold", SEVERITY_ERROR,
		hold_evidence(&subject->bridge->state),
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

/* The bridge as such, whatever its ports. */
static void plan_hold(struct plan *plan, const struct subject *subject, const struct policy *policy)
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
	add_finding(plan, subject, "stp-user-space", severity, evidence,
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
	char *hold = hold_evidence(bridge);

	plan_stp_program(plan, subject, bridge_holds(bridge) ? SEVERITY_ERROR : SEVERITY_INFO,
		alloc_format("%s; left alone, for the kernel runs /sbin/bridge-stp whenever STP is "
			     "switched on",
			hold));
	free(hold);
}

static void plan_edge(struct plan *plan, const struct subject *subject)
{
	const struct bridge_state *bridge = &subject->bridge->state;
	int action = add_action(plan, subject, (struct action){.kind = ACTION_EDGE_PORT});

	/* The shortest hold is no fault: every known client waits for so long. */
	if (bridge_holds(bridge))
		add_finding(plan, subject, "bridge-hold", SEVERITY_ERROR, hold_evidence(bridge),
			alloc_format("ip link set %s type bridge stp_state 0; ip link set %s type "
				     "bridge_slave state 3; ip link set %s type bridge stp_state 1",
				bridge->name, subject->port->name, bridge->name),
			action);
}

/* A guest's port that is there. */
static void plan_port(struct plan *plan, struct subject subject, const struct port_facts *port,
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
		add_finding(plan, &subject, "port-blocked", SEVERITY_WARNING,
			alloc_copy("STP blocks the port, for it closes a loop"),
			alloc_copy("see whether the guest joins two of its interfaces by a bridge"),
			NO_ACTION);
		return;
	}
	if (policy->bpdu_guard && !port->port.bpdu_guard)
		add_action(plan, &subject, (struct action){.kind = ACTION_BPDU_GUARD});
	if (!makes_edge_ports(policy) || !port_is_held(&port->port))
		return;
	if (stp_program)
		plan_unsafe_stp(plan, &subject);
	else
		plan_edge(plan, &subject);
}

void plan_watched_port(struct plan *plan, const struct action *watch,
	const struct host_facts *facts, const struct policy *policy)
{
	struct subject subject = {.guest = watch->guest, .network = watch->network};

	*plan = (struct plan){0};
	plan_port(plan, subject, &facts->ports[0], facts->stp_program, policy);
}

static enum fill_scope wanted_scope(const struct policy *policy, bool netboots)
{
	switch (policy->scope) {
	case SCOPE_DHCP:
		return FILL_DHCP;
	case SCOPE_UDP:
		return FILL_UDP;
	default:
		return netboots ? FILL_UDP : FILL_DHCP;
	}
}

static enum fill_scope filled(const struct fill_state *fill)
{
	return fill->ours > fill->others ? fill->ours : fill->others;
}

/* The action that fills checksums towards the subject's bridge; it is planned once. */
static int plan_fill_action(struct plan *plan, const struct subject *subject, enum ip_family family,
	enum fill_scope scope)
{
	for (size_t i = 0; i < plan->action_count; i++) {
		const struct action *action = &plan->actions[i];
		if (action->kind == ACTION_FILL && action->family == family &&
			strcmp(action->bridge, subject->bridge->state.name) == 0)
			return (int)i;
	}
	return add_action(plan, subject,
		(struct action){.kind = ACTION_FILL, .family = family, .scope = scope});
}

/*
 * Packets towards the bridge reach the guest with a wrong checksum: fill it, or say why not.
 * libvirt may fill it towards its own bridges in ways that are not seen here (nftables, tc), so
 * there what cannot be done is no more than a warning.
 */
static void plan_fill(struct plan *plan, const struct subject *subject, enum ip_family family,
	enum fill_scope scope, const struct fill_support *support, const char *slug, char *evidence)
{
	if (support->table && support->target) {
		add_finding(plan, subject, slug, SEVERITY_ERROR, evidence,
			alloc_format("%s -t mangle -A POSTROUTING -o %s -p udp%s -j CHECKSUM "
				     "--checksum-fill",
				family == IPV4 ? "iptables" : "ip6tables",
				subject->bridge->state.name,
				scope == FILL_UDP ? ""
				: family == IPV4  ? " --dport 68"
						  : " --dport 546"),
			plan_fill_action(plan, subject, family, scope));
		return;
	}
	add_finding(plan, subject, "checksum-unsupported",
		!subject->managed   ? SEVERITY_ERROR
		: scope == FILL_UDP ? SEVERITY_WARNING
				    : SEVERITY_INFO,
		alloc_format("%s; the kernel has not loaded the %s, or has none", evidence,
			!support->table ? "legacy table mangle" : "iptables target CHECKSUM"),
		alloc_format("modprobe -a xt_CHECKSUM %s, or <driver name='qemu'/> in the guest's "
			     "<interface>",
			family == IPV4 ? "iptable_mangle" : "ip6table_mangle"),
		NO_ACTION);
	free(evidence);
}

static const char *family_name(enum ip_family family)
{
	return family == IPV4 ? "DHCP" : "DHCPv6";
}

/* The network's DHCP and TFTP replies, whoever the guests will be. */
static void plan_network_fill(struct plan *plan, const struct subject *subject,
	const struct network *network, enum ip_family family, const struct host_facts *facts,
	const struct policy *policy)
{
	const struct network_service *service = &network->service[family];
	bool tftp = network->service[IPV4].tftp || network->service[IPV6].tftp;
	enum fill_scope scope = wanted_scope(policy, tftp);
	enum fill_scope have = filled(&subject->bridge->fill[family]);
	bool served = service->dhcp || service->tftp || subject->bridge->dhcp_server[family];

	if (policy->mechanism == MECHANISM_NONE || !facts->fill_known[family] || !served ||
		have >= scope)
		return;
	plan_fill(plan, subject, family, scope, &facts->fill[family],
		have == FILL_DHCP && tftp ? "checksum-tftp-unfilled" : "checksum-unfilled",
		have == FILL_NONE
			? alloc_format("no legacy rule fills the UDP checksums of this host's %s "
				       "replies",
				  family_name(family))
			: alloc_copy(
				  "the legacy rule fills the UDP checksums of DHCP replies only"));
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
	add_finding(plan, &subject, "bridge-hold", SEVERITY_NOTICE, hold_evidence(&expected.state),
		alloc_copy(policy->hold == HOLD_REPORT
				   ? "[bridge] hold = auto in virt-netboot.conf repairs it"
				   : "it is repaired when the network has started"),
		NO_ACTION);
}

static void plan_network_stopped(struct plan *plan, const struct subject *subject)
{
	const struct bridge_state *bridge = &subject->bridge->state;

	/* The host's own bridge stays, and guests that are still on it still need the rule. */
	if (!subject->managed && bridge->kind == BRIDGE_LINUX &&
		(!bridge->ports_known || bridge->guest_ports > 0))
		return;
	for (enum ip_family family = 0; family < IP_FAMILIES; family++) {
		if (subject->bridge->fill[family].rules > 0)
			plan_fill_action(plan, subject, family, FILL_NONE);
	}
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
		add_action(plan, subject, watch);
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
	if (!subject.bridge)
		return;
	if (kind == EVENT_NETWORK_STOPPED) {
		plan_network_stopped(plan, &subject);
		return;
	}
	plan_other_kind(plan, &subject);
	if (subject.bridge->state.kind != BRIDGE_LINUX)
		return;
	plan_hold(plan, &subject, policy);
	plan_network_port(plan, &subject, network, facts, policy);
	for (enum ip_family family = 0; family < IP_FAMILIES; family++)
		plan_network_fill(plan, &subject, network, family, facts, policy);
}

/* What protects the interface, of the four conditions, or NULL if it is exposed. */
static char *protection(
	const struct subject *subject, enum ip_family family, enum fill_scope scope, bool vhost)
{
	const struct guest_nic *nic = subject->nic;
	const struct fill_state *fill = &subject->bridge->fill[family];

	if (!nic_is_virtio(nic))
		return alloc_format(
			"its model is %s, not virtio", nic->model ? nic->model : "not set");
	if (nic->guest_csum_off)
		return alloc_copy("it takes no partial checksums (<guest csum='off'/>)");
	if (!subject->bridge->dhcp_server[family])
		return alloc_format("no %s server is seen in libvirtd's network namespace",
			family_name(family));
	if (filled(fill) >= scope)
		return alloc_copy(fill->ours >= scope ? "our CHECKSUM rule fills them"
						      : "a CHECKSUM rule of others fills them");
	/* QEMU completes what comes from port 67, nothing else [qemu hw/net/virtio-net.c,
	 * work_around_broken_dhclient()] */
	if (!vhost && family == IPV4 && scope == FILL_DHCP)
		return alloc_copy("vhost-net is not used: QEMU completes DHCP replies");
	return NULL;
}

static void plan_guest_fill(struct plan *plan, const struct subject *subject, enum ip_family family,
	enum fill_scope scope, bool vhost, const struct host_facts *facts)
{
	char *protected_by = protection(subject, family, scope, vhost);

	if (!protected_by) {
		plan_fill(plan, subject, family, scope, &facts->fill[family],
			vhost            ? "vhost-exposed"
			: family == IPV4 ? "checksum-tftp-unfilled"
					 : "checksum-unfilled",
			alloc_format(
				"virtio%s, a %s server on this host, and no legacy rule that fills "
				"%s checksums",
				vhost ? " with vhost-net" : "", family_name(family),
				scope == FILL_UDP ? "all UDP" : "DHCP"));
		return;
	}
	if (family == IPV4)
		add_finding(plan, subject, "checksum-protected", SEVERITY_DEBUG, protected_by, NULL,
			NO_ACTION);
	else
		free(protected_by);
}

/* vhost-net is used by KVM guests' virtio interfaces unless their XML says otherwise
 * [libvirt src/qemu/qemu_interface.c, qemuInterfaceOpenVhostNet()] */
static bool uses_vhost(
	const struct guest *guest, const struct guest_nic *nic, const struct host_facts *facts)
{
	return facts->vhost_net && guest->kvm && nic_is_virtio(nic) && nic->backend != BACKEND_QEMU;
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

static void plan_nic(struct plan *plan, const struct guest *guest, size_t index,
	const struct subject *subject, const struct host_facts *facts, const struct policy *policy)
{
	enum fill_scope scope = wanted_scope(policy, guest_netboots(guest));

	if (!bridge_seen(guest, index)) {
		plan_other_kind(plan, subject);
		if (subject->bridge->state.kind == BRIDGE_LINUX)
			plan_hold(plan, subject, policy);
	}
	if (subject->bridge->state.kind != BRIDGE_LINUX || policy->mechanism == MECHANISM_NONE)
		return;
	for (enum ip_family family = 0; family < IP_FAMILIES; family++) {
		if (facts->fill_known[family])
			plan_guest_fill(plan, subject, family, scope,
				uses_vhost(guest, subject->nic, facts), facts);
	}
}

void plan_guest(struct plan *plan, enum event_kind kind, const struct guest *guest,
	const struct host_facts *facts, const struct policy *policy)
{
	*plan = (struct plan){0};
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
			plan_nic(plan, guest, i, &subject, facts, policy);
		if (port)
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
