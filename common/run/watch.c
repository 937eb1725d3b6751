// SPDX-License-Identifier: GPL-2.0-or-later
#include "watch.h"

#include "alloc.h"
#include "apply.h"
#include "background.h"
#include "cleanup.h"
#include "clock.h"
#include "dispatch.h"
#include "fields.h"
#include "gather.h"
#include "gather_path.h"
#include "host.h"
#include "progress.h"
#include "report.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

/* Seconds. libvirt makes the tap within milliseconds of its event. */
#define WATCH_MAX 10

/* Milliseconds: for the guest's own start to see to its port; between two attempts; and, of the
 * seconds above, for a last word. */
#define GRACE 200
#define RETRY 100
#define LAST_WORD 500

struct watcher {
	const struct action *watch;
	const struct policy *policy;
	int links;
	long long start; /* ns */
};

/* Milliseconds until there is time for a last word only. */
static int time_left(const struct watcher *watcher)
{
	long long passed = (clock_now() - watcher->start) / NANOSECONDS_PER_MILLISECOND;

	return (int)(WATCH_MAX * 1000 - LAST_WORD - passed);
}

/* The port exists, and is up, so that it has a state that can be changed. */
static bool is_ready(const struct host_facts *facts)
{
	return facts->port_count > 0 && facts->ports[0].port.state != PORT_DISABLED;
}

/* Return: true with the port in @facts; false if it has not come in time, or its bridge has gone.
 */
static bool wait_for_port(const struct watcher *watcher, struct host_facts *facts)
{
	const struct action *watch = watcher->watch;

	while (time_left(watcher) > 0) {
		int result = gather_watched_port(watch->ifindex, watch->port_mac, facts);
		if (result == 0 && is_ready(facts))
			return true;
		host_facts_clear(facts);
		if (result == -ENODEV || result == -EINVAL)
			return false;
		if (result == 0)
			host_watch_wait(watcher->links, watch->ifindex, time_left(watcher));
		else
			poll(NULL, 0, RETRY);
	}
	return false;
}

/* A port that has gone in the meantime, with its guest, is not worth a word. */
static void see_to_port(const struct watcher *watcher, struct host_facts *facts)
{
	struct plan plan;

	plan_watched_port(&plan, watcher->watch, facts, watcher->policy);
	apply_actions(&plan);
	gather_paths(facts);
	plan_watched_path(&plan, watcher->watch, facts, watcher->policy);
	apply_actions(&plan);
	apply_after_hello(&plan, 0, clock_now() + time_left(watcher) * NANOSECONDS_PER_MILLISECOND);
	for (size_t i = 0; i < plan.action_count; i++) {
		if (plan_is_deferred(&plan.actions[i]))
			plan.actions[i].result = -ETIMEDOUT;
	}
	if (!plan_has_result(&plan, 0, -ENODEV))
		report_plan(&plan);
	plan_clear(&plan);
}

/* It was there at its event, and still is, but did not come up. */
static void report_in_vain(const struct watcher *watcher)
{
	struct action action = *watcher->watch;
	struct plan plan = {.actions = &action, .action_count = 1};
	struct host_facts facts;

	if (!*action.port || time_left(watcher) > 0)
		return;
	action.result = -ETIMEDOUT;
	if (gather_watched_port(action.ifindex, action.port_mac, &facts) == 0 &&
		facts.port_count > 0)
		report_plan(&plan);
	host_facts_clear(&facts);
}

static void watch_port(const struct watcher *watcher)
{
	struct host_facts facts;

	if (!wait_for_port(watcher, &facts)) {
		report_in_vain(watcher);
		return;
	}
	host_facts_clear(&facts);
	poll(NULL, 0, GRACE);
	if (!wait_for_port(watcher, &facts))
		return;
	see_to_port(watcher, &facts);
	host_facts_clear(&facts);
}

/* What the watcher is for. */
struct task {
	const struct action *watch;
	const struct policy *policy;
};

static void run_watcher(struct background *background, const void *argument)
{
	const struct task *task = argument;
	const struct watcher watcher = {
		task->watch, task->policy, background->watch, background->start};

	watch_port(&watcher);
}

/* The lock passes to the watcher. What happens to links from here on is not missed. */
static int start_watcher(const struct action *watch, const struct policy *policy)
{
	CLEANUP(cleanup_fd) int lock = host_watch_lock(watch->ifindex, watch->port_mac);
	if (lock < 0)
		return lock == -EAGAIN ? 0 : lock;
	CLEANUP(cleanup_fd) int links = host_watch();
	if (links < 0)
		return links;
	const struct task task = {watch, policy};
	return background_start(lock, links, WATCH_MAX, run_watcher, &task);
}

/* For the case that there will be no report. */
static void note_left(const struct action *action)
{
	CLEANUP(cleanup_free)
	char *what = alloc_format("%s %s is left to a process in the background",
		action_name(action), *action->port ? action->port : action->bridge);

	progress_done(what);
}

void watch_ports(struct plan *plan, const struct policy *policy)
{
	progress_step("leaving a port to a watcher");
	for (size_t i = 0; i < plan->action_count; i++) {
		struct action *action = &plan->actions[i];
		if (!plan_is_deferred(action) || action->watched || action->kind == ACTION_SWEEP)
			continue;
		int result = start_watcher(action, policy);
		if (result == 0)
			note_left(action);
		else
			action->result = result;
		action->watched = true;
	}
}
