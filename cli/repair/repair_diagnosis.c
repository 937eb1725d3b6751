// SPDX-License-Identifier: GPL-2.0-or-later
/* What one diagnosis asks for: carried out as a hook does it, or told. */
#include "repair_parts.h"

#include "alloc.h"
#include "apply.h"
#include "clock.h"
#include "gather_memory.h"
#include "host.h"
#include "log.h"
#include "sweep.h"
#include "watch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Milliseconds until a device that others touch all the time is left alone. */
#define QUIET_MAX 10000

/* What the action puts a filter at, which a guest that runs may use; or 0. */
static unsigned int device_of(const struct action *action)
{
	if (action->kind != ACTION_FILTER)
		return 0;
	return *action->port ? action->port_ifindex : action->ifindex;
}

/* Nothing is known of the last seconds before the first of them. */
static void begin_watching(struct repair_run *run)
{
	run->quiet.watch = host_qdisc_watch();
	run->is_watching = true;
	if (run->quiet.watch >= 0)
		quiet_note(&run->quiet, QUIET);
}

/* Milliseconds until none of the devices was touched by others for a while. */
static long long time_to_quiet(struct repair_run *run, const struct plan *plan)
{
	long long wait = 0;

	for (size_t i = plan->applied; i < plan->action_count; i++) {
		unsigned int device = device_of(&plan->actions[i]);
		long long left = device ? quiet_left(&run->quiet, device) : 0;
		if (left > wait)
			wait = left;
	}
	return wait;
}

static bool needs_quiet(const struct plan *plan)
{
	for (size_t i = plan->applied; i < plan->action_count; i++) {
		if (device_of(&plan->actions[i]))
			return true;
	}
	return false;
}

/* libvirt may be changing the limits of a device just now. Where it does so all the time, or where
 * that cannot be known, the device is left alone: its action is not carried out. */
static void wait_for_quiet(struct repair_run *run, struct plan *plan)
{
	long long start = clock_now();

	if (!needs_quiet(plan))
		return;
	if (!run->is_watching)
		begin_watching(run);
	quiet_note(&run->quiet, 0);
	while (time_to_quiet(run, plan) > 0 &&
		(clock_now() - start) / NANOSECONDS_PER_MILLISECOND < QUIET_MAX)
		quiet_note(&run->quiet, time_to_quiet(run, plan));
	for (size_t i = plan->applied; i < plan->action_count; i++) {
		unsigned int device = device_of(&plan->actions[i]);
		plan->actions[i].planned =
			device && (run->quiet.watch < 0 || quiet_left(&run->quiet, device) > 0);
	}
}

/* What was left alone has failed. */
static void fail_planned(struct plan *plan, size_t first)
{
	for (size_t i = first; i < plan->action_count; i++) {
		if (!plan->actions[i].planned)
			continue;
		plan->actions[i].planned = false;
		plan->actions[i].result = -EBUSY;
	}
}

/* Those from @first on; nobody waits for us as libvirtd would. */
static void apply(struct repair_run *run, struct plan *plan, size_t first)
{
	wait_for_quiet(run, plan);
	long long start = clock_now();
	apply_actions(plan);
	fail_planned(plan, first);
	apply_after_hello(plan, first, start + HELLO_MAX * NANOSECONDS_PER_MILLISECOND);
}

/* One for each bridge is enough, if it is the widest. */
static void keep_sweep(struct repair_run *run, const struct action *sweep)
{
	for (size_t i = 0; i < run->sweep_count; i++) {
		struct action *known = &run->sweeps[i];
		if (known->ifindex != sweep->ifindex)
			continue;
		if (sweep->scope > known->scope)
			known->scope = sweep->scope;
		known->for_guests = known->for_guests && sweep->for_guests;
		return;
	}
	run->sweeps = alloc_one_more(run->sweeps, run->sweep_count, sizeof(*run->sweeps));
	run->sweeps[run->sweep_count] = *sweep;
	/* The model that it was planned for goes. */
	run->sweeps[run->sweep_count].guest = NULL;
	run->sweeps[run->sweep_count++].network = NULL;
}

static void keep_sweeps(struct repair_run *run, const struct plan *plan)
{
	for (size_t i = 0; i < plan->action_count; i++) {
		if (plan->actions[i].kind == ACTION_SWEEP)
			keep_sweep(run, &plan->actions[i]);
	}
}

/* What is planned is done next, or should have been done before. */
static void tell_left(struct repair_run *run, struct plan *plan)
{
	for (size_t i = 0; i < plan->action_count; i++)
		plan->actions[i].result = run->pass == REPAIR_PLAN ? 0 : -EAGAIN;
	for (size_t i = 0; i < plan->finding_count; i++) {
		const struct finding *finding = &plan->findings[i];
		if (finding->severity != SEVERITY_DEBUG &&
			plan_repair(plan, finding) < REPAIR_LATER)
			repair_tell_left(run, plan, finding);
	}
}

static void tell(struct repair_run *run, struct diagnosis *diagnosis)
{
	if (run->pass != REPAIR_LOOK)
		repair_tell_actions(run, &diagnosis->plan);
	if (run->pass == REPAIR_APPLY)
		return;
	tell_left(run, &diagnosis->plan);
	repair_note_holds(run, diagnosis);
}

static bool is_of_guest(const struct guest *guest, const char *port)
{
	for (size_t i = 0; i < guest->nic_count; i++) {
		if (strcmp(guest->nics[i].target, port) == 0)
			return true;
	}
	return false;
}

/* Other guests' packets leave by that port, too. */
static bool has_changed_uplink(const struct diagnosis *diagnosis, size_t first)
{
	const struct plan *plan = &diagnosis->plan;

	for (size_t i = first; i < plan->action_count; i++) {
		if (plan->actions[i].kind == ACTION_EDGE_PORT &&
			!is_of_guest(&diagnosis->guest, plan->actions[i].port))
			return true;
	}
	return false;
}

void repair_diagnosis(struct repair_run *run, struct diagnosis *diagnosis)
{
	struct plan *plan = &diagnosis->plan;
	size_t first = 0;

	while (diagnose_next(diagnosis)) {
		if (run->pass == REPAIR_APPLY) {
			apply(run, plan, first);
			watch_ports(plan, &diagnosis->policy);
			if (has_changed_uplink(diagnosis, first))
				gather_remember_ports();
		}
		first = plan->action_count;
	}
	keep_sweeps(run, plan);
	tell(run, diagnosis);
}

static void tell_swept(void *to, const struct plan *plan)
{
	repair_tell_actions(to, plan);
}

/* Those that have nothing to do are left out: the others wait for quiet. */
static void carry_out_sweeps(struct repair_run *run)
{
	size_t count = 0;

	for (size_t i = 0; i < run->sweep_count; i++) {
		if (sweep_look(&run->sweeps[i], &run->policy, NULL, NULL))
			run->sweeps[count++] = run->sweeps[i];
	}
	if (count == 0)
		return;
	if (!run->is_watching)
		begin_watching(run);
	if (run->quiet.watch >= 0)
		sweep_now(run->sweeps, count, &run->policy, &run->quiet, tell_swept, run);
}

/* A port that nobody asked about by name has no finding of its own. */
static void tell_unswept(void *to, const struct plan *plan)
{
	for (size_t i = 0; i < plan->action_count; i++)
		log_error("'%s' lacks its filters: others change its qdiscs all the time",
			*plan->actions[i].port ? plan->actions[i].port : plan->actions[i].bridge);
	repair_tell_failure(to);
}

void repair_sweep(struct repair_run *run)
{
	if (run->pass == REPAIR_APPLY)
		carry_out_sweeps(run);
	for (size_t i = 0; run->pass != REPAIR_APPLY && i < run->sweep_count; i++)
		(void)sweep_look(&run->sweeps[i], &run->policy,
			run->pass == REPAIR_PLAN ? tell_swept : tell_unswept, run);
	free(run->sweeps);
	run->sweeps = NULL;
	run->sweep_count = 0;
}
