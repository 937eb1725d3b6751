// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Collects, through host.h, the facts that a plan needs and no others. What cannot be
 * read is logged and left out, and nothing is planned about it.
 */
#ifndef VIRT_NETBOOT_GATHER_H
#define VIRT_NETBOOT_GATHER_H

#include "event.h"
#include "facts.h"
#include "guest.h"
#include "network.h"
#include "plan.h"
#include "policy.h"

/*
 * Facts about a network's bridge, and the port that the event is about: what STP does with them.
 * The caller frees them with host_facts_clear().
 */
void gather_network_hold(enum event_kind kind, const struct network *network,
	const struct policy *policy, struct host_facts *facts);

/* Add what fills checksums towards the bridge, or what of ours is left there. */
void gather_network_checksums(enum event_kind kind, const struct network *network,
	const struct policy *policy, struct host_facts *facts);

/*
 * Facts about the bridges that a guest's interfaces name or are on, and about their ports;
 * likewise. At EVENT_GUEST_PREPARE there are no ports yet; at EVENT_GUEST_RELEASE and _ARRIVE
 * nothing of it matters.
 */
void gather_guest_hold(enum event_kind kind, const struct guest *guest, const struct policy *policy,
	struct host_facts *facts);

/*
 * Add what fills checksums there. At EVENT_GUEST_RELEASE: what of ours is left, and other guests.
 * At EVENT_GUEST_ARRIVE: what can fill checksums here.
 */
void gather_guest_checksums(enum event_kind kind, const struct guest *guest,
	const struct policy *policy, struct host_facts *facts);

/* Add what Docker's rules do with what the bridges of a guest's ports forward, or that of the port
 * which an event of a network is about; only where a rule of ours is allowed. */
void gather_guest_docker(enum event_kind kind, const struct guest *guest,
	const struct policy *policy, struct host_facts *facts);
void gather_network_docker(enum event_kind kind, const struct network *network,
	const struct policy *policy, struct host_facts *facts);

/* Count anew the guests for whose sake there is something of ours. */
void gather_guests_left(struct host_facts *facts);

/*
 * Facts about the port of a bridge that has a MAC address, if it is there. Return: 0, or a negative
 * errno if the bridge cannot be asked.
 */
int gather_watched_port(
	unsigned int bridge, const unsigned char mac[MAC_SIZE], struct host_facts *facts);

/* Facts about a bridge and the first port of it by which others send than this host and its guests,
 * for an ACTION_SWEEP; none if the log has told of that bridge. */
void gather_outside(const struct action *sweep, struct host_facts *facts);

/* The same of one bridge, whatever the log has told. Those of @ports that are others' do not
 * matter. */
void gather_outside_among(
	const struct port_list *ports, const struct bridge_state *state, struct host_facts *facts);

/* Facts about the filters at a bridge and at the ports of libvirt's guests there, for an
 * ACTION_SWEEP; what cannot be read is left out. */
void gather_swept(
	const struct action *sweep, const struct policy *policy, struct host_facts *facts);

#endif
