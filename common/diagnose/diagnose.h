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

struct diagnosis {
	struct policy policy; /* the host's, with what the object's own metadata says over it */
	struct guest guest;   /* one of the two, the other is empty */
	struct network network;
	struct host_facts facts;
	struct plan plan;
};

/**
 * diagnose_guest() - what an event of a guest asks for on this host
 * @diagnosis:	filled in; the caller frees it with diagnosis_clear(), also after an error
 * @kind:	what happened to the guest, or would
 * @domain:	<domain>, or <inactiveDomain> of a snapshot
 * @policy:	the host's
 *
 * Nothing of the host is changed. Return: 0, or -EINVAL if @domain is none.
 */
int diagnose_guest(struct diagnosis *diagnosis, enum event_kind kind, const xmlNode *domain,
	const struct policy *policy);

/* The same for a network; @root is <hookData> or <network>. */
int diagnose_network(struct diagnosis *diagnosis, enum event_kind kind, const xmlNode *root,
	const struct policy *policy);

void diagnosis_clear(struct diagnosis *diagnosis);

#endif
