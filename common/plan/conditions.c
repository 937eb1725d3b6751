// SPDX-License-Identifier: GPL-2.0-or-later
#include "conditions.h"

bool policy_makes_edge_ports(const struct policy *policy)
{
	return policy->hold == HOLD_AUTO || policy->hold == HOLD_EDGE;
}

bool plan_needs_ports(const struct bridge_state *bridge, const struct policy *policy)
{
	return bridge_holds(bridge) && policy->hold == HOLD_STP_OFF;
}

bool plan_watches_ports(
	const struct bridge_state *bridge, bool stp_program, const struct policy *policy)
{
	return bridge->kind == BRIDGE_LINUX && bridge->stp == STP_KERNEL &&
	       ((policy_makes_edge_ports(policy) && !stp_program) || policy->bpdu_guard);
}

bool plan_uses_filters(const struct policy *policy)
{
	return policy->mechanism == MECHANISM_AUTO || policy->mechanism == MECHANISM_TC;
}

bool plan_fills_at_port(const struct bridge_port *port, const struct policy *policy)
{
	return policy->at == AT_RECEIVER || (port && port->bridge == 0);
}

enum filter_hook plan_port_hook(const struct bridge_port *port, const struct policy *policy)
{
	return plan_fills_at_port(port, policy) && !port->macvtap ? FILTER_EGRESS : FILTER_INGRESS;
}

bool plan_uses_rules(const struct policy *policy)
{
	return policy->mechanism == MECHANISM_AUTO || policy->mechanism == MECHANISM_IPTABLES;
}

bool plan_filter_is_sure(const struct filter_state *filter)
{
	return !filter->blocked && !filter->shadowed;
}

bool plan_has_rule(const struct host_facts *facts, enum ip_family family)
{
	return facts->fill[family].table && facts->fill[family].target;
}

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

enum fill_scope plan_unknown_scope(const struct policy *policy)
{
	return wanted_scope(policy, true);
}

enum fill_scope plan_nic_scope(
	const struct guest *guest, const struct guest_nic *nic, const struct policy *policy)
{
	return wanted_scope(policy, guest_netboots(guest) || nic->type == NIC_DIRECT);
}

enum fill_scope plan_guest_scope(const struct guest *guest, const struct policy *policy)
{
	enum fill_scope scope = FILL_NONE;

	for (size_t i = 0; i < guest->nic_count; i++)
		scope = plan_wider(scope, plan_nic_scope(guest, &guest->nics[i], policy));
	return scope;
}

const struct bridge_facts *plan_bridge(const struct host_facts *facts, const struct guest_nic *nic)
{
	const struct port_facts *port = host_facts_port(facts, nic->target);

	return port && port->port.bridge != 0 ? host_facts_bridge_index(facts, port->port.bridge)
					      : host_facts_bridge(facts, nic->bridge);
}

const struct lower_facts *plan_lower(const struct host_facts *facts, const struct guest_nic *nic)
{
	const struct lower_facts *lower = host_facts_lower(facts, nic->target);

	return lower ? lower : host_facts_lower(facts, nic->lower);
}

const char *plan_lower_name(const struct host_facts *facts, const struct guest_nic *nic)
{
	const struct lower_facts *lower = plan_lower(facts, nic);

	return lower ? lower->name : nic->lower;
}

enum fill_scope plan_wider(enum fill_scope one, enum fill_scope other)
{
	return one > other ? one : other;
}

enum fill_scope plan_filtered(const struct filter_state *filter, enum ip_family family)
{
	bool reached = !filter->shadowed && !filter->misplaced;

	return reached ? plan_wider(filter->ours[family], filter->others[family])
		       : filter->others[family];
}

enum fill_scope plan_filled(const struct bridge_facts *bridge, enum ip_family family)
{
	const struct fill_state *fill = &bridge->fill[family];

	if (bridge->tx_checksum_off)
		return FILL_UDP;
	return plan_wider(
		plan_wider(fill->ours, fill->others), plan_filtered(&bridge->filter, family));
}

bool plan_sees_zeroed(const struct guest *guest, const struct guest_nic *nic)
{
	return guest_netboots(guest) || !nic_takes_partial_checksums(nic);
}

/* vhost-net is used by KVM guests' virtio interfaces unless their XML says otherwise
 * [libvirt src/qemu/qemu_interface.c, qemuInterfaceOpenVhostNet()] */
bool plan_uses_vhost(
	const struct guest *guest, const struct guest_nic *nic, const struct host_facts *facts)
{
	return facts->vhost_net && guest->kvm && nic_is_virtio(nic) && nic->backend != BACKEND_QEMU;
}

bool plan_is_candidate(
	const struct guest *guest, const struct guest_nic *nic, const struct host_facts *facts)
{
	return (nic->type == NIC_NETWORK || nic->type == NIC_BRIDGE || nic->type == NIC_DIRECT) &&
	       *nic->mac && plan_uses_vhost(guest, nic, facts) && nic_takes_partial_checksums(nic);
}

bool plan_may_rewrite(
	const struct guest *guest, const struct host_facts *facts, const struct policy *policy)
{
	if (!policy->rewrite || policy->mechanism == MECHANISM_NONE)
		return false;
	for (size_t i = 0; i < guest->nic_count; i++) {
		if (plan_is_candidate(guest, &guest->nics[i], facts))
			return true;
	}
	return false;
}
