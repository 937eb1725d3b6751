// SPDX-License-Identifier: GPL-2.0-or-later
/* What the parts of the plan have in common: plan.c, plan_hold.c, plan_fill.c. */
#ifndef VIRT_NETBOOT_PLAN_PARTS_H
#define VIRT_NETBOOT_PLAN_PARTS_H

#include "plan.h"

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

/* Add an action about the subject. Return: its index. */
int plan_add_action(struct plan *plan, const struct subject *subject, struct action action);

/* Takes @evidence and @cure, which the plan frees. */
void plan_add_finding(struct plan *plan, const struct subject *subject, const char *slug,
	enum severity severity, char *evidence, char *cure, int action);

/* plan_hold.c: the bridge as such, whatever its ports. */
void plan_hold(struct plan *plan, const struct subject *subject, const struct policy *policy);

/* The hold, in words; the caller frees it. */
char *plan_hold_evidence(const struct bridge_state *bridge);

/* A guest's port that is there. */
void plan_port(struct plan *plan, struct subject subject, const struct port_facts *port,
	bool stp_program, const struct policy *policy);

/* plan_fill.c: the network's DHCP and TFTP replies, whoever the guests will be. */
void plan_network_fill(struct plan *plan, const struct subject *subject,
	const struct network *network, enum ip_family family, const struct host_facts *facts,
	const struct policy *policy);

/* Take away what is ours at the bridge, unless guests are still there. */
void plan_unfill(struct plan *plan, const struct subject *subject);

/* What is sent to one interface of a guest; @port is NULL if it is not there. */
void plan_nic_fill(struct plan *plan, enum event_kind kind, const struct guest *guest,
	const struct subject *subject, const struct port_facts *port,
	const struct host_facts *facts, const struct policy *policy);

/* plan_rewrite.c: a guest comes to this host, running or with its state. */
void plan_arrival(struct plan *plan, const struct guest *guest, const struct host_facts *facts,
	const struct policy *policy);

/* True if vhost-net hands the interface's packets to the guest. */
bool plan_uses_vhost(
	const struct guest *guest, const struct guest_nic *nic, const struct host_facts *facts);

/* What the kernel would have to have to fill checksums; the caller frees it. */
char *plan_lack(enum ip_family family, const struct host_facts *facts, const struct policy *policy);

/* What a person can do about that; likewise. */
char *plan_lack_cure(enum ip_family family);

/* True if a rule can be made. */
bool plan_has_rule(const struct host_facts *facts, enum ip_family family);

#endif
