// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The table "mangle" that iptables-nft keeps in nf_tables, which today's distributions call
 * iptables. It is only ever looked at: our own rules are in the legacy table.
 */
#ifndef VIRT_NETBOOT_NFT_TABLE_H
#define VIRT_NETBOOT_NFT_TABLE_H

#include "host.h"
#include "nft_rule.h"

/**
 * nft_table_read() - find the rules made through iptables-nft that fill checksums towards bridges
 * @rules:	@count of them, each with its bridge; what others fill, in their state, is raised to
 *		what is found, and never lowered
 *
 * Nothing is created. A kernel that has nf_tables as a module that is not loaded loads it, but for
 * who only looks.
 *
 * Return: 0, also if the table, the chain or nf_tables itself is not there; or a negative errno,
 *with nothing raised for the bridge that could not be looked at.
 */
int nft_table_read(enum ip_family family, struct checksum_rule *rules, size_t count);

/* Read one chain of the table of @argument, a struct nft_reading: a verdict_reader. */
int nft_read_chain(const char *name, struct verdict_chain *chain, void *argument);

/* True if a result says that the kernel has no nf_tables, or no netfilter to ask. */
bool nft_is_absence(int result);

#endif
