// SPDX-License-Identifier: GPL-2.0-or-later
/* What was taken away with the last guest and is needed by one that came meanwhile. */
#ifndef VIRT_NETBOOT_PUT_BACK_H
#define VIRT_NETBOOT_PUT_BACK_H

#include "plan.h"

/* True if something is taken away because no guest is left. */
bool plan_takes_away(const struct plan *plan);

/**
 * plan_put_back() - undo what was taken away too soon
 * @plan:	filled in; the caller frees it with plan_clear(), before @done's model
 * @done:	what was taken away
 * @facts:	as they were before, but for the number of guests
 *
 * A guest that has its port before it looks for our rule either finds it gone, or is counted here.
 */
void plan_put_back(struct plan *plan, const struct plan *done, const struct host_facts *facts);

#endif
