// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Our rule is, expression by expression, what iptables-nft makes of the same arguments, so that
 * `iptables -S` shows it and `iptables -D` finds it [iptables iptables/nft-shared.c, add_iface();
 * iptables/nft.c, add_match(), add_counters() and add_verdict()]:
 *
 *     meta load iifname => reg 1        cmp eq reg 1 "br0\0"
 *     meta load oifname => reg 1        cmp eq reg 1 "br0\0"
 *     match name comment rev 0
 *     counter
 *     immediate reg 0 accept
 *
 * The comment is a match of xtables. Versions of iptables before 1.8.3 made user data of it, and
 * read both.
 */
#include "docker_nft_rule.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/xt_comment.h>
#include <stdio.h>
#include <string.h>

/* Without room all is given up at the end. */
struct builder {
	struct nl_msg *message;
	bool failed;
};

static void put(struct builder *builder, int type, const void *data, size_t size)
{
	if (nla_put(builder->message, type, (int)size, data) < 0)
		builder->failed = true;
}

static void put_number(struct builder *builder, int type, uint32_t number)
{
	uint32_t value = htonl(number);

	put(builder, type, &value, sizeof(value));
}

static void put_text(struct builder *builder, int type, const char *text)
{
	put(builder, type, text, strlen(text) + 1);
}

static struct nlattr *begin(struct builder *builder, int type)
{
	struct nlattr *nest = nla_nest_start(builder->message, type | NLA_F_NESTED);

	builder->failed = builder->failed || !nest;
	return nest;
}

static void end(struct builder *builder, struct nlattr *nest)
{
	if (nest)
		nla_nest_end(builder->message, nest);
}

/* An expression, in two nests. */
struct nests {
	struct nlattr *element;
	struct nlattr *data;
};

static struct nests begin_expression(struct builder *builder, const char *name)
{
	struct nests nests = {.element = begin(builder, NFTA_LIST_ELEM)};

	put_text(builder, NFTA_EXPR_NAME, name);
	nests.data = begin(builder, NFTA_EXPR_DATA);
	return nests;
}

static void end_expression(struct builder *builder, struct nests nests)
{
	end(builder, nests.data);
	end(builder, nests.element);
}

static void put_device(struct builder *builder, uint32_t key, const char *bridge)
{
	struct nests nests = begin_expression(builder, "meta");

	put_number(builder, NFTA_META_KEY, key);
	put_number(builder, NFTA_META_DREG, NFT_REG_1);
	end_expression(builder, nests);
	nests = begin_expression(builder, "cmp");
	put_number(builder, NFTA_CMP_SREG, NFT_REG_1);
	put_number(builder, NFTA_CMP_OP, NFT_CMP_EQ);
	struct nlattr *operand = begin(builder, NFTA_CMP_DATA);
	put_text(builder, NFTA_DATA_VALUE, bridge);
	end(builder, operand);
	end_expression(builder, nests);
}

static void put_comment(struct builder *builder, enum rule_owner owner)
{
	struct xt_comment_info info = {0};
	struct nests nests = begin_expression(builder, "match");

	snprintf(info.comment, sizeof(info.comment), "%s", xt_comment(owner));
	put_text(builder, NFTA_MATCH_NAME, "comment");
	put_number(builder, NFTA_MATCH_REV, 0);
	put(builder, NFTA_MATCH_INFO, &info, sizeof(info));
	end_expression(builder, nests);
}

static void put_counter(struct builder *builder)
{
	const uint64_t none = 0;
	struct nests nests = begin_expression(builder, "counter");

	put(builder, NFTA_COUNTER_BYTES, &none, sizeof(none));
	put(builder, NFTA_COUNTER_PACKETS, &none, sizeof(none));
	end_expression(builder, nests);
}

static void put_accept(struct builder *builder)
{
	struct nests nests = begin_expression(builder, "immediate");

	put_number(builder, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
	struct nlattr *operand = begin(builder, NFTA_IMMEDIATE_DATA);
	struct nlattr *verdict = begin(builder, NFTA_DATA_VERDICT);
	put_number(builder, NFTA_VERDICT_CODE, NF_ACCEPT);
	end(builder, verdict);
	end(builder, operand);
	end_expression(builder, nests);
}

bool docker_nft_rule_put(struct nl_msg *message, const char *bridge, enum rule_owner owner)
{
	struct builder builder = {message, false};
	struct nlattr *list = begin(&builder, NFTA_RULE_EXPRESSIONS);

	put_device(&builder, NFT_META_IIFNAME, bridge);
	put_device(&builder, NFT_META_OIFNAME, bridge);
	put_comment(&builder, owner);
	put_counter(&builder);
	put_accept(&builder);
	end(&builder, list);
	/* Of which protocol the rule is, for matches that want to know. */
	struct nlattr *compat = begin(&builder, NFTA_RULE_COMPAT);
	put_number(&builder, NFTA_RULE_COMPAT_PROTO, 0);
	put_number(&builder, NFTA_RULE_COMPAT_FLAGS, 0);
	end(&builder, compat);
	return !builder.failed;
}
