// SPDX-License-Identifier: GPL-2.0-or-later
/* Says what was found and done: lines of key=value, for the log and for people. */
#ifndef VIRT_NETBOOT_REPORT_H
#define VIRT_NETBOOT_REPORT_H

#include "plan.h"

/* "finding=SLUG severity=... guest=... evidence=... cure=..." without a newline; the caller frees.
 */
char *report_finding(const struct plan *plan, const struct finding *finding);

/* "action=... bridge=... result=done" likewise. */
char *report_action(const struct action *action);

/* One line in the log. */
void report_done(const struct action *action);

/* One line in the log for each finding and each action. */
void report_plan(const struct plan *plan);

/* Refuse the guest's start if a finding of @plan is a reason to. */
void report_refusal(const struct plan *plan);

#endif
