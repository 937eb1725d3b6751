// SPDX-License-Identifier: GPL-2.0-or-later
#include "sweep.h"

#include "alloc.h"
#include "apply.h"
#include "background.h"
#include "cleanup.h"
#include "clock.h"
#include "dispatch.h"
#include "gather.h"
#include "host.h"
#include "log.h"
#include "progress.h"
#include "quiet.h"
#include "report.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

/* Seconds that it takes at most. */
#define SWEEP_MAX 20

/* Milliseconds: of these, those in which something new is begun. */
#define SWEEP_BEGIN 15000

struct sweeper {
	struct quiet quiet;
	long long start; /* clock_now() */
	sweep_teller *teller;
	void *to;
	const struct action *sweep;
	const struct policy *policy;
};

static long long milliseconds_since(long long when)
{
	return (clock_now() - when) / NANOSECONDS_PER_MILLISECOND;
}

/* A device that has gone in the meantime, with its guest, is not worth a word. */
static void carry_out(const struct sweeper *sweeper, struct plan *plan)
{
	apply_actions(plan);
	if (plan->actions[0].result != -ENODEV)
		sweeper->teller(sweeper->to, plan);
}

/* What is planned for a device, unless that was touched just now. Return: milliseconds until it may
 * be. */
static long long see_to_device(
	struct sweeper *sweeper, const struct host_facts *facts, unsigned int ifindex)
{
	struct plan plan;
	long long left = 0;

	plan_sweep(&plan, sweeper->sweep, facts, sweeper->policy);
	if (plan.action_count > 0) {
		quiet_note(&sweeper->quiet, 0);
		left = quiet_left(&sweeper->quiet, ifindex);
		if (left == 0)
			carry_out(sweeper, &plan);
	}
	plan_clear(&plan);
	return left;
}

static bool has_time(const struct sweeper *sweeper)
{
	return milliseconds_since(sweeper->start) < SWEEP_BEGIN;
}

/* Look at everything once. Return: milliseconds until what was left out may be touched; 0 if
 * nothing was. */
static long long look_around(struct sweeper *sweeper, const struct host_facts *facts)
{
	struct host_facts one = *facts;
	long long wait;

	one.port_count = 0;
	wait = see_to_device(sweeper, &one, sweeper->sweep->ifindex);
	one.bridge_count = 0;
	one.port_count = 1;
	for (size_t i = 0; i < facts->port_count && has_time(sweeper); i++) {
		one.ports = &facts->ports[i];
		long long left = see_to_device(sweeper, &one, one.ports->port.ifindex);
		if (left > wait)
			wait = left;
	}
	return wait;
}

/* So for several bridges. */
static long long look_around_all(struct sweeper *sweeper, const struct action *sweeps, size_t count)
{
	long long wait = 0;

	for (size_t i = 0; i < count && has_time(sweeper); i++) {
		struct host_facts facts;
		sweeper->sweep = &sweeps[i];
		gather_swept(sweeper->sweep, sweeper->policy, &facts);
		long long left = look_around(sweeper, &facts);
		host_facts_clear(&facts);
		if (left > wait)
			wait = left;
	}
	return wait;
}

/* Of each bridge once, if the log takes it; of processes that look at the same time, one says it.
 */
static void say_outside(const struct action *sweep)
{
	struct host_facts facts;
	struct plan plan;

	if (!log_takes(LOG_NOTICE))
		return;
	gather_outside(sweep, &facts);
	plan_outside(&plan, &facts);
	if (plan.finding_count > 0 && host_note_told(sweep->ifindex) == 0)
		report_plan(&plan);
	plan_clear(&plan);
	host_facts_clear(&facts);
}

/* What was touched a moment ago is looked at again. */
static void look_while_there_is_something(
	struct sweeper *sweeper, const struct action *sweeps, size_t count)
{
	long long wait = QUIET;

	while (wait > 0 && has_time(sweeper)) {
		wait = look_around_all(sweeper, sweeps, count);
		if (wait > 0)
			quiet_note(&sweeper->quiet, wait);
	}
}

static void tell_log(void *to, const struct plan *plan)
{
	(void)to;
	report_plan(plan);
}

static void run_sweep(struct background *background, const void *argument)
{
	struct sweeper sweeper = *(const struct sweeper *)argument;
	const struct action *sweep = sweeper.sweep;

	sweeper.quiet.watch = background->watch;
	sweeper.start = background->start;
	quiet_note(&sweeper.quiet, QUIET);
	/* Whatever happens from now on has a process of its own. */
	close(background->lock);
	look_while_there_is_something(&sweeper, sweep, 1);
	say_outside(sweep);
}

static int start_sweep(const struct action *sweep, const struct policy *policy)
{
	CLEANUP(cleanup_fd) int lock = host_sweep_lock(sweep->ifindex);
	if (lock < 0)
		return lock == -EAGAIN ? 0 : lock;
	CLEANUP(cleanup_fd) int watch = host_qdisc_watch();
	if (watch < 0)
		return watch;
	const struct sweeper sweeper = {.teller = tell_log, .sweep = sweep, .policy = policy};
	return background_start(lock, watch, SWEEP_MAX, run_sweep, &sweeper);
}

void sweep_bridges(struct plan *plan, const struct policy *policy)
{
	progress_step("leaving a bridge's ports to a process of its own");
	for (size_t i = 0; i < plan->action_count; i++) {
		struct action *action = &plan->actions[i];
		if (action->kind == ACTION_SWEEP)
			action->result = start_sweep(action, policy);
	}
}

bool sweep_look(
	const struct action *sweep, const struct policy *policy, sweep_teller *teller, void *to)
{
	struct host_facts facts;
	struct plan plan;

	gather_swept(sweep, policy, &facts);
	plan_sweep(&plan, sweep, &facts, policy);
	bool found = plan.action_count > 0;
	if (found && teller)
		teller(to, &plan);
	plan_clear(&plan);
	host_facts_clear(&facts);
	return found;
}

void sweep_now(const struct action *sweeps, size_t count, const struct policy *policy,
	struct quiet *quiet, sweep_teller *teller, void *to)
{
	struct sweeper sweeper = {.quiet = *quiet,
		.start = clock_now(),
		.teller = teller,
		.to = to,
		.policy = policy};

	look_while_there_is_something(&sweeper, sweeps, count);
	*quiet = sweeper.quiet;
}
