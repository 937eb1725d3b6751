// SPDX-License-Identifier: GPL-2.0-or-later
#include "watch.h"

#include "apply.h"
#include "cleanup.h"
#include "gather.h"
#include "guard.h"
#include "host.h"
#include "log.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>

/* Seconds. libvirt makes the tap within milliseconds of its event. */
#define WATCH_MAX 10

/* Milliseconds: for the guest's own start to see to its port; and between two attempts. */
#define GRACE 200
#define RETRY 100

/* Wait until a link has changed, and forget how often it did: an overflow means only that. */
static void wait_for_change(int links)
{
	struct pollfd poll_links = {.fd = links, .events = POLLIN};
	char message[8192];

	poll(&poll_links, 1, -1);
	while (recv(links, message, sizeof(message), 0) >= 0 || errno == ENOBUFS)
		;
}

/* The port exists, and is up, so that it has a state that can be changed. */
static bool is_ready(const struct host_facts *facts)
{
	return facts->port_count > 0 && facts->ports[0].port.state != PORT_DISABLED;
}

/* Return: false if what the port needs has to wait. */
static bool see_to_port(
	const struct action *watch, const struct host_facts *facts, const struct policy *policy)
{
	struct plan plan;
	bool done = true;

	plan_watched_port(&plan, watch, facts, policy);
	apply_actions(&plan);
	for (size_t i = 0; i < plan.action_count; i++)
		done = done && !plan_is_deferred(&plan.actions[i]);
	if (done)
		apply_log(&plan);
	plan_clear(&plan);
	return done;
}

/* A bridge that cannot be asked any more has gone, and the guest with it. */
static void watch_port(const struct action *watch, const struct policy *policy, int links)
{
	struct host_facts facts;
	bool grace = true;
	bool done = false;

	while (!done && gather_watched_port(watch->ifindex, watch->port_mac, &facts) == 0) {
		if (!is_ready(&facts)) {
			wait_for_change(links);
		} else if (grace) {
			poll(NULL, 0, GRACE);
			grace = false;
		} else {
			done = see_to_port(watch, &facts, policy);
			poll(NULL, 0, done ? 0 : RETRY);
		}
		host_facts_clear(&facts);
	}
}

static _Noreturn void run_watcher(
	const struct action *watch, const struct policy *policy, int links)
{
	sigset_t none;

	guard_leave();
	setsid();
	close(STDIN_FILENO);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGALRM, SIG_DFL);
	alarm(WATCH_MAX);
	watch_port(watch, policy, links);
	_exit(0);
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
	pid_t watcher = fork();
	if (watcher == 0)
		run_watcher(watch, policy, links);
	return watcher < 0 ? -errno : 0;
}

void watch_ports(const struct plan *plan, const struct policy *policy)
{
	guard_step("leaving a port to a watcher");
	for (size_t i = 0; i < plan->action_count; i++) {
		if (!plan_is_deferred(&plan->actions[i]))
			continue;
		int result = start_watcher(&plan->actions[i], policy);
		if (result != 0)
			log_error("no watcher for a port on bridge %s: %s; it is not repaired",
				plan->actions[i].bridge, strerror(-result));
	}
}
