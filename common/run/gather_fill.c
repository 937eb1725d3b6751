// SPDX-License-Identifier: GPL-2.0-or-later
#include "gather_parts.h"

#include "alloc.h"
#include "cleanup.h"
#include "conditions.h"
#include "host.h"
#include "log.h"
#include "progress.h"

#include <errno.h>
#include <string.h>

int gather_device_filters(
	unsigned int ifindex, const char *name, enum filter_hook hook, struct filter_state *filter)
{
	int result = host_filters_read(ifindex, hook, filter);

	if (result != 0 && result != -ENODEV)
		log_error("the filters of %s cannot be read: %s", name, strerror(-result));
	return result;
}

/* Whatever fills checksums at the bridges without a rule. */
void gather_filters(struct host_facts *facts)
{
	progress_step("reading the filters of a bridge");
	for (size_t i = 0; i < facts->bridge_count; i++) {
		struct bridge_facts *bridge = &facts->bridges[i];
		if (bridge->state.kind != BRIDGE_LINUX)
			continue;
		(void)gather_device_filters(
			bridge->state.ifindex, bridge->state.name, FILTER_EGRESS, &bridge->filter);
		bridge->tx_checksum_off =
			bridge->tx_checksum_ours || host_tx_checksum_is_off(bridge->state.name);
		bridge->has_address = host_has_address(bridge->state.name);
	}
}

/* Read which rules there are towards all bridges, in one family. */
static int read_bridges_rules(struct host_facts *facts, enum ip_family family)
{
	CLEANUP(cleanup_free) struct checksum_rule *rules = NULL;

	for (size_t i = 0; i < facts->bridge_count; i++) {
		rules = alloc_one_more(rules, i, sizeof(*rules));
		memcpy(rules[i].bridge, facts->bridges[i].state.name, IFNAME_SIZE);
	}
	int result = host_rules_read(family, rules, facts->bridge_count);
	for (size_t i = 0; result == 0 && i < facts->bridge_count; i++)
		facts->bridges[i].fill[family] = rules[i].state;
	return result;
}

/* Return: @result, which is logged if it is an error. */
static int table_result(enum ip_family family, int result)
{
	if (result != 0)
		log_error("the %s mangle table cannot be read: %s", families[family].iptables,
			strerror(-result));
	return result;
}

int gather_list_rules(enum ip_family family, struct checksum_rule **rules, size_t *count)
{
	return table_result(family, host_rules_list(family, rules, count));
}

void gather_rules(struct host_facts *facts, enum ip_family family)
{
	progress_step("reading the mangle table");
	facts->fill_known[family] = table_result(family, read_bridges_rules(facts, family)) == 0;
}

bool gather_are_filled(const struct host_facts *facts, enum ip_family family, enum fill_scope scope)
{
	for (size_t i = 0; i < facts->bridge_count; i++) {
		if (plan_filled(&facts->bridges[i], family) < scope)
			return false;
	}
	return facts->bridge_count > 0;
}

/* True if no bridge is kept from having a filter. */
bool gather_have_room(const struct host_facts *facts)
{
	for (size_t i = 0; i < facts->bridge_count; i++) {
		if (facts->bridges[i].state.kind != BRIDGE_LINUX ||
			!plan_filter_is_sure(&facts->bridges[i].filter))
			return false;
	}
	return facts->filter_supported;
}

static bool has_address(const struct host_facts *facts)
{
	for (size_t i = 0; i < facts->bridge_count; i++) {
		if (facts->bridges[i].has_address)
			return true;
	}
	return false;
}

/* A legacy table is brought into use only where nothing else will do. */
void gather_support(struct host_facts *facts, enum ip_family family, enum fill_scope scope,
	const struct policy *policy, bool filters_do)
{
	struct rule_support *support = &facts->fill[family];

	support->in_use = host_rules_in_use(family);
	if (policy->mechanism == MECHANISM_TC || policy->mechanism == MECHANISM_ETHTOOL ||
		gather_are_filled(facts, family, scope) || (filters_do && !support->in_use))
		return;
	progress_step("asking for the mangle table");
	if (table_result(family, host_rules_support(family, support)) != 0)
		facts->fill_known[family] = false;
}

bool gather_are_served(const struct host_facts *facts, enum ip_family family)
{
	for (size_t i = 0; i < facts->bridge_count; i++) {
		if (facts->bridges[i].dhcp_server[family])
			return true;
	}
	return false;
}

/* A server of this host is there, or could come without an event, and would be worth a rule or
 * filter that is there before. */
bool gather_may_be_served(const struct host_facts *facts, enum ip_family family)
{
	if (gather_are_served(facts, family))
		return true;
	return facts->filter_supported ? has_address(facts) : host_rules_in_use(family);
}

bool gather_has_kind(const struct host_facts *facts, enum bridge_kind kind)
{
	for (size_t i = 0; i < facts->bridge_count; i++) {
		if (facts->bridges[i].state.kind == kind)
			return true;
	}
	return false;
}
