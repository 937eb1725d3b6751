// SPDX-License-Identifier: GPL-2.0-or-later
#include "gather_parts.h"

#include "alloc.h"
#include "cleanup.h"
#include "conditions.h"
#include "gather.h"
#include "gather_lower.h"
#include "host.h"
#include "log.h"
#include "progress.h"

#include <string.h>

/* The host's own macvlans on a lower device, which senders there go through. */
void gather_macvlans(struct host_facts *facts, const char *lower)
{
	CLEANUP(cleanup_free) struct bridge_state *users = NULL;
	size_t count;

	progress_step("looking for macvlans");
	int result = host_macvlans_on(lower, MACVLAN_OF_HOST, &users, &count);
	if (result != 0)
		log_error("the macvlans on %s cannot be read: %s", lower, strerror(-result));
	for (size_t i = 0; result == 0 && i < count; i++) {
		struct bridge_facts macvlan = {.state = users[i]};
		memcpy(macvlan.lower, lower, strlen(lower) + 1);
		facts->bridges =
			alloc_one_more(facts->bridges, facts->bridge_count, sizeof(macvlan));
		facts->bridges[facts->bridge_count++] = macvlan;
	}
}

static bool is_on_lower(const struct guest_nic *nic, enum on_lower which)
{
	return *nic->lower && (which == ON_LOWER_ANY || nic_reaches_macvlans(nic));
}

/* Each lower device is asked about once. */
static bool is_first_on_lower(
	const struct host_facts *facts, const struct guest *guest, size_t nic, enum on_lower which)
{
	const char *lower = plan_lower_name(facts, &guest->nics[nic]);

	for (size_t i = 0; i < nic; i++) {
		if (is_on_lower(&guest->nics[i], which) &&
			strcmp(plan_lower_name(facts, &guest->nics[i]), lower) == 0)
			return false;
	}
	return is_on_lower(&guest->nics[nic], which);
}

/* What was done at macvlans is rules in legacy tables: where none is in use, there is none. */
bool gather_may_have_rules(void)
{
	return host_rules_in_use(IPV4) || host_rules_in_use(IPV6);
}

void gather_guest_macvlans(struct host_facts *facts, const struct guest *guest, enum on_lower which)
{
	gather_guest_lowers(facts, guest);
	for (size_t i = 0; i < guest->nic_count; i++) {
		if (is_first_on_lower(facts, guest, i, which))
			gather_macvlans(facts, plan_lower_name(facts, &guest->nics[i]));
	}
}

static void count_macvtaps(struct bridge_facts *macvlan)
{
	CLEANUP(cleanup_free) struct bridge_state *users = NULL;
	size_t count;
	int result = host_macvlans_on(macvlan->lower, MACVTAP_OF_GUEST, &users, &count);

	if (result != 0)
		log_error(
			"the macvtaps on %s cannot be read: %s", macvlan->lower, strerror(-result));
	macvlan->state.ports_known = result == 0;
	macvlan->state.guest_ports = (unsigned int)count;
}

/* The guests that a device leads to are those of the bridge. */
static void count_below(const struct host_facts *facts, struct bridge_facts *above)
{
	for (size_t i = 0; i < facts->bridge_count; i++) {
		struct bridge_state bridge = facts->bridges[i].state;
		if (strcmp(bridge.name, above->lower) != 0)
			continue;
		gather_count_ports(&bridge);
		above->state.ports_known = bridge.ports_known;
		above->state.guest_ports = bridge.guest_ports;
	}
}

static bool has_ours(const struct bridge_facts *bridge)
{
	return bridge->fill[IPV4].rules > 0 || bridge->fill[IPV6].rules > 0 ||
	       bridge->filter.for_guests || bridge->tx_checksum_ours ||
	       bridge->docker_user[IPV4].ours || bridge->docker_user[IPV6].ours;
}

void gather_guests_left(struct host_facts *facts)
{
	for (size_t i = 0; i < facts->bridge_count; i++) {
		struct bridge_facts *bridge = &facts->bridges[i];
		if (!has_ours(bridge))
			continue;
		if (bridge->state.kind == BRIDGE_LINUX)
			gather_count_ports(&bridge->state);
		if (bridge->state.kind == BRIDGE_MACVLAN)
			count_macvtaps(bridge);
		if (bridge->state.kind == BRIDGE_ABOVE)
			count_below(facts, bridge);
	}
}

/* What of ours there is, and which guests still need it; whatever the policy says today. */
void gather_ours_there(struct host_facts *facts)
{
	if (facts->bridge_count == 0)
		return;
	gather_filters(facts);
	for (enum ip_family family = 0; family < IP_FAMILIES; family++)
		gather_rules(facts, family);
	gather_docker_left(facts);
	gather_guests_left(facts);
}
