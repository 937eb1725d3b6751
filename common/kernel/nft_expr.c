// SPDX-License-Identifier: GPL-2.0-or-later
#include "nft_expr.h"

#include <arpa/inet.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>

static struct nla_policy expression_policy[NFTA_EXPR_MAX + 1] = {
	[NFTA_EXPR_NAME] = {.type = NLA_STRING},
	[NFTA_EXPR_DATA] = {.type = NLA_NESTED},
};

static struct nla_policy meta_policy[NFTA_META_MAX + 1] = {
	[NFTA_META_DREG] = {.type = NLA_U32},
	[NFTA_META_KEY] = {.type = NLA_U32},
};

static struct nla_policy cmp_policy[NFTA_CMP_MAX + 1] = {
	[NFTA_CMP_SREG] = {.type = NLA_U32},
	[NFTA_CMP_OP] = {.type = NLA_U32},
	[NFTA_CMP_DATA] = {.type = NLA_NESTED},
};

static struct nla_policy match_policy[NFTA_MATCH_MAX + 1] = {
	[NFTA_MATCH_NAME] = {.type = NLA_STRING},
	[NFTA_MATCH_REV] = {.type = NLA_U32},
};

static struct nla_policy target_policy[NFTA_TARGET_MAX + 1] = {
	[NFTA_TARGET_NAME] = {.type = NLA_STRING},
	[NFTA_TARGET_REV] = {.type = NLA_U32},
};

static struct nla_policy immediate_policy[NFTA_IMMEDIATE_MAX + 1] = {
	[NFTA_IMMEDIATE_DREG] = {.type = NLA_U32},
	[NFTA_IMMEDIATE_DATA] = {.type = NLA_NESTED},
};

static struct nla_policy data_policy[NFTA_DATA_MAX + 1] = {
	[NFTA_DATA_VERDICT] = {.type = NLA_NESTED},
};

static struct nla_policy verdict_policy[NFTA_VERDICT_MAX + 1] = {
	[NFTA_VERDICT_CODE] = {.type = NLA_U32},
	[NFTA_VERDICT_CHAIN] = {.type = NLA_STRING},
};

uint32_t nft_number(struct nlattr *attribute)
{
	return attribute ? ntohl(nla_get_u32(attribute)) : NFT_NO_NUMBER;
}

struct nlattr *nft_operand(struct nlattr *data, int kind)
{
	struct nlattr *attributes[NFTA_DATA_MAX + 1];

	if (!data || nla_parse_nested(attributes, NFTA_DATA_MAX, data, data_policy) < 0)
		return NULL;
	return attributes[kind];
}

bool nft_expr_open(struct nlattr *expression, struct nft_expr *opened)
{
	struct nlattr *attributes[NFTA_EXPR_MAX + 1];

	if (nla_parse_nested(attributes, NFTA_EXPR_MAX, expression, expression_policy) < 0 ||
		!attributes[NFTA_EXPR_NAME] || !attributes[NFTA_EXPR_DATA])
		return false;
	opened->name = nla_get_string(attributes[NFTA_EXPR_NAME]);
	opened->data = attributes[NFTA_EXPR_DATA];
	return true;
}

bool nft_expr_meta(struct nlattr *data, struct nft_meta *meta)
{
	struct nlattr *attributes[NFTA_META_MAX + 1];

	if (nla_parse_nested(attributes, NFTA_META_MAX, data, meta_policy) < 0)
		return false;
	meta->key = nft_number(attributes[NFTA_META_KEY]);
	meta->destination = nft_number(attributes[NFTA_META_DREG]);
	return true;
}

bool nft_expr_cmp(struct nlattr *data, struct nft_cmp *cmp)
{
	struct nlattr *attributes[NFTA_CMP_MAX + 1];

	if (nla_parse_nested(attributes, NFTA_CMP_MAX, data, cmp_policy) < 0)
		return false;
	cmp->source = nft_number(attributes[NFTA_CMP_SREG]);
	cmp->op = nft_number(attributes[NFTA_CMP_OP]);
	cmp->value = nft_operand(attributes[NFTA_CMP_DATA], NFTA_DATA_VALUE);
	return true;
}

/* Return: false if it has no name. */
static bool get_part(
	struct xt_part *part, struct nlattr *name, struct nlattr *revision, struct nlattr *info)
{
	if (!name)
		return false;
	*part = (struct xt_part){nla_get_string(name), nft_number(revision),
		info ? nla_data(info) : NULL, info ? (size_t)nla_len(info) : 0};
	return true;
}

bool nft_expr_match(struct nlattr *data, struct xt_part *match)
{
	struct nlattr *attributes[NFTA_MATCH_MAX + 1];

	return nla_parse_nested(attributes, NFTA_MATCH_MAX, data, match_policy) >= 0 &&
	       get_part(match, attributes[NFTA_MATCH_NAME], attributes[NFTA_MATCH_REV],
		       attributes[NFTA_MATCH_INFO]);
}

bool nft_expr_target(struct nlattr *data, struct xt_part *target)
{
	struct nlattr *attributes[NFTA_TARGET_MAX + 1];

	return nla_parse_nested(attributes, NFTA_TARGET_MAX, data, target_policy) >= 0 &&
	       get_part(target, attributes[NFTA_TARGET_NAME], attributes[NFTA_TARGET_REV],
		       attributes[NFTA_TARGET_INFO]);
}

bool nft_expr_immediate(struct nlattr *data, struct nft_immediate *immediate)
{
	struct nlattr *attributes[NFTA_IMMEDIATE_MAX + 1];

	if (nla_parse_nested(attributes, NFTA_IMMEDIATE_MAX, data, immediate_policy) < 0)
		return false;
	immediate->destination = nft_number(attributes[NFTA_IMMEDIATE_DREG]);
	immediate->data = attributes[NFTA_IMMEDIATE_DATA];
	return true;
}

bool nft_expr_verdict(struct nlattr *data, struct nft_verdict *verdict)
{
	struct nlattr *attributes[NFTA_VERDICT_MAX + 1];
	struct nlattr *chain;

	if (nla_parse_nested(attributes, NFTA_VERDICT_MAX, data, verdict_policy) < 0)
		return false;
	chain = attributes[NFTA_VERDICT_CHAIN];
	verdict->code = nft_number(attributes[NFTA_VERDICT_CODE]);
	verdict->chain = chain ? nla_get_string(chain) : NULL;
	return true;
}
