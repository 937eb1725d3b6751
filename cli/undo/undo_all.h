// SPDX-License-Identifier: GPL-2.0-or-later
/* Takes away everything of ours in this network namespace: for `disable` and `repair --undo`. */
#ifndef VIRT_NETBOOT_UNDO_ALL_H
#define VIRT_NETBOOT_UNDO_ALL_H

#include "facts.h"
#include "plan.h"

struct undo_all {
	struct host_facts facts;
	struct plan plan;
	unsigned int *stale; /* devices that are not in the zone any more that we put them into */
	size_t stale_count;
	int result; /* 0, or the first negative errno of looking, after a message */
};

/* Look what there is, and plan. Changes nothing. For undo_all_clear(). */
void undo_all_find(struct undo_all *undo);

/* Carry it out; each action of the plan has its result, and is in the log. */
void undo_all_apply(struct undo_all *undo);

void undo_all_clear(struct undo_all *undo);

#endif
