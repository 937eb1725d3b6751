// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The qemu hook: libvirtd runs it as /etc/libvirt/hooks/qemu (main.c, operations.c).
 *
 * The contract [libvirt docs/hooks.rst, src/util/virhook.c, src/qemu/qemu_process.c]
 *
 * Arguments: GUEST OPERATION SUBOPERATION EXTRA. Standard input: the guest's XML. libvirtd holds
 * the guest's lock and waits without a limit. A status other than 0 refuses "prepare" and
 * "start", with our stderr as the reason, and kills the running guest at "started" and "reconnect".
 * What is written to stdout at "migrate" and "restore" replaces the XML.
 *
 *   prepare    before any device is made: check the host's own bridges; repair there what cannot be
 *              repaired at the guest's ports
 *
 *   start      the ports exist, and the XML names the bridges of networks too: repair at the ports
 *
 *   reconnect  libvirtd was started anew under a running guest: as at start, never refused
 *
 *   migrate, restore    the guest comes to this host: if nothing here can fill checksums for an
 *              interface, give it <driver name='qemu'/>, else write nothing
 *
 *   release    the guest has gone: take away what was done to the host for its sake
 */
#include "answer.h"
#include "apply.h"
#include "chain.h"
#include "cleanup.h"
#include "diagnose.h"
#include "latecomers.h"
#include "log.h"
#include "progress.h"
#include "report.h"
#include "sweep.h"
#include "watch.h"

#include <errno.h>

const char chain_object[] = "guest";

/* What the log says of an answer is true only if libvirt gets it: it is left to the guard as it is
 * then, and as it is if not. */
static void report(struct plan *plan, bool answered)
{
	if (!answered) {
		report_plan(plan);
		return;
	}
	answer_set_result(plan, -EIO);
	progress_log_for(PROGRESS_LOG_NOT_ANSWERED);
	report_plan(plan);
	answer_set_result(plan, 0);
	progress_log_for(PROGRESS_LOG_ANSWERED);
	report_plan(plan);
	progress_log_for(PROGRESS_LOG_ALWAYS);
}

void chain_run(const struct event *event, const xmlNode *root, const struct policy *policy)
{
	CLEANUP(diagnosis_clear) struct diagnosis guest;
	struct plan *plan = &guest.plan;

	if (diagnose_guest(&guest, event->kind, root, policy) != 0) {
		log_error("the XML of %s is not a <domain>", event->operation);
		return;
	}
	while (diagnose_next(&guest)) {
		apply_actions(plan);
		watch_ports(plan, &guest.policy);
	}
	bool answered = answer_plan(plan, &guest.guest, root->doc);
	sweep_bridges(plan, &guest.policy);
	report(plan, answered);
	latecomers_put_back(plan, &guest.facts);
	if (guest.policy.refuse &&
		(event->kind == EVENT_GUEST_PREPARE || event->kind == EVENT_GUEST_START))
		report_refusal(plan);
}
