// SPDX-License-Identifier: GPL-2.0-or-later
/* What takes everything of ours from the kernel. */
#ifndef VIRT_NETBOOT_UNDO_H
#define VIRT_NETBOOT_UNDO_H

#include "plan.h"

/**
 * plan_undo() - take away all rules and filters, and switch on what we have switched off
 * @plan:	filled in; the caller frees it with plan_clear()
 * @facts:	the bridges that our rules are for, and the devices with something of ours
 */
void plan_undo(struct plan *plan, const struct host_facts *facts);

#endif
