// SPDX-License-Identifier: GPL-2.0-or-later
/* Docker's chain for the administrator, and what of ours is in it. */
#include "alloc.h"
#include "cleanup.h"
#include "conditions.h"
#include "gather.h"
#include "gather_parts.h"
#include "host.h"
#include "log.h"
#include "progress.h"

#include <string.h>

static void log_unread(enum ip_family family, int error)
{
	log_error("the chain DOCKER-USER of %s cannot be read: %s", families[family].iptables,
		strerror(-error));
}

static void read_state(struct bridge_facts *bridge, enum ip_family family)
{
	progress_step("reading the chain DOCKER-USER");
	int result =
		host_docker_user_read(family, bridge->state.name, &bridge->docker_user[family]);

	if (result == 0)
		return;
	bridge->docker_user[family] = (struct docker_user_state){0};
	log_unread(family, result);
}

/* Where iptables do not see what the bridge forwards, their rules do not matter. */
static void read_states(struct host_facts *facts, const struct bridge_facts *bridge)
{
	for (enum ip_family family = 0; family < IP_FAMILIES; family++) {
		if (bridge->state.nf_call[family] || host_bridges_call_iptables(family))
			read_state(&facts->bridges[bridge - facts->bridges], family);
	}
}

static bool concerns(const struct policy *policy, const struct bridge_facts *bridge)
{
	return policy->docker_user && bridge && bridge->state.kind == BRIDGE_LINUX &&
	       host_has_br_netfilter();
}

void gather_guest_docker(enum event_kind kind, const struct guest *guest,
	const struct policy *policy, struct host_facts *facts)
{
	if (kind != EVENT_GUEST_START && kind != EVENT_GUEST_RECONNECT)
		return;
	for (size_t i = 0; i < guest->nic_count; i++) {
		const struct bridge_facts *bridge = plan_bridge(facts, &guest->nics[i]);
		if (concerns(policy, bridge))
			read_states(facts, bridge);
	}
}

void gather_network_docker(enum event_kind kind, const struct network *network,
	const struct policy *policy, struct host_facts *facts)
{
	const struct bridge_facts *bridge = host_facts_bridge(facts, network->bridge);

	if (kind == EVENT_NETWORK_ACTIVE && *network->port.mac && !network_is_managed(network) &&
		concerns(policy, bridge))
		read_states(facts, bridge);
}

static bool is_among(char (*bridges)[IFNAME_SIZE], size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(bridges[i], name) == 0)
			return true;
	}
	return false;
}

/* One look at the tables for all bridges: few have a rule of ours. */
static void read_left(struct host_facts *facts, enum ip_family family)
{
	CLEANUP(cleanup_free) char(*bridges)[IFNAME_SIZE] = NULL;
	size_t count = 0;

	progress_step("reading the chain DOCKER-USER");
	int result = host_docker_user_list(family, &bridges, &count);
	if (result != 0)
		log_unread(family, result);
	for (size_t i = 0; i < facts->bridge_count; i++) {
		struct bridge_facts *bridge = &facts->bridges[i];
		if ((bridge->state.kind == BRIDGE_LINUX || bridge->state.kind == BRIDGE_ABSENT) &&
			is_among(bridges, count, bridge->state.name))
			read_state(bridge, family);
	}
}

/* Releases ask for it on all hosts, and most never had such a rule. */
void gather_docker_left(struct host_facts *facts)
{
	if (!host_docker_user_was_made())
		return;
	for (enum ip_family family = 0; family < IP_FAMILIES; family++)
		read_left(facts, family);
}

void gather_docker_bridges(struct host_facts *facts)
{
	if (!host_docker_user_was_made())
		return;
	for (enum ip_family family = 0; family < IP_FAMILIES; family++) {
		CLEANUP(cleanup_free) char(*bridges)[IFNAME_SIZE] = NULL;
		size_t count = 0;
		/* That it cannot be read gather_docker_left() says. */
		(void)host_docker_user_list(family, &bridges, &count);
		for (size_t i = 0; i < count; i++)
			gather_bridge(facts, bridges[i]);
	}
}
