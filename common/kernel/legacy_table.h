// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The legacy table "mangle" of one address family, through libiptc. The same code serves both
 * families: legacy_table6.c compiles legacy_table.c once more with IPv6's names.
 */
#ifndef VIRT_NETBOOT_LEGACY_TABLE_H
#define VIRT_NETBOOT_LEGACY_TABLE_H

#include "host.h"

/*
 * True if a rule is, by its state, as it is wanted: one of ours that packets reach and that is wide
 * enough, or none where none is wanted.
 */
bool rule_is_as_wanted(const struct checksum_rule *rule);

/* What these functions take and give is as in host.h. */
struct legacy_table {
	bool (*is_in_use)(void);
	int (*support)(struct rule_support *support);
	int (*read)(struct checksum_rule *rules, size_t count);
	int (*list)(struct checksum_rule **rules, size_t *count);
	/* Read, change and commit once, without a lock. Return: -EAGAIN if the table changed
	 * meanwhile. */
	int (*change)(struct checksum_rule *rules, size_t count);
};

extern const struct legacy_table legacy_table4;
extern const struct legacy_table legacy_table6;

#endif
