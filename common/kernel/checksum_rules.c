// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The rules that fill checksums, kept in the legacy mangle tables, one table per family.
 *
 * Two programs that replace a table at the same time lose one's change without an error if the
 * number of entries is the same [linux net/ipv4/netfilter/ip_tables.c, __do_replace()]. So the
 * table is read, changed and committed under the lock that iptables takes with -w [iptables,
 * iptables/xshared.c, xtables_lock()]. A program that does without the lock is noticed by EAGAIN if
 * the number differs, and by reading back.
 */
#include "cleanup.h"
#include "host.h"
#include "legacy_table.h"
#include "nft_table.h"
#include "progress.h"
#include "xtables_lock.h"

#include <errno.h>

#define ATTEMPTS 10

static const struct legacy_table *table_of(enum ip_family family)
{
	return family == IPV4 ? &legacy_table4 : &legacy_table6;
}

bool host_rules_in_use(enum ip_family family)
{
	return table_of(family)->is_in_use();
}

int host_rules_support(enum ip_family family, struct rule_support *support)
{
	return table_of(family)->support(support);
}

int host_rules_read(enum ip_family family, struct checksum_rule *rules, size_t count)
{
	int result = table_of(family)->read(rules, count);

	/* What is not seen there is at worst filled by a rule of ours as well. */
	if (result == 0)
		(void)nft_table_read(family, rules, count);
	return result;
}

int host_rules_list(enum ip_family family, struct checksum_rule **rules, size_t *count)
{
	return table_of(family)->list(rules, count);
}

bool rule_is_as_wanted(const struct checksum_rule *rule)
{
	if (rule->scope == FILL_NONE)
		return rule->state.rules == 0;
	return rule->state.rules == 1 && rule->state.ours >= rule->scope;
}

static int read_back(enum ip_family family, struct checksum_rule *rules, size_t count)
{
	int result = table_of(family)->read(rules, count);

	for (size_t i = 0; result == 0 && i < count; i++) {
		if (!rule_is_as_wanted(&rules[i]))
			result = -EPROTO;
	}
	return result;
}

int host_rules_set(enum ip_family family, struct checksum_rule *rules, size_t count)
{
	CLEANUP(cleanup_fd) int lock = xtables_lock();
	int result = -EAGAIN;

	if (lock < 0)
		return lock;
	progress_step("changing the mangle table");
	for (int attempt = 0; result == -EAGAIN && attempt < ATTEMPTS; attempt++)
		result = table_of(family)->change(rules, count);
	return result == 0 ? read_back(family, rules, count) : result;
}
