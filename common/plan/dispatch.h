// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which event asks for what: from what an event says, what the host is like and what the
 * administrator allows to a plan. Pure: no input, no output, no globals.
 */
#ifndef VIRT_NETBOOT_DISPATCH_H
#define VIRT_NETBOOT_DISPATCH_H

#include "event.h"
#include "network.h"
#include "plan.h"
#include "policy.h"

/**
 * plan_network_hold() - what an event of a network asks for, of its bridge and of ports
 * @plan:	added to; the caller frees it with plan_clear(), before @network
 * @kind:	EVENT_NETWORK_START, _ACTIVE, _STOPPED or _PORT_DELETED
 * @facts:	of gather_network_hold(); at EVENT_NETWORK_START there is no bridge yet
 */
void plan_network_hold(struct plan *plan, enum event_kind kind, const struct network *network,
	const struct host_facts *facts, const struct policy *policy);

/* The same of the way beyond a port, and whether it keeps what was done from helping; with what
 * gather_paths() has added. */
void plan_network_path(struct plan *plan, enum event_kind kind, const struct network *network,
	const struct host_facts *facts, const struct policy *policy);

/* The same of checksums, which are less urgent; with what gather_network_checksums() has added. */
void plan_network_checksums(struct plan *plan, enum event_kind kind, const struct network *network,
	const struct host_facts *facts, const struct policy *policy);

/**
 * plan_guest_hold() - what an event of a guest asks for, of its ports, first of all, and of bridges
 * @plan:	added to; the caller frees it with plan_clear(), before @guest
 * @kind:	EVENT_GUEST_PREPARE, or _START or _RECONNECT: then the guest's ports are there
 *		already, and what is changed about a bridge's delay does not help them; or _RELEASE;
 *		or _ARRIVE: only its XML can be changed
 * @facts:	about every bridge that its XML names, every port, and the bridges that these are on
 */
void plan_guest_hold(struct plan *plan, enum event_kind kind, const struct guest *guest,
	const struct host_facts *facts, const struct policy *policy);

/* The same of the ways beyond the ports; with what gather_paths() has added. */
void plan_guest_path(struct plan *plan, enum event_kind kind, const struct guest *guest,
	const struct host_facts *facts, const struct policy *policy);

/* The same of checksums; with what gather_guest_checksums() has added. */
void plan_guest_checksums(struct plan *plan, enum event_kind kind, const struct guest *guest,
	const struct host_facts *facts, const struct policy *policy);

/* The same of Docker's rules; with what gather_network_docker(), or gather_guest_docker(), has
 * added. */
void plan_network_docker(struct plan *plan, enum event_kind kind, const struct network *network,
	const struct host_facts *facts, const struct policy *policy);
void plan_guest_docker(struct plan *plan, enum event_kind kind, const struct guest *guest,
	const struct host_facts *facts, const struct policy *policy);

/**
 * plan_watched_port() - what a port asks for that has come into being
 * @plan:	filled in; the caller frees it with plan_clear()
 * @watch:	the ACTION_WATCH_PORT for it, or an ACTION_EDGE_PORT that had to wait
 * @facts:	about this port, which is there
 */
void plan_watched_port(struct plan *plan, const struct action *watch,
	const struct host_facts *facts, const struct policy *policy);

/* The same of the way beyond it: added to @plan, with what gather_paths() has added. */
void plan_watched_path(struct plan *plan, const struct action *watch,
	const struct host_facts *facts, const struct policy *policy);

/**
 * plan_sweep() - what a bridge or ports ask for that no event is about
 * @plan:	filled in; the caller frees it with plan_clear()
 * @sweep:	the ACTION_SWEEP
 * @facts:	about the bridge, or about ports, or both
 */
void plan_sweep(struct plan *plan, const struct action *sweep, const struct host_facts *facts,
	const struct policy *policy);

/**
 * plan_outside() - what is said once of a bridge, other senders on which no filter of ours meets
 * @plan:	filled in; the caller frees it with plan_clear()
 * @facts:	of gather_outside()
 *
 * For a policy by which checksums are filled where they are sent, as that of each ACTION_SWEEP.
 */
void plan_outside(struct plan *plan, const struct host_facts *facts);

#endif
