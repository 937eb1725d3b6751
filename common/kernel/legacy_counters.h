// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The packet counters of all rules of a legacy table. Those of policies are none of them: libiptc
 * sets these to zero with each change, iptables' own too.
 */
#ifndef VIRT_NETBOOT_LEGACY_COUNTERS_H
#define VIRT_NETBOOT_LEGACY_COUNTERS_H

#include "legacy_entry.h"

#include <stdlib.h>

struct legacy_counter {
	const char *chain;   /* the handle's */
	unsigned int number; /* of the rule, from 1 on */
	struct xt_counters value;
};

struct legacy_counters {
	struct legacy_counter *list;
	size_t count;
};

/* As they were when the table was read, and where they are in it as it is in @handle now. */
void LEGACY(counters_read)(struct xtc_handle *handle, struct legacy_counters *counters);

/*
 * Add @counters to those of the table that @handle has read, whose chains have as many rules as
 * where they are from, and commit. That is another replacement: what the rules count between
 * reading and that is lost. Return: false if it failed.
 */
bool LEGACY(counters_put_back)(struct xtc_handle *handle, const struct legacy_counters *counters);

/* How many of them are not zero. */
static inline size_t legacy_counters_in_use(const struct legacy_counters *counters)
{
	size_t used = 0;

	for (size_t i = 0; i < counters->count; i++)
		used += counters->list[i].value.pcnt != 0;
	return used;
}

static inline void cleanup_legacy_counters(struct legacy_counters *counters)
{
	free(counters->list);
}

#endif
