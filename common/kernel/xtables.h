// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What matches and targets of xtables come to. They stand in legacy tables, and iptables-nft hands
 * those that it has no expressions for to nf_tables as they are.
 */
#ifndef VIRT_NETBOOT_XTABLES_H
#define VIRT_NETBOOT_XTABLES_H

#include "verdicts.h"

#include <stdint.h>

/* A match or target: @data is its own struct, of @size bytes. */
struct xt_part {
	const char *name;
	uint32_t revision;
	const void *data;
	size_t size;
};

/* Whose rule one is, by its comment: ours for a network of libvirt's, or until somebody takes it
 * away; ours until the last guest goes; or another program's. */
enum rule_owner { OWNER_OTHER, OWNER_NETWORK, OWNER_GUEST };

/* Whose rule one is that has this match; OWNER_OTHER if it is none of our comments. */
enum rule_owner xt_owner(const struct xt_part *match);

/* The comment of a rule of ours. */
const char *xt_comment(enum rule_owner owner);

/* Which packets a match is for; one that is not known here may be for any. */
struct udp_match xt_match(enum ip_family family, const struct xt_part *match);

/* What a target that is no verdict by itself does with packets. */
enum verdict xt_verdict(const struct xt_part *target);

#endif
