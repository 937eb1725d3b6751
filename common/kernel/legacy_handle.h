// SPDX-License-Identifier: GPL-2.0-or-later
/* A legacy table as libiptc reads, changes and replaces it. */
#ifndef VIRT_NETBOOT_LEGACY_HANDLE_H
#define VIRT_NETBOOT_LEGACY_HANDLE_H

#include "legacy_entry.h"

/* True if the table is in use in this network namespace: asking libiptc would bring it into use. */
bool LEGACY(is_in_use)(const char *table);

/* Open it, which brings it into use. Return: NULL, with errno. */
struct xtc_handle *LEGACY(open)(const char *table);

/* What a commit is to have done. */
struct legacy_change {
	const char *table;
	bool (*is_done)(struct xtc_handle *handle, void *argument); /* as the table is now */
	void *argument;
	size_t counters_lost; /* gets how many packet counters of rules are zero over it */
};

/**
 * legacy_commit() - replace the table by what was made of it
 * @handle:	what was changed; still to be freed
 *
 * Return: 0 if the rules are there; -EAGAIN if the table changed meanwhile; or another negative
 * errno.
 */
int LEGACY(commit)(struct xtc_handle *handle, struct legacy_change *change);

static inline void cleanup_legacy_handle(struct xtc_handle **handle)
{
	if (*handle)
		XTC(free)(*handle);
}

#endif
