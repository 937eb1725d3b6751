// SPDX-License-Identifier: GPL-2.0-or-later
/* Tables of nftables of our own, in which packets of ours are marked, and the rules of others as
 * nft(8) lists them. The only user of libnftables here. */
#ifndef VIRT_NETBOOT_DROP_TABLE_H
#define VIRT_NETBOOT_DROP_TABLE_H

#include "drop_seen.h"

struct drop_wish;
struct drop_table;

/**
 * drop_table_open() - make the tables
 * @wish:	whose packets
 * @seen:	port, bridge and devices; gets the name of the tables
 * @table:	gets them, for drop_table_close()
 *
 * Return: 0; -EPERM; -EOPNOTSUPP if the kernel has no nf_tables, or libnftables cannot own tables;
 * or another negative errno.
 */
int drop_table_open(
	const struct drop_wish *wish, struct drop_seen *seen, struct drop_table **table);
void drop_table_close(struct drop_table **table);

/* The rule, or the line of a base chain that has its policy, as nft(8) lists it, without counters;
 * the caller frees. NULL if it cannot be read, or is gone. */
char *drop_table_text(const struct drop_verdict *verdict);

#endif
