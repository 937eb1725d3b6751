// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Checksums that nobody fills.
 *
 * A guest's port is the best place: a filter there sees what every sender sends, and goes with the
 * port. What is done at the bridge is seen by what this host sends only. It is for guests whose
 * ports no event tells of, that is, for all ports that the bridges of libvirt's own networks will
 * have; and for kernels without such filters. The host's own bridges have nothing done to them as
 * long as ports can be used.
 */
#include "alloc.h"
#include "plan_parts.h"

#include <stdlib.h>
#include <string.h>

static enum fill_scope wanted_scope(const struct policy *policy, bool all)
{
	switch (policy->scope) {
	case SCOPE_DHCP:
		return FILL_DHCP;
	case SCOPE_UDP:
		return FILL_UDP;
	default:
		return all ? FILL_UDP : FILL_DHCP;
	}
}

enum fill_scope plan_network_scope(const struct network *network, const struct policy *policy)
{
	return wanted_scope(policy, network->service[IPV4].tftp || network->service[IPV6].tftp);
}

enum fill_scope plan_guest_scope(const struct guest *guest, const struct policy *policy)
{
	bool all = guest_netboots(guest);

	for (size_t i = 0; i < guest->nic_count; i++)
		all = all || guest->nics[i].type == NIC_DIRECT;
	return wanted_scope(policy, all);
}

static enum fill_scope wider(enum fill_scope one, enum fill_scope other)
{
	return one > other ? one : other;
}

static enum fill_scope filter_fills(const struct filter_state *filter, enum ip_family family)
{
	return wider(filter->ours[family], filter->others[family]);
}

enum fill_scope plan_filled(const struct bridge_facts *bridge, enum ip_family family)
{
	const struct fill_state *fill = &bridge->fill[family];

	if (bridge->tx_checksum_off)
		return FILL_UDP;
	return wider(wider(fill->ours, fill->others), filter_fills(&bridge->filter, family));
}

bool plan_has_rule(const struct host_facts *facts, enum ip_family family)
{
	return facts->fill[family].table && facts->fill[family].target;
}

bool plan_uses_filters(const struct policy *policy)
{
	return policy->mechanism == MECHANISM_AUTO || policy->mechanism == MECHANISM_TC;
}

/* Guests' ports have filters. One whose filters could not be read is left alone. */
static bool uses_ports(const struct host_facts *facts, const struct policy *policy)
{
	return plan_uses_filters(policy) && facts->filter_supported;
}

static bool is_blocked(const struct port_facts *port)
{
	return port && port->filter.blocked;
}

static struct action fill_rule(enum ip_family family, enum fill_scope scope, const char *why)
{
	return (struct action){.kind = ACTION_FILL, .family = family, .scope = scope, .why = why};
}

static struct action fill_filter(enum filter_hook hook, enum fill_scope scope, const char *why)
{
	return (struct action){.kind = ACTION_FILTER, .hook = hook, .scope = scope, .why = why};
}

static const char *const no_action_csum = "the kernel has no act_csum";
static const char *const other_qdisc = "somebody else's qdisc is in the way of a filter";
static const char *const configured = "virt-netboot.conf says so";

/* How to fill what goes out through a bridge. Return: false if nothing can. */
static bool choose_at_bridge(const struct subject *subject, enum ip_family family,
	enum fill_scope scope, const struct host_facts *facts, const struct policy *policy,
	struct action *action)
{
	bool rule = plan_has_rule(facts, family);
	bool filter =
		subject->managed && facts->filter_supported && !subject->bridge->filter.blocked;

	switch (policy->mechanism) {
	case MECHANISM_ETHTOOL:
		*action = (struct action){
			.kind = ACTION_TX_CHECKSUM, .scope = FILL_UDP, .why = configured};
		return true;
	case MECHANISM_TC:
		*action = fill_filter(FILTER_EGRESS, scope, configured);
		return filter;
	case MECHANISM_IPTABLES:
		*action = fill_rule(family, scope, configured);
		return rule;
	default:
		if (filter && !(rule && facts->fill[family].in_use)) {
			*action = fill_filter(
				FILTER_EGRESS, scope, "no legacy iptables table is in use");
			return true;
		}
		*action = fill_rule(family, scope,
			!facts->filter_supported     ? no_action_csum
			: facts->fill[family].in_use ? "legacy iptables tables are in use"
						     : other_qdisc);
		return rule;
	}
}

static bool is_same_fill(const struct action *one, const struct action *other)
{
	return one->kind == other->kind &&
	       (one->kind != ACTION_FILL || one->family == other->family);
}

/* The action that fills checksums towards the subject's bridge; it is planned once. */
static int plan_at_bridge(struct plan *plan, const struct subject *subject, struct action action)
{
	for (size_t i = 0; i < plan->action_count; i++) {
		if (is_same_fill(&plan->actions[i], &action) &&
			strcmp(plan->actions[i].bridge, subject->bridge->state.name) == 0 &&
			!*plan->actions[i].port) {
			plan->actions[i].scope = wider(plan->actions[i].scope, action.scope);
			return (int)i;
		}
	}
	return plan_add_action(plan, subject, action);
}

/* What the kernel would have to have. */
char *plan_lack(enum ip_family family, const struct host_facts *facts, const struct policy *policy)
{
	const char *rule =
		facts->fill[family].table ? "iptables target CHECKSUM" : "legacy table mangle";

	if (policy->mechanism == MECHANISM_TC)
		return alloc_copy(facts->filter_supported ? other_qdisc : no_action_csum);
	if (policy->mechanism == MECHANISM_IPTABLES)
		return alloc_format("the kernel has not loaded the %s, or has none", rule);
	if (facts->filter_supported)
		return alloc_format("%s, and the kernel has no %s", other_qdisc, rule);
	return alloc_format("the kernel has neither act_csum nor the %s", rule);
}

char *plan_lack_cure(enum ip_family family)
{
	return alloc_format("modprobe act_csum, or modprobe -a xt_CHECKSUM %s; else <driver "
			    "name='qemu'/> in the guest's <interface>; else [checksum] mechanism "
			    "= ethtool in virt-netboot.conf",
		family == IPV4 ? "iptable_mangle" : "ip6table_mangle");
}

/* Takes @evidence. */
static void plan_unsupported(struct plan *plan, const struct subject *subject,
	enum ip_family family, const struct host_facts *facts, const struct policy *policy,
	char *evidence)
{
	char *lacking = plan_lack(family, facts, policy);

	plan_add_finding(plan, subject, "checksum-unsupported", SEVERITY_ERROR,
		alloc_format("%s; %s", evidence, lacking), plan_lack_cure(family), NO_ACTION);
	free(lacking);
	free(evidence);
}

/* What a person can do to a bridge. */
static char *fill_cure(const char *bridge, enum ip_family family, enum fill_scope scope)
{
	return alloc_format("%s -t mangle -A POSTROUTING -o %s -p udp%s -j CHECKSUM "
			    "--checksum-fill",
		family == IPV4 ? "iptables" : "ip6tables", bridge,
		scope == FILL_UDP ? ""
		: family == IPV4  ? " --dport 68"
				  : " --dport 546");
}

/* Packets towards the bridge reach the guest with a wrong checksum: fill it, or say why not. */
static void plan_fill(struct plan *plan, const struct subject *subject, enum ip_family family,
	enum fill_scope scope, const struct host_facts *facts, const struct policy *policy,
	const char *slug, char *evidence)
{
	struct action action;

	if (!choose_at_bridge(subject, family, scope, facts, policy, &action)) {
		plan_unsupported(plan, subject, family, facts, policy, evidence);
		return;
	}
	plan_add_finding(plan, subject, slug, SEVERITY_ERROR, evidence,
		action.kind == ACTION_TX_CHECKSUM
			? alloc_format("ethtool -K %s tx off", subject->bridge->state.name)
			: fill_cure(subject->bridge->state.name, family, scope),
		plan_at_bridge(plan, subject, action));
}

static const char *family_name(enum ip_family family)
{
	return family == IPV4 ? "DHCP" : "DHCPv6";
}

void plan_network_fill(struct plan *plan, const struct subject *subject,
	const struct network *network, enum ip_family family, const struct host_facts *facts,
	const struct policy *policy)
{
	const struct network_service *service = &network->service[family];
	bool tftp = network->service[IPV4].tftp || network->service[IPV6].tftp;
	enum fill_scope scope = plan_network_scope(network, policy);
	enum fill_scope have = plan_filled(subject->bridge, family);
	bool served = service->dhcp || service->tftp || subject->bridge->dhcp_server[family];

	if (policy->mechanism == MECHANISM_NONE || !facts->fill_known[family] || !served ||
		have >= scope)
		return;
	/* Guests' ports on a bridge of the host's own will have filters. */
	if (!subject->managed && facts->filter_supported)
		return;
	plan_fill(plan, subject, family, scope, facts, policy,
		have == FILL_DHCP && tftp ? "checksum-tftp-unfilled" : "checksum-unfilled",
		have == FILL_NONE
			? alloc_format("nothing fills the UDP checksums of this host's %s replies",
				  family_name(family))
			: alloc_copy("the UDP checksums of DHCP replies only are filled"));
}

/* Rules that are to go: a network's own stay until it stops. */
static bool has_rules(const struct bridge_facts *bridge, enum ip_family family, bool managed)
{
	const struct fill_state *fill = &bridge->fill[family];

	return fill->rules > 0 && (managed || fill->for_guests);
}

void plan_unfill(struct plan *plan, const struct subject *subject)
{
	const struct bridge_facts *bridge = subject->bridge;

	/* What guests are still there for is still needed. */
	if (!subject->managed && bridge->state.kind != BRIDGE_ABSENT &&
		(!bridge->state.ports_known || bridge->state.guest_ports > 0))
		return;
	for (enum ip_family family = 0; family < IP_FAMILIES; family++) {
		if (has_rules(bridge, family, subject->managed))
			plan_at_bridge(plan, subject, fill_rule(family, FILL_NONE, NULL));
		/* Filters are at the bridges of libvirt's networks only. */
		if (subject->managed && bridge->filter.ours[family] != FILL_NONE)
			plan_at_bridge(plan, subject, fill_filter(FILTER_EGRESS, FILL_NONE, NULL));
	}
	if (bridge->tx_checksum_ours)
		plan_at_bridge(plan, subject, (struct action){.kind = ACTION_TX_CHECKSUM});
}

/* What protects the interface, of the four conditions, or NULL if it is exposed. */
static char *protection(
	const struct subject *subject, enum ip_family family, enum fill_scope scope, bool vhost)
{
	const struct guest_nic *nic = subject->nic;
	const struct bridge_facts *bridge = subject->bridge;

	if (!nic_is_virtio(nic))
		return alloc_format(
			"its model is %s, not virtio", nic->model ? nic->model : "not set");
	if (nic->guest_csum_off)
		return alloc_copy("it takes no partial checksums (<guest csum='off'/>)");
	if (!bridge->dhcp_server[family])
		return alloc_format("no %s server is seen in libvirtd's network namespace",
			family_name(family));
	if (plan_filled(bridge, family) >= scope)
		return alloc_copy(
			bridge->fill[family].ours >= scope ? "our CHECKSUM rule fills them"
			: bridge->fill[family].others >= scope
				? "a CHECKSUM rule of others fills them"
			: bridge->tx_checksum_off ? "transmit checksumming is off on the bridge"
						  : "a filter at the bridge fills them");
	/* QEMU completes what comes from port 67, nothing else [qemu hw/net/virtio-net.c,
	 * work_around_broken_dhclient()] */
	if (!vhost && family == IPV4 && scope == FILL_DHCP)
		return alloc_copy("vhost-net is not used: QEMU completes DHCP replies");
	return NULL;
}

static const char *exposure_slug(enum ip_family family, bool vhost)
{
	if (vhost)
		return "vhost-exposed";
	return family == IPV4 ? "checksum-tftp-unfilled" : "checksum-unfilled";
}

static char *exposure(enum ip_family family, enum fill_scope scope, bool vhost)
{
	return alloc_format(
		"virtio%s, a %s server on this host, and nothing that fills %s checksums",
		vhost ? " with vhost-net" : "", family_name(family),
		scope == FILL_UDP ? "all UDP" : "DHCP");
}

/* Takes @protected_by. One family's word will do. */
static void plan_protected(
	struct plan *plan, const struct subject *subject, enum ip_family family, char *protected_by)
{
	if (family == IPV4)
		plan_add_finding(plan, subject, "checksum-protected", SEVERITY_DEBUG, protected_by,
			NULL, NO_ACTION);
	else
		free(protected_by);
}

/* vhost-net is used by KVM guests' virtio interfaces unless their XML says otherwise
 * [libvirt src/qemu/qemu_interface.c, qemuInterfaceOpenVhostNet()] */
bool plan_uses_vhost(
	const struct guest *guest, const struct guest_nic *nic, const struct host_facts *facts)
{
	return facts->vhost_net && guest->kvm && nic_is_virtio(nic) && nic->backend != BACKEND_QEMU;
}

/*
 * True if the bridge is that of a network of libvirt's, and what its servers on this host send is
 * filled. On a bridge of the host's own, or without such a server, the server may be another guest.
 */
static bool is_covered(const struct subject *subject, enum fill_scope scope)
{
	bool served = false;

	for (enum ip_family family = 0; subject->managed && family < IP_FAMILIES; family++) {
		if (!subject->bridge->dhcp_server[family])
			continue;
		served = true;
		if (plan_filled(subject->bridge, family) < scope)
			return false;
	}
	return served;
}

static bool port_fills(const struct port_facts *port, enum fill_scope scope)
{
	return filter_fills(&port->filter, IPV4) >= scope &&
	       filter_fills(&port->filter, IPV6) >= scope;
}

/* Add the filter at the guest's port. Return: the action. */
static int plan_port_filter(struct plan *plan, const struct subject *subject, enum filter_hook hook,
	enum fill_scope scope, const struct policy *policy)
{
	const char *why = policy->mechanism == MECHANISM_AUTO
				  ? "at the guest's port, for the kernel has act_csum"
				  : configured;

	return plan_add_action(plan, subject, fill_filter(hook, scope, why));
}

static void plan_tap(struct plan *plan, struct subject subject, const struct port_facts *port,
	enum fill_scope scope, bool vhost, const struct policy *policy)
{
	subject.port = &port->port;
	if (port_fills(port, scope)) {
		plan_protected(plan, &subject, IPV4, alloc_copy("a filter at its port fills them"));
		return;
	}
	if (is_covered(&subject, scope)) {
		plan_protected(plan, &subject, IPV4, protection(&subject, IPV4, scope, vhost));
		return;
	}
	int action = plan_port_filter(plan, &subject, FILTER_EGRESS, scope, policy);
	for (enum ip_family family = 0; family < IP_FAMILIES; family++) {
		char *protected_by = protection(&subject, family, scope, vhost);
		if (!protected_by)
			plan_add_finding(plan, &subject, exposure_slug(family, vhost),
				SEVERITY_ERROR, exposure(family, scope, vhost),
				fill_cure(subject.bridge->state.name, family, scope), action);
		free(protected_by);
	}
}

static void plan_towards_bridge(struct plan *plan, const struct subject *subject,
	enum ip_family family, enum fill_scope scope, bool vhost, const struct host_facts *facts,
	const struct policy *policy)
{
	char *protected_by = protection(subject, family, scope, vhost);

	if (protected_by)
		plan_protected(plan, subject, family, protected_by);
	else
		plan_fill(plan, subject, family, scope, facts, policy, exposure_slug(family, vhost),
			exposure(family, scope, vhost));
}

/* Why the guest's port has no filter. */
static const char *why_no_filter(const struct host_facts *facts, const struct policy *policy)
{
	if (!plan_uses_filters(policy))
		return configured;
	return facts->filter_supported ? other_qdisc : no_action_csum;
}

/* What the host's own macvlan sends to macvtaps on the same lower device. */
static void plan_macvlan(struct plan *plan, const struct subject *subject, enum fill_scope scope,
	const struct host_facts *facts, const struct policy *policy)
{
	for (enum ip_family family = 0; family < IP_FAMILIES; family++) {
		bool served = subject->bridge->dhcp_server[family];
		/* A TFTP server for IPv4 may be there without a DHCP server. */
		if (!facts->fill_known[family] || plan_filled(subject->bridge, family) >= scope ||
			(!served && family != IPV4))
			continue;
		if (plan_has_rule(facts, family) && policy->mechanism != MECHANISM_TC)
			plan_at_bridge(plan, subject,
				fill_rule(family, scope, why_no_filter(facts, policy)));
		else if (served)
			plan_unsupported(plan, subject, family, facts, policy,
				alloc_format("nothing fills the UDP checksums of this host's %s "
					     "replies on the lower device",
					family_name(family)));
	}
}

/* The guest's macvtap is without a filter: what can be done to senders on this host is done, and
 * for those elsewhere there is a word. */
static void plan_peers(struct plan *plan, const struct subject *subject, enum fill_scope scope,
	const struct host_facts *facts, const struct policy *policy)
{
	const struct guest_nic *nic = subject->nic;
	bool served = false;

	for (size_t i = 0; nic_reaches_macvlans(nic) && i < facts->bridge_count; i++) {
		const struct bridge_facts *macvlan = &facts->bridges[i];
		struct subject sender = *subject;
		if (macvlan->state.kind != BRIDGE_MACVLAN ||
			strcmp(macvlan->lower, nic->lower) != 0)
			continue;
		sender.bridge = macvlan;
		served = served || macvlan->dhcp_server[IPV4] || macvlan->dhcp_server[IPV6];
		plan_macvlan(plan, &sender, scope, facts, policy);
	}
	if (!served)
		plan_add_finding(plan, subject, "macvtap-peer-offload", SEVERITY_NOTICE,
			alloc_format(
				"no DHCP server of this host is on %s, so its servers are beyond "
				"it; if one of them leaves UDP checksums to a network card that "
				"does not fill them, nothing here does, for %s",
				nic->lower, why_no_filter(facts, policy)),
			alloc_copy("modprobe act_csum here, or on the machine of the DHCP and TFTP "
				   "server: ethtool -K ITS-INTERFACE tx off"),
			NO_ACTION);
}

static void plan_macvtap(struct plan *plan, struct subject subject, const struct port_facts *port,
	enum fill_scope scope, const struct host_facts *facts, const struct policy *policy)
{
	static const struct bridge_facts none;

	subject.bridge = &none;
	if (policy->mechanism == MECHANISM_ETHTOOL) {
		plan_add_finding(plan, &subject, "checksum-unsupported", SEVERITY_WARNING,
			alloc_copy("[checksum] mechanism = ethtool is refused for a macvtap: the "
				   "kernel does not let anybody change tx-checksum-ip-generic of "
				   "macvlans and macvtaps"),
			alloc_copy("[checksum] mechanism = auto in virt-netboot.conf"), NO_ACTION);
		return;
	}
	if (!uses_ports(facts, policy) || is_blocked(port)) {
		plan_peers(plan, &subject, scope, facts, policy);
		return;
	}
	if (!port || !port->filter_known)
		return;
	subject.port = &port->port;
	if (!port_fills(port, scope))
		plan_port_filter(plan, &subject, FILTER_INGRESS, scope, policy);
}

void plan_nic_fill(struct plan *plan, enum event_kind kind, const struct guest *guest,
	const struct subject *subject, const struct port_facts *port,
	const struct host_facts *facts, const struct policy *policy)
{
	const struct guest_nic *nic = subject->nic;
	bool direct = nic->type == NIC_DIRECT;
	bool vhost = plan_uses_vhost(guest, nic, facts);
	bool partial = nic_takes_partial_checksums(nic);
	enum fill_scope scope = wanted_scope(policy, guest_netboots(guest) || direct);

	if (policy->mechanism == MECHANISM_NONE)
		return;
	if (direct) {
		if (partial && kind != EVENT_GUEST_PREPARE)
			plan_macvtap(plan, *subject, port, scope, facts, policy);
		return;
	}
	if (!subject->bridge || subject->bridge->state.kind != BRIDGE_LINUX)
		return;
	/* The port can have a filter; before "start" it is not there yet. */
	if (partial && uses_ports(facts, policy) && !is_blocked(port)) {
		if (port && port->filter_known)
			plan_tap(plan, *subject, port, scope, vhost, policy);
		return;
	}
	for (enum ip_family family = 0; family < IP_FAMILIES; family++) {
		if (facts->fill_known[family])
			plan_towards_bridge(plan, subject, family, scope, vhost, facts, policy);
	}
}

static bool guests_came(const struct bridge_facts *bridge)
{
	return bridge && bridge->state.ports_known && bridge->state.guest_ports > 0;
}

static const struct bridge_facts *find_bridge(const struct host_facts *facts, const char *name)
{
	for (size_t i = 0; i < facts->bridge_count; i++) {
		if (strcmp(facts->bridges[i].state.name, name) == 0)
			return &facts->bridges[i];
	}
	return NULL;
}

static bool takes_away(const struct action *action)
{
	return action->for_guests && action->scope == FILL_NONE &&
	       (action->kind == ACTION_FILL || action->kind == ACTION_TX_CHECKSUM);
}

bool plan_takes_away(const struct plan *plan)
{
	for (size_t i = 0; i < plan->action_count; i++) {
		if (takes_away(&plan->actions[i]))
			return true;
	}
	return false;
}

void plan_put_back(struct plan *plan, const struct plan *done, const struct host_facts *facts)
{
	*plan = (struct plan){0};
	for (size_t i = 0; i < done->action_count; i++) {
		struct action action = done->actions[i];
		const struct bridge_facts *bridge = find_bridge(facts, action.bridge);
		struct subject subject = {.guest = action.guest, .network = action.network};

		if (!takes_away(&action) || action.result != 0 || !guests_came(bridge))
			continue;
		subject.bridge = bridge;
		action.scope =
			action.kind == ACTION_FILL ? bridge->fill[action.family].ours : FILL_UDP;
		action.why = "a guest has come meanwhile";
		plan_add_action(plan, &subject, action);
	}
}
