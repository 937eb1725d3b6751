// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * DOCKER-USER in the table that iptables-nft keeps in nf_tables.
 *
 * nf_tables gives each state of its rules a number. A transaction that names the one that we have
 * seen is refused with ERESTART if that is not the present one any more [linux
 * net/netfilter/nfnetlink.c, nfnetlink_rcv_batch()]: nobody else's change can come between. It is
 * carried out as a whole or not at all, also if the process is killed.
 */
#include "alloc.h"
#include "cleanup.h"
#include "docker_nft_rule.h"
#include "netlink.h"
#include "nft_expr.h"
#include "nft_table.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>

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

static int parse_forward(struct nlmsghdr *header, void *argument)
{
	struct reading *reading = argument;
	struct docker_nft_rule rule;

	if (docker_nft_rule_read(header, reading->bridge, &rule))
		docker_forward_rule(&reading->table, &rule.rule);
	return 0;
}

static int parse_user(struct nlmsghdr *header, void *argument)
{
	struct reading *reading = argument;
	struct docker_nft_rule rule;

	if (!docker_nft_rule_read(header, reading->bridge, &rule))
		return 0;
	docker_user_rule(&reading->table, &rule.rule);
	if (rule.rule.owner == OWNER_OTHER)
		return 0;
	reading->handles =
		alloc_one_more(reading->handles, reading->count, sizeof(*reading->handles));
	reading->handles[reading->count++] = rule.handle;
	return 0;
}

static int parse_listed(struct nlmsghdr *header, void *argument)
{
	struct reading *reading = argument;
	struct docker_nft_rule rule;

	if (docker_nft_rule_read(header, NULL, &rule) && rule.rule.owner != OWNER_OTHER)
		docker_add_bridge(reading->bridges, rule.bridge);
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

/* A transaction: its begin, our rules that go, the new one, its end. Without memory all is given up
 * at the end. */
struct batch {
	struct nl_msg *messages[NETLINK_SEND_MAX];
	size_t count;
	bool failed;
};

static struct nl_msg *add_message(struct batch *batch, struct nl_msg *message)
{
	if (message)
		batch->messages[batch->count++] = message;
	else
		batch->failed = true;
	return message;
}

static void add_border(struct batch *batch, int type, uint32_t generation)
{
	struct nfgenmsg header = {.nfgen_family = NFPROTO_UNSPEC,
		.version = NFNETLINK_V0,
		.res_id = htons(NFNL_SUBSYS_NFTABLES)};
	struct nl_msg *message =
		add_message(batch, netlink_request(type, NLM_F_REQUEST, &header, sizeof(header)));

	if (message && generation != 0 && nla_put_u32(message, NFNL_BATCH_GENID, generation) < 0)
		batch->failed = true;
}

static bool put_chain(struct nl_msg *message)
{
	return nla_put_string(message, NFTA_RULE_TABLE, DOCKER_TABLE) >= 0 &&
	       nla_put_string(message, NFTA_RULE_CHAIN, DOCKER_USER) >= 0;
}

static void add_removal(struct batch *batch, unsigned char nfproto, uint64_t handle)
{
	struct nl_msg *message = add_message(batch, request(NFT_MSG_DELRULE, 0, nfproto));

	if (message && (!put_chain(message) || nla_put_u64(message, NFTA_RULE_HANDLE, handle) < 0))
		batch->failed = true;
}

/* Without NLM_F_APPEND it goes to the head of the chain [linux net/netfilter/nf_tables_api.c,
 * nf_tables_newrule()]. */
static void add_rule(
	struct batch *batch, unsigned char nfproto, const char *bridge, enum rule_owner owner)
{
	struct nl_msg *message =
		add_message(batch, request(NFT_MSG_NEWRULE, NLM_F_CREATE, nfproto));

	if (message && (!put_chain(message) || !docker_nft_rule_put(message, bridge, owner)))
		batch->failed = true;
}

static int commit(const struct reading *reading, uint32_t generation, enum rule_owner owner)
{
	struct batch batch = {0};
	/* So many rules of ours at once. */
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

/* A transaction touches no counter of rules that stay. */
static int nft_change(enum ip_family family, const char *bridge, enum docker_user_wish wish,
	size_t *counters_lost)
{
	CLEANUP(cleanup_reading)
	struct reading reading = {.nfproto = nfproto_of(family), .bridge = bridge};
	uint32_t generation;
	int result = read_generation(&generation);

	*counters_lost = 0;
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
