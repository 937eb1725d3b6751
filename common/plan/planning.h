// SPDX-License-Identifier: GPL-2.0-or-later
/* What the parts of the plan have in common. For files in this folder only. */
#ifndef VIRT_NETBOOT_PLANNING_H
#define VIRT_NETBOOT_PLANNING_H

#include "event.h"
#include "network.h"
#include "plan.h"
#include "policy.h"

/* What a plan is made of, and the plan. */
struct planning {
	struct plan *plan;
	enum event_kind kind;
	const struct guest *guest; /* NULL at an event of a network */
	const struct host_facts *facts;
	const struct policy *policy;
};

/* What the findings and actions of one bridge are about. */
struct subject {
	const char *guest;
	const char *network;
	const struct guest_nic *nic;
	const struct bridge_facts *bridge;
	const struct bridge_port *port; /* the guest's, if it is there already */
	bool openvswitch;               /* the XML says that the bridge is one of Open vSwitch */
	bool managed;                   /* libvirt made the bridge */
	bool has_port;                  /* the guest's port is on the bridge already */
};

/* plan.c: add an action about the subject. Return: its index. */
int plan_add_action(struct plan *plan, const struct subject *subject, struct action action);

/* Add a finding about the subject, of which @finding has slug, severity, evidence, cure, advice,
 * action. One that tells of trouble has a cure or an advice. */
void plan_add_finding(struct plan *plan, const struct subject *subject, struct finding finding);

/* hold.c: the bridge as such, whatever its ports. */
void plan_hold(const struct planning *planning, const struct subject *subject);

/* The hold, in words; the caller frees it. */
char *plan_hold_evidence(const struct bridge_state *bridge);

/* port.c: a guest's port that is there. */
void plan_port(
	const struct planning *planning, struct subject subject, const struct port_facts *port);

/* How to make an edge port by hand, or NULL (cure.h); the caller frees it. */
char *plan_edge_cure(const struct bridge_state *bridge, const struct bridge_port *port);

/* path.c: what lies beyond a guest's port; after all else that concerns the port. */
void plan_path(
	const struct planning *planning, struct subject subject, const struct port_facts *port);

/* docker_user.c: Docker's rules, which drop what the subject's bridge forwards. */
void plan_docker_user(const struct planning *planning, const struct subject *subject);

/* The last guest has gone: our rule goes, unless somebody wants it to stay. */
void plan_docker_user_goes(struct plan *plan, const struct subject *subject);

/* macvtap.c: a server of this host that the subject's macvtap does not reach. */
void plan_macvtap_server(const struct planning *planning, const struct subject *subject);

/* True if there is such a server. */
bool macvtap_misses_server(const struct host_facts *facts, const struct guest_nic *nic);

/* undo.c: take away what is ours at the bridges, unless guests are still there. */
void plan_unfill(struct plan *plan, struct subject subject, const struct host_facts *facts);

/* arrival.c: a guest comes to this host, running or with its state. */
void plan_arrival(const struct planning *planning);

#endif
