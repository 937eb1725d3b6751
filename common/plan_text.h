// SPDX-License-Identifier: GPL-2.0-or-later
/* Findings and actions as lines of key=value: in the log, and in what the tests expect. */
#ifndef VIRT_NETBOOT_PLAN_TEXT_H
#define VIRT_NETBOOT_PLAN_TEXT_H

#include "plan.h"

#include <stdio.h>

/* "finding=SLUG severity=... guest=... evidence=... cure=..." without a newline. */
void plan_text_finding(FILE *line, const struct plan *plan, const struct finding *finding);

/* "action=... bridge=... result=done" without a newline. */
void plan_text_action(FILE *line, const struct action *action);

/* "error", "warning", ...: the severity that the finding has after the actions were carried out. */
enum severity plan_text_severity(const struct plan *plan, const struct finding *finding);

/* One sentence for the person whose guest is refused; the caller frees. */
char *plan_text_refusal(const struct finding *finding);

#endif
