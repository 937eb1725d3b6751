// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * DOCKER-USER in the table that iptables-nft keeps in nf_tables.
 *
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
 *
 * nf_tables gives each state of its rules a number. A transaction that names the one that we have
 * seen is refused with ERESTART if that is not the present one any more [linux
 * net/netfilter/nfnetlink.c, nfnetlink_rcv_batch()]: nobody else's change can come between. It is
 * carried out as a whole or not at all, also if the process is killed.
 */
#include "cleanup.h"
#include "docker_table.h"
#include "netlink.h"
#include "nft_expr.h"
#include "nft_table.h"

#include "alloc.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/xt_comment.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef ERESTART
#define ERESTART 85
#endif

/* A table that is read on behalf of one bridge, or of all. */
struct reading {
	unsigned char nfproto;
	const char *chain; /* that is asked for */
	const char *bridge;
	struct docker_table table;
	uint32_t policy;   /* of that chain */
	uint64_t *handles; /* of our rules, as the kernel sends them */
	size_t count;
	struct docker_bridges *bridges;
};

static struct nla_policy generation_policy[NFTA_GEN_MAX + 1] = {
	[NFTA_GEN_ID] = {.type = NLA_U32},
};

static struct nla_policy chain_policy[NFTA_CHAIN_MAX + 1] = {
	[NFTA_CHAIN_POLICY] = {.type = NLA_U32},
};

static struct nla_policy rule_policy[NFTA_RULE_MAX + 1] = {
	[NFTA_RULE_HANDLE] = {.type = NLA_U64},
	[NFTA_RULE_EXPRESSIONS] = {.type = NLA_NESTED},
};

static struct nl_msg *request(int type, int flags, unsigned char nfproto)
{
	struct nfgenmsg header = {.nfgen_family = nfproto, .version = NFNETLINK_V0};

	return netlink_request(
		NFNL_SUBSYS_NFTABLES << 8 | type, NLM_F_REQUEST | flags, &header, sizeof(header));
}

static int parse_generation(struct nlmsghdr *header, void *argument)
{
	struct nlattr *attributes[NFTA_GEN_MAX + 1];
	uint32_t *generation = argument;

	if (NFNL_MSG_TYPE(header->nlmsg_type) != NFT_MSG_NEWGEN)
		return 0;
	if (nlmsg_parse(header, sizeof(struct nfgenmsg), attributes, NFTA_GEN_MAX,
		    generation_policy) < 0 ||
		!attributes[NFTA_GEN_ID])
		return -EPROTO;
	*generation = nla_get_u32(attributes[NFTA_GEN_ID]);
	return 0;
}

/* The number of the present state, as the kernel sends it. */
static int read_generation(uint32_t *generation)
{
	CLEANUP(cleanup_nl_msg)
	struct nl_msg *message = request(NFT_MSG_GETGEN, NLM_F_ACK, NFPROTO_UNSPEC);

	*generation = 0;
	if (!message)
		return -ENOMEM;
	int result = netlink_call(NETLINK_NETFILTER, message, parse_generation, generation);
	return result == 0 && *generation == 0 ? -EPROTO : result;
}

static int parse_chain(struct nlmsghdr *header, void *argument)
{
	struct nlattr *attributes[NFTA_CHAIN_MAX + 1];
	struct reading *reading = argument;

	if (NFNL_MSG_TYPE(header->nlmsg_type) != NFT_MSG_NEWCHAIN)
		return 0;
	if (nlmsg_parse(header, sizeof(struct nfgenmsg), attributes, NFTA_CHAIN_MAX, chain_policy) <
		0)
		return -EPROTO;
	reading->policy = nft_number(attributes[NFTA_CHAIN_POLICY]);
	return 0;
}

/* Return: -ENOENT if there is no such chain. */
static int read_chain(struct reading *reading, const char *chain)
{
	CLEANUP(cleanup_nl_msg)
	struct nl_msg *message = request(NFT_MSG_GETCHAIN, NLM_F_ACK, reading->nfproto);

	reading->policy = NFT_NO_NUMBER;
	if (!message || nla_put_string(message, NFTA_CHAIN_TABLE, DOCKER_TABLE) < 0 ||
		nla_put_string(message, NFTA_CHAIN_NAME, chain) < 0)
		return -ENOMEM;
	return netlink_call(NETLINK_NETFILTER, message, parse_chain, reading);
}

static struct nl_msg *rules_request(const void *argument)
{
	const struct reading *reading = argument;
	struct nl_msg *message = request(NFT_MSG_GETRULE, NLM_F_DUMP, reading->nfproto);

	if (message && nla_put_string(message, NFTA_RULE_TABLE, DOCKER_TABLE) >= 0 &&
		nla_put_string(message, NFTA_RULE_CHAIN, reading->chain) >= 0)
		return message;
	nlmsg_free(message);
	return NULL;
}

enum side { SIDE_IN, SIDE_OUT, SIDES };

/* A rule, as far as it is read. */
struct parsed {
	struct docker_rule rule;
	const char *bridge; /* NULL: that which the rule names */
	uint32_t key;       /* what was loaded last */
	uint32_t loaded;    /* and the register */
	char devices[SIDES][IFNAME_SIZE];
	bool other; /* there is something that our rule has not */
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

	parsed->other = true;
	if (!nft_expr_target(data, &target))
		parsed->rule.verdict = DOCKER_UNKNOWN;
	else if (strcmp(target.name, "REJECT") == 0)
		parsed->rule.verdict = DOCKER_DROP;
	else if (xt_verdict(&target) == VERDICT_END)
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
										  : DOCKER_CONTINUE;
	default:
		return DOCKER_CONTINUE;
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

static void read_log(struct parsed *parsed, struct nlattr *data)
{
	(void)data;
	parsed->other = true;
}

static const struct {
	const char *name;
	void (*read)(struct parsed *parsed, struct nlattr *data);
} expressions[] = {
	{"cmp", read_cmp},
	{"counter", read_without_effect},
	{"immediate", read_immediate},
	{"log", read_log},
	{"match", read_match},
	{"meta", read_meta},
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

/* Return: the attributes' handle, or NULL if it is no rule. */
static struct nlattr *read_rule(struct nlmsghdr *header, struct parsed *parsed)
{
	struct nlattr *attributes[NFTA_RULE_MAX + 1];

	parsed->rule = (struct docker_rule){.meets = DOCKER_ALWAYS};
	parsed->loaded = NFT_NO_NUMBER;
	if (NFNL_MSG_TYPE(header->nlmsg_type) != NFT_MSG_NEWRULE ||
		nlmsg_parse(header, sizeof(struct nfgenmsg), attributes, NFTA_RULE_MAX,
			rule_policy) < 0)
		return NULL;
	struct nlattr *list = attributes[NFTA_RULE_EXPRESSIONS];
	if (list) {
		struct nlattr *expression = nla_data(list);
		int rest = nla_len(list);
		for (; nla_ok(expression, rest); expression = nla_next(expression, &rest))
			read_expression(parsed, expression);
	}
	if (!is_ours(parsed))
		parsed->rule.owner = OWNER_OTHER;
	return attributes[NFTA_RULE_HANDLE];
}

static int parse_forward(struct nlmsghdr *header, void *argument)
{
	struct reading *reading = argument;
	struct parsed parsed = {.bridge = reading->bridge};

	if (read_rule(header, &parsed))
		docker_forward_rule(&reading->table, &parsed.rule);
	return 0;
}

static int parse_user(struct nlmsghdr *header, void *argument)
{
	struct reading *reading = argument;
	struct parsed parsed = {.bridge = reading->bridge};
	struct nlattr *handle = read_rule(header, &parsed);

	if (!handle)
		return 0;
	docker_user_rule(&reading->table, &parsed.rule);
	if (parsed.rule.owner == OWNER_OTHER)
		return 0;
	reading->handles =
		alloc_one_more(reading->handles, reading->count, sizeof(*reading->handles));
	reading->handles[reading->count++] = nla_get_u64(handle);
	return 0;
}

static int parse_listed(struct nlmsghdr *header, void *argument)
{
	struct reading *reading = argument;
	struct parsed parsed = {0};

	if (read_rule(header, &parsed) && parsed.rule.owner != OWNER_OTHER)
		docker_add_bridge(reading->bridges, parsed.devices[SIDE_IN]);
	return 0;
}

static void reset_forward(void *argument)
{
	struct reading *reading = argument;

	reading->table.reached = false;
	reading->table.forward_over = false;
	reading->table.accepted_after = false;
}

static void reset_user(void *argument)
{
	struct reading *reading = argument;
	struct docker_table *table = &reading->table;

	*table = (struct docker_table){.user = table->user,
		.drops = table->drops,
		.reached = table->reached,
		.forward_over = table->forward_over,
		.accepted_after = table->accepted_after};
	reading->count = 0;
}

static void reset_listed(void *argument)
{
	(void)argument;
}

static int read_rules(
	struct reading *reading, const char *chain, netlink_reset *reset, netlink_parser *parse)
{
	reading->chain = chain;
	return netlink_dump(NETLINK_NETFILTER, rules_request, reset, parse, reading);
}

/* Return: 0, also where there is no such table, or chain. */
static int read_table(struct reading *reading)
{
	int result = read_chain(reading, DOCKER_USER);

	reading->table = (struct docker_table){.user = result == 0};
	if (result != 0)
		return result == -ENOENT || nft_is_absence(result) ? 0 : result;
	result = read_chain(reading, DOCKER_FORWARD);
	reading->table.drops = result == 0 && reading->policy == NF_DROP;
	if (result == 0)
		result = read_rules(reading, DOCKER_FORWARD, reset_forward, parse_forward);
	if (result == 0 || result == -ENOENT)
		result = read_rules(reading, DOCKER_USER, reset_user, parse_user);
	return result;
}

static unsigned char nfproto_of(enum ip_family family)
{
	return family == IPV4 ? NFPROTO_IPV4 : NFPROTO_IPV6;
}

static void cleanup_reading(struct reading *reading)
{
	free(reading->handles);
}

static int nft_read(enum ip_family family, const char *bridge, struct docker_table *table)
{
	CLEANUP(cleanup_reading)
	struct reading reading = {.nfproto = nfproto_of(family), .bridge = bridge};
	int result = read_table(&reading);

	*table = reading.table;
	return result;
}

static int nft_list(enum ip_family family, struct docker_bridges *bridges)
{
	CLEANUP(cleanup_reading)
	struct reading reading = {.nfproto = nfproto_of(family), .bridges = bridges};
	int result = read_rules(&reading, DOCKER_USER, reset_listed, parse_listed);

	return result == -ENOENT || nft_is_absence(result) ? 0 : result;
}

/* A message that is being built; without memory all is given up at the end. */
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

static void put_chain(struct builder *builder)
{
	put_text(builder, NFTA_RULE_TABLE, DOCKER_TABLE);
	put_text(builder, NFTA_RULE_CHAIN, DOCKER_USER);
}

static void put_rule(struct builder *builder, const char *bridge, enum rule_owner owner)
{
	put_chain(builder);
	struct nlattr *list = begin(builder, NFTA_RULE_EXPRESSIONS);
	put_device(builder, NFT_META_IIFNAME, bridge);
	put_device(builder, NFT_META_OIFNAME, bridge);
	put_comment(builder, owner);
	put_counter(builder);
	put_accept(builder);
	end(builder, list);
	/* Of which protocol the rule is, for matches that want to know. */
	struct nlattr *compat = begin(builder, NFTA_RULE_COMPAT);
	put_number(builder, NFTA_RULE_COMPAT_PROTO, 0);
	put_number(builder, NFTA_RULE_COMPAT_FLAGS, 0);
	end(builder, compat);
}

/* A transaction: its begin, our rules that go, the new one, its end. */
struct batch {
	struct nl_msg *messages[NETLINK_SEND_MAX];
	size_t count;
	bool failed;
};

static void add_message(struct batch *batch, struct builder builder)
{
	batch->failed = batch->failed || builder.failed || !builder.message;
	if (builder.message)
		batch->messages[batch->count++] = builder.message;
}

static void add_border(struct batch *batch, int type, uint32_t generation)
{
	struct nfgenmsg header = {.nfgen_family = NFPROTO_UNSPEC,
		.version = NFNETLINK_V0,
		.res_id = htons(NFNL_SUBSYS_NFTABLES)};
	struct builder builder = {
		netlink_request(type, NLM_F_REQUEST, &header, sizeof(header)), false};

	if (builder.message && generation != 0)
		put(&builder, NFNL_BATCH_GENID, &generation, sizeof(generation));
	add_message(batch, builder);
}

static void add_removal(struct batch *batch, unsigned char nfproto, uint64_t handle)
{
	struct builder builder = {request(NFT_MSG_DELRULE, 0, nfproto), false};

	if (builder.message) {
		put_chain(&builder);
		put(&builder, NFTA_RULE_HANDLE, &handle, sizeof(handle));
	}
	add_message(batch, builder);
}

/* Without NLM_F_APPEND it goes to the head of the chain [linux net/netfilter/nf_tables_api.c,
 * nf_tables_newrule()]. */
static void add_rule(
	struct batch *batch, unsigned char nfproto, const char *bridge, enum rule_owner owner)
{
	struct builder builder = {request(NFT_MSG_NEWRULE, NLM_F_CREATE, nfproto), false};

	if (builder.message)
		put_rule(&builder, bridge, owner);
	add_message(batch, builder);
}

static int commit(const struct reading *reading, uint32_t generation, enum rule_owner owner)
{
	struct batch batch = {0};
	/* So many rules of ours at once; more of them would be somebody's joke. */
	size_t most = NETLINK_SEND_MAX - 3;

	add_border(&batch, NFNL_MSG_BATCH_BEGIN, generation);
	for (size_t i = 0; i < reading->count && i < most; i++)
		add_removal(&batch, reading->nfproto, reading->handles[i]);
	if (owner != OWNER_OTHER)
		add_rule(&batch, reading->nfproto, reading->bridge, owner);
	add_border(&batch, NFNL_MSG_BATCH_END, 0);
	int result = batch.failed ? -ENOMEM
				  : netlink_send(NETLINK_NETFILTER, batch.messages, batch.count);
	for (size_t i = 0; i < batch.count; i++)
		nlmsg_free(batch.messages[i]);
	return result == -ERESTART ? -EAGAIN : result;
}

static int nft_change(enum ip_family family, const char *bridge, enum docker_user_wish wish)
{
	CLEANUP(cleanup_reading)
	struct reading reading = {.nfproto = nfproto_of(family), .bridge = bridge};
	uint32_t generation;
	int result = read_generation(&generation);

	if (result != 0)
		return nft_is_absence(result) ? 0 : result;
	result = read_table(&reading);
	if (result != 0 || docker_is_as_wanted(&reading.table, wish))
		return result;
	return commit(&reading, generation, docker_wanted(&reading.table, wish));
}

const struct docker_kind docker_nft = {
	.read = nft_read,
	.change = nft_change,
	.list = nft_list,
};
