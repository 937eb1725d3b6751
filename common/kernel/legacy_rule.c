// SPDX-License-Identifier: GPL-2.0-or-later
#include "cleanup.h"
#include "legacy_entry.h"

#include <errno.h>
#include <string.h>

static void cleanup_handle(struct xtc_handle **handle)
{
	if (*handle)
		XTC(free)(*handle);
}

/* libiptc would bring it into use. */
static bool is_in_use(const char *table)
{
	CLEANUP(cleanup_file) FILE *file = fopen("/proc/net/ip_tables_names", "re");
	char name[XT_TABLE_MAXNAMELEN + 2];

	while (file && fgets(name, sizeof(name), file)) {
		name[strcspn(name, "\n")] = '\0';
		if (strcmp(name, table) == 0)
			return true;
	}
	return false;
}

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
	if (!is_in_use(table))
		return -ENOENT;
	CLEANUP(cleanup_handle) struct xtc_handle *handle = XTC(init)(table);
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
