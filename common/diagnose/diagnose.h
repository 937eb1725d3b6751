// SPDX-License-Identifier: GPL-2.0-or-later
/* From the XML of a guest or a network to what is wrong with it here, and what could be done. */
#ifndef VIRT_NETBOOT_DIAGNOSE_H
#define VIRT_NETBOOT_DIAGNOSE_H

#include "event.h"
#include "facts.h"
#include "guest.h"
#include "network.h"
#include "plan.h"
#include "policy.h"

#include <libxml/tree.h>
#include <stdbool.h>

struct diagnosis;

/* Gathers facts, and adds to the plan what they ask for. */
typedef void diagnosis_stage(struct diagnosis *diagnosis);

struct diagnosis {
	enum event_kind kind;
	struct policy policy; /* the host's, with what the object's own metadata says over it */
	struct guest guest;   /* one of the two, the other is empty */
	struct network network;
	struct host_facts facts;
	struct plan plan;
	const struct port_list *ports; /* of diagnose_coming_ports() */
	diagnosis_stage *const *next;  /* those to come, and NULL */
};

/**
 * diagnose_guest() - read what an event of a guest is about
 * @diagnosis:	filled in, without facts and plan; the caller frees it with diagnosis_clear(), also
 *		after an error
 * @kind:	what happened to the guest, or would
 * @domain:	<domain>, or <inactiveDomain> of a snapshot
 * @policy:	the host's
 *
 * Return: 0, or -EINVAL if @domain is none.
 */
int diagnose_guest(struct diagnosis *diagnosis, enum event_kind kind, const xmlNode *domain,
	const struct policy *policy);

/* The same for a network; @root is <hookData> or <network>. */
int diagnose_network(struct diagnosis *diagnosis, enum event_kind kind, const xmlNode *root,
	const struct policy *policy);

/**
 * diagnose_coming_ports() - diagnose what lies beyond the guest's ports, too, before there are any
 * @diagnosis:	of diagnose_guest(), or its like, for EVENT_GUEST_PREPARE
 * @ports:	all ports of the bridges that it names; lives as long as @diagnosis
 *
 * For who only looks. The interfaces' targets become names of ports that cannot be.
 */
void diagnose_coming_ports(struct diagnosis *diagnosis, const struct port_list *ports);

/**
 * diagnose_newcomers() - what a guest would meet that is about to start, and boots from the network
 * @bridges:	@count names; it has a virtio interface on each, in this order
 *
 * @ports:	all ports of these bridges; lives as long as @diagnosis
 *
 * For who knows a bridge and no guest. The guest's own ports are still to come; what lies beyond
 * them is diagnosed last.
 */
void diagnose_newcomers(struct diagnosis *diagnosis, const char *const *bridges, size_t count,
	const struct port_list *ports, const struct policy *policy);

/**
 * diagnose_next() - what the event asks for on this host, the next part of it
 *
 * The plan grows by what is less important than what is in it, and has to be carried out before
 * this is called again: what a later part needs to know may take longer than there is time. Nothing
 * of the host is changed. Return: false if there was nothing left to ask for.
 */
bool diagnose_next(struct diagnosis *diagnosis);

void diagnosis_clear(struct diagnosis *diagnosis);

#endif
