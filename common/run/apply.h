// SPDX-License-Identifier: GPL-2.0-or-later
/* Carries a plan out through host.h. Decides nothing. */
#ifndef VIRT_NETBOOT_APPLY_H
#define VIRT_NETBOOT_APPLY_H

#include "plan.h"

/* Carry out every action that was not; each has its result afterwards. One that fails does not stop
 * the rest. */
void apply_actions(struct plan *plan);

/* Until then (clock_now()), carry out again those from @first on that wait for a bridge's next
 * hello. */
void apply_after_hello(struct plan *plan, size_t first, long long until);

#endif
