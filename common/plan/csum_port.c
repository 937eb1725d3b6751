// SPDX-License-Identifier: GPL-2.0-or-later
/* Checksums of what is sent to one interface of a guest, and of what it sends. */
#include "alloc.h"
#include "cleanup.h"
#include "conditions.h"
#include "csum.h"

#include <stdlib.h>

bool csum_uses_filters(const struct planning *planning)
{
	return plan_uses_filters(planning->policy) && planning->facts->filter_supported;
}

bool csum_is_blocked(const struct port_facts *port)
{
	return port && port->filter.blocked;
}

bool csum_is_shadowed(const struct planning *planning, const struct filter_state *filter)
{
	return csum_uses_filters(planning) && !filter->blocked && filter->shadowed;
}

bool csum_port_fills(const struct port_facts *port, enum fill_scope scope)
{
	return plan_filtered(&port->filter, IPV4) >= scope &&
	       plan_filtered(&port->filter, IPV6) >= scope;
}

const char *csum_why_no_filter(const struct planning *planning)
{
	if (!plan_uses_filters(planning->policy))
		return csum_configured;
	return planning->facts->filter_supported ? csum_in_the_way : csum_no_act_csum;
}

int csum_at_port(
	const struct planning *planning, const struct subject *subject, enum fill_scope scope)
{
	const char *why = planning->policy->mechanism == MECHANISM_AUTO
				  ? "at the guest's port, because the kernel has act_csum"
				  : csum_configured;
	enum filter_hook hook = plan_port_hook(subject->port, planning->policy);

	return plan_add_action(planning->plan, subject, csum_filter(hook, scope, why));
}

/* What fills towards the bridge, in words. */
static const char *who_fills(const struct bridge_facts *bridge, struct need need)
{
	if (bridge->fill[need.family].ours >= need.scope)
		return "our CHECKSUM rule completes them";
	if (bridge->fill[need.family].others >= need.scope)
		return "another program's CHECKSUM rule completes them";
	return bridge->tx_checksum_off ? "transmit checksumming is off on the bridge"
				       : "a filter at the bridge completes them";
}

/* QEMU completes what comes from port 67, nothing else [qemu hw/net/virtio-net.c,
 * work_around_broken_dhclient()] */
static bool is_completed_by_qemu(struct need need)
{
	return !need.vhost && need.family == IPV4 && need.scope == FILL_DHCP;
}

/* What protects the interface, of the four conditions, or NULL if it is exposed. */
static char *protection(const struct subject *subject, struct need need)
{
	const struct guest_nic *nic = subject->nic;

	if (!nic_is_virtio(nic))
		return alloc_format(
			"its model is %s, not virtio", nic->model ? nic->model : "not set");
	if (nic->guest_csum_off)
		return alloc_copy("it takes no partial checksums (<guest csum='off'/>)");
	/* Then nobody has looked for a server. */
	if (plan_filled(subject->bridge, need.family) >= need.scope)
		return alloc_copy(who_fills(subject->bridge, need));
	if (!subject->bridge->dhcp_server[need.family] && subject->bridge->raw_server[need.family])
		return alloc_copy("its DHCP server completes its checksums itself");
	if (!subject->bridge->dhcp_server[need.family])
		return alloc_format("no %s server is seen in libvirtd's network namespace",
			families[need.family].dhcp);
	if (is_completed_by_qemu(need))
		return alloc_copy("vhost-net is not used: QEMU completes DHCP replies");
	return NULL;
}

static const char *exposure_slug(struct need need)
{
	if (need.vhost)
		return "vhost-exposed";
	return need.family == IPV4 ? "checksum-tftp-unfilled" : "checksum-unfilled";
}

static char *exposure(struct need need)
{
	return alloc_format(
		"virtio%s, a %s server on this host, and nothing that completes %s checksums",
		need.vhost ? " with vhost-net" : "", families[need.family].dhcp,
		need.scope == FILL_UDP ? "all UDP" : "DHCP");
}

static void plan_protected(struct plan *plan, const struct subject *subject, char *protected_by)
{
	plan_add_finding(plan, subject,
		(struct finding){
			.slug = "checksum-protected",
			.severity = SEVERITY_DEBUG,
			.evidence = protected_by,
			.action = NO_ACTION,
		});
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

/* A finding for each family whose packets are known to be spoilt. */
static void plan_exposures(const struct planning *planning, const struct subject *subject,
	struct need need, int action)
{
	for (need.family = 0; need.family < IP_FAMILIES; need.family++) {
		CLEANUP(cleanup_free) char *protected_by = protection(subject, need);
		if (protected_by)
			continue;
		plan_add_finding(planning->plan, subject,
			(struct finding){
				.slug = exposure_slug(need),
				.severity = SEVERITY_ERROR,
				.evidence = exposure(need),
				.cure = csum_cure(
					subject->bridge->state.name, need.family, need.scope),
				.action = action,
			});
	}
}

/* By a filter at the port, for what anybody sends to it. */
static void plan_receiver(const struct planning *planning, struct subject subject,
	const struct port_facts *port, struct need need)
{
	static const struct bridge_facts none;
	bool on_bridge = subject.bridge && subject.bridge->state.kind == BRIDGE_LINUX;

	subject.port = &port->port;
	if (csum_port_fills(port, need.scope)) {
		plan_protected(planning->plan, &subject,
			alloc_copy("a filter at its port completes them"));
		return;
	}
	if (!on_bridge) {
		subject.bridge = &none;
		csum_at_port(planning, &subject, need.scope);
		return;
	}
	if (is_covered(&subject, need.scope)) {
		plan_protected(planning->plan, &subject, protection(&subject, need));
		return;
	}
	plan_exposures(planning, &subject, need, csum_at_port(planning, &subject, need.scope));
}

/* What the guest sends to others; one whose filters could not be read is left alone. */
static void plan_sender(
	const struct planning *planning, struct subject subject, const struct port_facts *port)
{
	const struct bridge_facts bridge = {.state = port->bridge};
	enum fill_scope scope = plan_unknown_scope(planning->policy);

	if (!port->filter_known || csum_is_blocked(port) || csum_port_fills(port, scope) ||
		!nic_leaves_partial_checksums(subject.nic))
		return;
	subject.port = &port->port;
	subject.bridge = &bridge;
	if (port->filter.shadowed) {
		csum_in_shadow(planning, &subject, &port->filter, scope);
		csum_say_shadowed(planning, &subject, &port->filter, SEVERITY_WARNING,
			alloc_copy("what the guest sends may stay unfilled, which matters if it "
				   "serves others"));
		return;
	}
	csum_at_port(planning, &subject, scope);
}

/* What is sent to a port whose filter others are before; what this host sends is filled towards the
 * bridge. */
static void plan_receiver_in_shadow(const struct planning *planning, struct subject subject,
	const struct port_facts *port, struct need need)
{
	const struct bridge_facts bridge = {.state = port->bridge};

	if (!port->filter_known)
		return;
	subject.port = &port->port;
	subject.bridge = &bridge;
	csum_in_shadow(planning, &subject, &port->filter, need.scope);
	csum_say_shadowed(planning, &subject, &port->filter, SEVERITY_WARNING,
		alloc_copy("what others than this host send to the guest may stay unfilled"));
}

/* On the way to the bridge. Of what protects an interface one family's word will do. */
static void plan_towards_bridge(
	const struct planning *planning, const struct subject *subject, struct need need)
{
	char *protected_by = protection(subject, need);

	if (!protected_by) {
		csum_towards_bridge(planning, subject, need, exposure_slug(need), exposure(need));
		return;
	}
	if (nic_takes_partial_checksums(subject->nic) && !is_completed_by_qemu(need))
		csum_before_a_server_comes(planning, subject, need);
	if (need.family == IPV4)
		plan_protected(planning->plan, subject, protected_by);
	else
		free(protected_by);
}

static void plan_bridge_side(
	const struct planning *planning, const struct subject *subject, struct need need)
{
	if (!subject->bridge || subject->bridge->state.kind != BRIDGE_LINUX)
		return;
	for (need.family = 0; need.family < IP_FAMILIES; need.family++) {
		if (planning->facts->fill_known[need.family])
			plan_towards_bridge(planning, subject, need);
	}
	if (nic_takes_partial_checksums(subject->nic))
		csum_above_bridge(planning, subject, need.scope);
}

/* Filters at the guest's port that an earlier policy, or version, has put elsewhere. */
static void plan_move(
	const struct planning *planning, struct subject subject, const struct port_facts *port)
{
	const struct bridge_facts bridge = {.state = port->bridge};
	enum filter_hook here = plan_port_hook(&port->port, planning->policy);

	subject.port = &port->port;
	subject.bridge = &bridge;
	plan_add_action(planning->plan, &subject,
		csum_filter(here == FILTER_EGRESS ? FILTER_INGRESS : FILTER_EGRESS, FILL_NONE,
			"its place is elsewhere now"));
}

static void plan_tap_csum(const struct planning *planning, const struct subject *subject,
	const struct port_facts *port)
{
	const struct guest_nic *nic = subject->nic;
	const struct need need = {
		.scope = plan_nic_scope(planning->guest, nic, planning->policy),
		.vhost = plan_uses_vhost(planning->guest, nic, planning->facts),
	};
	bool filters = csum_uses_filters(planning);
	bool at_port = plan_fills_at_port(port ? &port->port : NULL, planning->policy);

	if (filters && port && port->filter_elsewhere)
		plan_move(planning, *subject, port);
	bool receiver = filters && at_port && nic_takes_partial_checksums(nic);
	if (receiver && port && csum_is_shadowed(planning, &port->filter)) {
		plan_receiver_in_shadow(planning, *subject, port, need);
	} else if (receiver && (!csum_is_blocked(port) || port->filter_elsewhere)) {
		/* What is in the way may be a qdisc of our own, which goes before. Before "start"
		 * the port is not there yet. */
		if (port && port->filter_known)
			plan_receiver(planning, *subject, port, need);
		return;
	}
	if (filters && port && !at_port) {
		plan_sender(planning, *subject, port);
		csum_sweep(planning, subject, need);
	}
	plan_bridge_side(planning, subject, need);
}

void plan_nic_csum(const struct planning *planning, const struct subject *subject,
	const struct port_facts *port)
{
	enum nic_type type = subject->nic->type;

	if (planning->policy->mechanism == MECHANISM_NONE)
		return;
	if (type == NIC_DIRECT || (port && port->port.macvtap))
		plan_macvtap_csum(planning, subject, port);
	else if (type == NIC_BRIDGE || type == NIC_NETWORK || type == NIC_ETHERNET) {
		plan_tap_csum(planning, subject, port);
		plan_zeroed_csum(planning, subject, port);
	}
}
