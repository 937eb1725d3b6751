// SPDX-License-Identifier: GPL-2.0-or-later
/* The expressions of a rule are read in their order; one that is not known here may be a condition,
 * or a verdict. */
#include "docker_nft_rule.h"

#include "nft_expr.h"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>

enum side { SIDE_IN, SIDE_OUT, SIDES };

/* A rule, as far as it is read. */
struct parsed {
	struct docker_rule rule;
	const char *bridge; /* NULL: that which the rule names */
	uint32_t key;       /* what was loaded last */
	uint32_t loaded;    /* and the register */
	char devices[SIDES][IFNAME_SIZE];
	bool other;   /* there is something that our rule has not */
	bool unknown; /* and something that may be a verdict */
};

static void restrict_to(struct parsed *parsed, enum docker_truth truth)
{
	if (truth < parsed->rule.meets)
		parsed->rule.meets = truth;
}

/* A condition, or a change of what a register holds, or of the packet. */
static void read_unknown(struct parsed *parsed)
{
	restrict_to(parsed, DOCKER_MAYBE);
	parsed->other = true;
	parsed->loaded = NFT_NO_NUMBER;
}

static void read_meta(struct parsed *parsed, struct nlattr *data)
{
	struct nft_meta meta;

	if (!nft_expr_meta(data, &meta) || meta.destination == NFT_NO_NUMBER) {
		read_unknown(parsed);
		return;
	}
	parsed->key = meta.key;
	parsed->loaded = meta.destination;
}

/* A whole name with its NUL, or with all zeros behind it. */
static void note_device(struct parsed *parsed, enum side side, struct nlattr *value)
{
	size_t length = (size_t)nla_len(value);
	const char *name = nla_data(value);

	if (length > IFNAME_SIZE || !memchr(name, '\0', length) || *parsed->devices[side])
		parsed->other = true;
	else
		memcpy(parsed->devices[side], name, strlen(name));
}

/* Whole, or the start of names: "vir+". */
static bool is_name(const char *bridge, struct nlattr *value)
{
	char name[IFNAME_SIZE] = "";

	memcpy(name, bridge, strlen(bridge));
	return nla_len(value) <= IFNAME_SIZE &&
	       memcmp(name, nla_data(value), (size_t)nla_len(value)) == 0;
}

static void read_cmp(struct parsed *parsed, struct nlattr *data)
{
	struct nft_cmp cmp;

	if (!nft_expr_cmp(data, &cmp) || cmp.source != parsed->loaded || !cmp.value ||
		(cmp.op != NFT_CMP_EQ && cmp.op != NFT_CMP_NEQ) ||
		(parsed->key != NFT_META_IIFNAME && parsed->key != NFT_META_OIFNAME)) {
		restrict_to(parsed, DOCKER_MAYBE);
		parsed->other = true;
		return;
	}
	if (cmp.op == NFT_CMP_EQ)
		note_device(
			parsed, parsed->key == NFT_META_IIFNAME ? SIDE_IN : SIDE_OUT, cmp.value);
	else
		parsed->other = true;
	if (parsed->bridge && is_name(parsed->bridge, cmp.value) != (cmp.op == NFT_CMP_EQ))
		restrict_to(parsed, DOCKER_NEVER);
}

static void read_match(struct parsed *parsed, struct nlattr *data)
{
	struct xt_part match;

	if (!nft_expr_match(data, &match)) {
		read_unknown(parsed);
		return;
	}
	restrict_to(parsed, docker_match(&match));
	if (parsed->rule.owner == OWNER_OTHER)
		parsed->rule.owner = xt_owner(&match);
	if (strcmp(match.name, "comment") != 0)
		parsed->other = true;
}

static void read_target(struct parsed *parsed, struct nlattr *data)
{
	struct xt_part target;

	bool known = nft_expr_target(data, &target);

	parsed->other = true;
	if (known && strcmp(target.name, "REJECT") == 0)
		parsed->rule.verdict = DOCKER_DROP;
	else if (!known || xt_verdict(&target) == VERDICT_END)
		parsed->rule.verdict = DOCKER_UNKNOWN;
}

static enum docker_verdict docker_verdict_of(const struct nft_verdict *verdict)
{
	switch ((int)verdict->code) {
	case NF_ACCEPT:
		return DOCKER_ACCEPT;
	case NF_DROP:
		return DOCKER_DROP;
	case NFT_RETURN:
		return DOCKER_RETURN;
	case NFT_JUMP:
	case NFT_GOTO:
		return verdict->chain && strcmp(verdict->chain, DOCKER_USER) == 0 ? DOCKER_TO_USER
										  : DOCKER_JUMP;
	case NFT_CONTINUE:
	case NFT_BREAK:
		return DOCKER_CONTINUE;
	default:
		return DOCKER_UNKNOWN;
	}
}

static void read_immediate(struct parsed *parsed, struct nlattr *data)
{
	struct nft_immediate immediate;
	struct nft_verdict verdict;
	struct nlattr *operand = NULL;

	if (nft_expr_immediate(data, &immediate) && immediate.destination == NFT_REG_VERDICT)
		operand = nft_operand(immediate.data, NFTA_DATA_VERDICT);
	if (operand && nft_expr_verdict(operand, &verdict))
		parsed->rule.verdict = docker_verdict_of(&verdict);
	else
		read_unknown(parsed);
}

static void read_reject(struct parsed *parsed, struct nlattr *data)
{
	(void)data;
	parsed->rule.verdict = DOCKER_DROP;
}

static void read_without_effect(struct parsed *parsed, struct nlattr *data)
{
	(void)parsed;
	(void)data;
}

static void read_condition(struct parsed *parsed, struct nlattr *data)
{
	(void)data;
	read_unknown(parsed);
}

static void read_log(struct parsed *parsed, struct nlattr *data)
{
	(void)data;
	parsed->other = true;
}

static const struct {
	const char *name;
	void (*read)(struct parsed *parsed, struct nlattr *data);
} expressions[] = {
	{"bitwise", read_condition},
	{"cmp", read_cmp},
	{"connlimit", read_condition},
	{"counter", read_without_effect},
	{"ct", read_condition},
	{"immediate", read_immediate},
	{"limit", read_condition},
	{"log", read_log},
	{"match", read_match},
	{"meta", read_meta},
	{"payload", read_condition},
	{"range", read_condition},
	{"reject", read_reject},
	{"target", read_target},
};

static void read_expression(struct parsed *parsed, struct nlattr *expression)
{
	struct nft_expr opened;

	if (nft_expr_open(expression, &opened)) {
		for (size_t i = 0; i < sizeof(expressions) / sizeof(*expressions); i++) {
			if (strcmp(opened.name, expressions[i].name) == 0) {
				expressions[i].read(parsed, opened.data);
				return;
			}
		}
	}
	read_unknown(parsed);
	parsed->unknown = true;
}

/* OWNER_OTHER also if it has our comment, but is for other packets. */
static bool is_ours(const struct parsed *parsed)
{
	const char *in = parsed->devices[SIDE_IN];

	return parsed->rule.owner != OWNER_OTHER && !parsed->other && *in &&
	       strcmp(in, parsed->devices[SIDE_OUT]) == 0 &&
	       (!parsed->bridge || strcmp(in, parsed->bridge) == 0) &&
	       parsed->rule.verdict == DOCKER_ACCEPT;
}

static struct nla_policy rule_policy[NFTA_RULE_MAX + 1] = {
	[NFTA_RULE_HANDLE] = {.type = NLA_U64},
	[NFTA_RULE_EXPRESSIONS] = {.type = NLA_NESTED},
};

static void read_expressions(struct parsed *parsed, struct nlattr *list)
{
	struct nlattr *expression = nla_data(list);
	int rest = nla_len(list);

	for (; nla_ok(expression, rest); expression = nla_next(expression, &rest))
		read_expression(parsed, expression);
}

bool docker_nft_rule_read(struct nlmsghdr *header, const char *bridge, struct docker_nft_rule *rule)
{
	struct nlattr *attributes[NFTA_RULE_MAX + 1];
	struct parsed parsed = {
		.bridge = bridge, .loaded = NFT_NO_NUMBER, .rule = {.meets = DOCKER_ALWAYS}};

	if (NFNL_MSG_TYPE(header->nlmsg_type) != NFT_MSG_NEWRULE ||
		nlmsg_parse(header, sizeof(struct nfgenmsg), attributes, NFTA_RULE_MAX,
			rule_policy) < 0 ||
		!attributes[NFTA_RULE_HANDLE])
		return false;
	if (attributes[NFTA_RULE_EXPRESSIONS])
		read_expressions(&parsed, attributes[NFTA_RULE_EXPRESSIONS]);
	if (!is_ours(&parsed))
		parsed.rule.owner = OWNER_OTHER;
	if (parsed.unknown && parsed.rule.verdict == DOCKER_CONTINUE)
		parsed.rule.verdict = DOCKER_UNKNOWN;
	*rule = (struct docker_nft_rule){
		.rule = parsed.rule, .handle = nla_get_u64(attributes[NFTA_RULE_HANDLE])};
	memcpy(rule->bridge, parsed.devices[SIDE_IN], IFNAME_SIZE);
	return true;
}
