// SPDX-License-Identifier: GPL-2.0-or-later
/* What the files of `virt-netboot repair` have in common; for those only. See repair.h. */
#ifndef VIRT_NETBOOT_REPAIR_PARTS_H
#define VIRT_NETBOOT_REPAIR_PARTS_H

#include "plan.h"
#include "policy.h"
#include "probe_request.h"
#include "repair_request.h"

struct repair_output;

struct repair_run {
	const struct repair_request *request;
	struct policy policy; /* the host's */
	struct repair_output *output;
};

/*
 * repair_output.c: what was done, and what was left alone and why. Text is printed at once, JSON at
 * the end. An action that failed, and a finding that is left, have their part in the exit status.
 */

/* Each action of a plan that was carried out; or would be, if only that is asked for. Those that
 * were carried out are in the log, too. */
void repair_tell_actions(struct repair_run *run, const struct plan *plan);

/* A finding of a plan that nothing was done about, or nothing that helped. */
void repair_tell_left(
	struct repair_run *run, const struct plan *plan, const struct finding *finding);

/**
 * repair_firewall() - let pass what a probe shows that a firewall drops
 * @target, @name:	PROBE_BRIDGE or PROBE_NETWORK: where a guest would be
 *
 * What firewalls offer for it, and is taken back as it was, is done, and another probe made; all
 * else is told, with its cure. repair_firewall.c.
 */
void repair_firewall(struct repair_run *run, enum probe_target target, const char *name);

#endif
