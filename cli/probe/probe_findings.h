// SPDX-License-Identifier: GPL-2.0-or-later
/* What is wrong, in a probe's result: for probe_judge.c only. */
#ifndef VIRT_NETBOOT_PROBE_FINDINGS_H
#define VIRT_NETBOOT_PROBE_FINDINGS_H

#include "plan.h"
#include "probe_result.h"

/* Add all findings to @plan, those that keep a client from its address first. */
void probe_find(const struct probe_result *result, struct plan *plan);

#endif
