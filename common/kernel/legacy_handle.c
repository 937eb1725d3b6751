// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A commit is two steps [iptables libiptc/libiptc.c, TC_COMMIT()]: the block is replaced, with all
 * counters zero, and then the kernel is told to add what they were before. If the second one fails
 * so does the commit, but the rules are there. So the table is looked at, and counters are put
 * back.
 */
#include "legacy_handle.h"

#include "cleanup.h"
#include "legacy_counters.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#ifdef LEGACY_IPV6
#define TABLES_IN_USE "/proc/net/ip6_tables_names"
#else
#define TABLES_IN_USE "/proc/net/ip_tables_names"
#endif

#define OPEN_ATTEMPTS 20
#define PUT_BACK_ATTEMPTS 2

/* What cannot be looked for may be there: whoever opens the table then is told more. */
bool LEGACY(is_in_use)(const char *table)
{
	CLEANUP(cleanup_file) FILE *file = fopen(TABLES_IN_USE, "re");
	char name[XT_TABLE_MAXNAMELEN + 2];

	if (!file)
		return errno != ENOENT;
	while (fgets(name, sizeof(name), file)) {
		name[strcspn(name, "\n")] = '\0';
		if (strcmp(name, table) == 0)
			return true;
	}
	return ferror(file);
}

/*
 * libiptc reads a table as far as it has memory, and does not tell that there is more [iptables
 * libiptc/libiptc.c, parse_table(), which ignores what cache_add_entry() returns]. A commit would
 * then remove the rest, which is others'. That memory was missing is still in errno, with either
 * sign.
 */
static struct xtc_handle *open_whole(const char *table)
{
	errno = 0;
	struct xtc_handle *handle = XTC(init)(table);
	if (!handle || abs(errno) != ENOMEM)
		return handle;
	XTC(free)(handle);
	errno = ENOMEM;
	return NULL;
}

/*
 * Two programs that bring a table into use at the same time both try to register it, and the kernel
 * answers EEXIST to the later one, which finds it there at its next try [linux
 * net/netfilter/x_tables.c, xt_find_table_lock()].
 */
struct xtc_handle *LEGACY(open)(const char *table)
{
	struct xtc_handle *handle = NULL;

	for (int attempt = 0; !handle && attempt < OPEN_ATTEMPTS; attempt++) {
		handle = open_whole(table);
		if (!handle && errno != EEXIST)
			break;
	}
	return handle;
}

/* The commit of @failed has ended with @error; it has the counters still. Return: 0 if it has
 * changed the rules all the same. */
static int finish_commit(int error, struct xtc_handle *failed, struct legacy_change *change)
{
	CLEANUP(cleanup_legacy_counters) struct legacy_counters counters = {0};
	int result = error;

	LEGACY(counters_read)(failed, &counters);
	for (int attempt = 0; attempt < PUT_BACK_ATTEMPTS; attempt++) {
		CLEANUP(cleanup_legacy_handle)
		struct xtc_handle *handle = LEGACY(open)(change->table);
		if (!handle)
			continue;
		if (!change->is_done(handle, change->argument))
			return error;
		result = 0;
		if (legacy_counters_in_use(&counters) == 0 ||
			LEGACY(counters_put_back)(handle, &counters))
			return 0;
	}
	if (result == 0)
		change->counters_lost = legacy_counters_in_use(&counters);
	return result;
}

int LEGACY(commit)(struct xtc_handle *handle, struct legacy_change *change)
{
	return XTC(commit)(handle) ? 0 : finish_commit(-errno, handle, change);
}
