// SPDX-License-Identifier: GPL-2.0-or-later
#include "cleanup.h"
#include "legacy_handle.h"

#include <errno.h>
#include <string.h>

static bool is_drop(const char *target)
{
	return target && (strcmp(target, "DROP") == 0 || strcmp(target, "REJECT") == 0);
}

static int read_policy(struct xtc_handle *handle, const char *chain, struct legacy_rule *rule)
{
	struct xt_counters counters;

	if (!XTC(builtin)(chain, handle))
		return -ENOENT;
	rule->policy = true;
	rule->drops = is_drop(XTC(get_policy)(chain, &counters, handle));
	return 0;
}

int host_legacy_rule_read(
	const char *table, const char *chain, unsigned int number, struct legacy_rule *rule)
{
	*rule = (struct legacy_rule){0};
	if (!LEGACY(is_in_use)(table))
		return -ENOENT;
	CLEANUP(cleanup_legacy_handle) struct xtc_handle *handle = LEGACY(open)(table);
	if (!handle)
		return -errno;
	if (!XTC(is_chain)(chain, handle))
		return -ENOENT;
	const xt_entry *entry = XTC(first_rule)(chain, handle);
	for (; entry && number > 1; number--)
		entry = XTC(next_rule)(entry, handle);
	if (entry)
		rule->drops = is_drop(XTC(get_target)(entry, handle));
	else if (number == 1)
		return read_policy(handle, chain, rule);
	return entry ? 0 : -ENOENT;
}
