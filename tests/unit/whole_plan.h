// SPDX-License-Identifier: GPL-2.0-or-later
/* All that an event asks for, with facts that are all there from the start; see dispatch.h. */
#ifndef VIRT_NETBOOT_WHOLE_PLAN_H
#define VIRT_NETBOOT_WHOLE_PLAN_H

#include "dispatch.h"

static inline void plan_guest(struct plan *plan, enum event_kind kind, const struct guest *guest,
	const struct host_facts *facts, const struct policy *policy)
{
	*plan = (struct plan){0};
	plan_guest_hold(plan, kind, guest, facts, policy);
	plan_guest_path(plan, kind, guest, facts, policy);
	plan_guest_checksums(plan, kind, guest, facts, policy);
}

static inline void plan_network(struct plan *plan, enum event_kind kind,
	const struct network *network, const struct host_facts *facts, const struct policy *policy)
{
	*plan = (struct plan){0};
	plan_network_hold(plan, kind, network, facts, policy);
	plan_network_path(plan, kind, network, facts, policy);
	plan_network_checksums(plan, kind, network, facts, policy);
}

#endif
