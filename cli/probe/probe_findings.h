// SPDX-License-Identifier: GPL-2.0-or-later
/* What is wrong, in a probe's result: for probe_judge.c only, and for those who find it. */
#ifndef VIRT_NETBOOT_PROBE_FINDINGS_H
#define VIRT_NETBOOT_PROBE_FINDINGS_H

#include "plan.h"
#include "probe_result.h"

/* Add all findings to @plan, those that keep a client from its address first. */
void probe_find(const struct probe_result *result, struct plan *plan);

/* Of them, those about checksums; probe_find_checksums.c. */
void probe_find_checksums(const struct probe_result *result, struct plan *plan);

/* Add one, whose texts are @plan's from now on. Its bridge is where the probe was. */
void probe_add_finding(
	const struct probe_result *result, struct plan *plan, struct finding finding);

#endif
