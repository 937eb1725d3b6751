// SPDX-License-Identifier: GPL-2.0-or-later
/* The expressions of a rule of nf_tables, as the kernel sends them. */
#ifndef VIRT_NETBOOT_NFT_EXPR_H
#define VIRT_NETBOOT_NFT_EXPR_H

#include "netlink.h"
#include "xtables.h"

#include <stdbool.h>
#include <stdint.h>

/* An attribute that is not there: no register, operator, key or verdict of a rule has this number.
 */
#define NFT_NO_NUMBER UINT32_MAX

/* A number as nf_tables sends all of its own. */
uint32_t nft_number(struct nlattr *attribute);

/* An operand of an expression: @kind says whether it is a value (NFTA_DATA_VALUE) or a verdict.
 * NULL if it is none. */
struct nlattr *nft_operand(struct nlattr *data, int kind);

struct nft_expr {
	const char *name;
	struct nlattr *data;
};

struct nft_meta {
	uint32_t key;
	uint32_t destination; /* NFT_NO_NUMBER: not a load, but a change of what the packet has */
};

struct nft_cmp {
	uint32_t source;
	uint32_t op;
	struct nlattr *value; /* or NULL */
};

struct nft_immediate {
	uint32_t destination;
	struct nlattr *data; /* or NULL */
};

struct nft_verdict {
	uint32_t code;
	const char *chain; /* to jump or to go to, or NULL */
};

/* Each of these returns false if it is not well-formed. */
bool nft_expr_open(struct nlattr *expression, struct nft_expr *opened);
bool nft_expr_meta(struct nlattr *data, struct nft_meta *meta);
bool nft_expr_cmp(struct nlattr *data, struct nft_cmp *cmp);
bool nft_expr_match(struct nlattr *data, struct xt_part *match);
bool nft_expr_target(struct nlattr *data, struct xt_part *target);
bool nft_expr_immediate(struct nlattr *data, struct nft_immediate *immediate);
bool nft_expr_verdict(struct nlattr *data, struct nft_verdict *verdict);

#endif
