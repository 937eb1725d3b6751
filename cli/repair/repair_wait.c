// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A run after a restart of firewalld's, by virt-netboot-repair.service or by hand, must not come
 * before firewalld has deleted all rules of iptables, and not before Docker has its own again.
 * dockerd makes them when firewalld has taken its name or says that it was reloaded, DOCKER-USER
 * last, and nobody is told when they are there [moby libnetwork/iptables/firewalld.go,
 * signalHandler(); libnetwork/firewall_linux.go, arrangeUserFilterRule()].
 */
#include "clock.h"
#include "firewalld_wait.h"
#include "host.h"
#include "log.h"
#include "repair_parts.h"

#include <errno.h>
#include <poll.h>

#define FIREWALLD_LIMIT 20 /* s */
#define DOCKER_LIMIT 10    /* s */
#define PAUSE 50           /* ms */

/* True if there is no point in waiting, too. */
static bool docker_is_there(void)
{
	struct docker_user_state state = {0};

	return host_docker_user_read(IPV4, "lo", &state) != 0 || state.reached;
}

/* Only where a rule of ours was in its chain: whether Docker is on other hosts nobody knows. */
static void wait_for_docker(const struct policy *policy)
{
	long long end = clock_now() + DOCKER_LIMIT * NANOSECONDS;

	if (!policy->docker_user || !host_docker_user_was_made())
		return;
	while (!docker_is_there() && clock_now() < end)
		poll(NULL, 0, PAUSE);
}

void repair_wait(const struct repair_run *run)
{
	int result = firewalld_wait(FIREWALLD_LIMIT);

	if (result == -ETIMEDOUT)
		log_error("firewalld did not answer within %d s; if it is starting, it may delete "
			  "rules that are added now",
			FIREWALLD_LIMIT);
	else if (result != -ENOENT)
		wait_for_docker(&run->policy);
}
