// SPDX-License-Identifier: GPL-2.0-or-later
/* Carries a plan out through host.h and says what was found and done. Decides nothing. */
#ifndef VIRT_NETBOOT_APPLY_H
#define VIRT_NETBOOT_APPLY_H

#include "plan.h"

/* Carry out every action; each has its result afterwards. One that fails does not stop the rest. */
void apply_actions(struct plan *plan);

/* One line in the log for each finding and each action. */
void apply_log(const struct plan *plan);

/*
 * Put back what was taken away with the last guest if another has come meanwhile, and log it;
 * @facts are those before.
 */
void apply_put_back(const struct plan *done, struct host_facts *facts);

/* Refuse the guest's start if a finding of @plan is a reason to. */
void apply_refusal(const struct plan *plan);

#endif
