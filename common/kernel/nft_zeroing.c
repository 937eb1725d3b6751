// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rules of nftables that set checksums to zero: "udp checksum set 0", in whatever table.
 *
 * That is right for a packet whose checksum is filled already: zero then says that it has none. In
 * one whose checksum is to be filled by a network card stands the sum of the pseudo-header, which
 * the kernel or the card takes for a part of the whole; without it, what is filled in is wrong
 * [linux net/core/dev.c, skb_checksum_help()].
 */
#include "cleanup.h"
#include "host.h"
#include "nft_table.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter_ipv4.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A chain that packets come to by themselves. */
struct base_chain {
	unsigned char nfproto;
	char table[ZEROING_NAME_SIZE];
	char name[ZEROING_NAME_SIZE];
	bool before_rules;
};

struct base_chains {
	struct base_chain *list;
	size_t count;
	bool incomplete; /* without memory */
};

static void cleanup_base_chains(struct base_chains *chains)
{
	free(chains->list);
}

static struct nla_policy chain_policy[NFTA_CHAIN_MAX + 1] = {
	[NFTA_CHAIN_TABLE] = {.type = NLA_STRING, .maxlen = ZEROING_NAME_SIZE},
	[NFTA_CHAIN_NAME] = {.type = NLA_STRING, .maxlen = ZEROING_NAME_SIZE},
	[NFTA_CHAIN_HOOK] = {.type = NLA_NESTED},
};

static struct nla_policy hook_policy[NFTA_HOOK_MAX + 1] = {
	[NFTA_HOOK_HOOKNUM] = {.type = NLA_U32},
	[NFTA_HOOK_PRIORITY] = {.type = NLA_U32},
};

static struct nl_msg *chains_request(const void *argument)
{
	struct nfgenmsg family = {.nfgen_family = NFPROTO_UNSPEC, .version = NFNETLINK_V0};

	(void)argument;
	return netlink_request(NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETCHAIN,
		NLM_F_REQUEST | NLM_F_DUMP, &family, sizeof(family));
}

static void reset_chains(void *argument)
{
	((struct base_chains *)argument)->count = 0;
}

/* True if what this host sends comes to it. Rules of iptables that fill checksums are in mangle's
 * POSTROUTING. */
static bool is_on_the_way(struct nlattr *hook, bool *before_rules)
{
	struct nlattr *attributes[NFTA_HOOK_MAX + 1];

	if (nla_parse_nested(attributes, NFTA_HOOK_MAX, hook, hook_policy) < 0 ||
		!attributes[NFTA_HOOK_HOOKNUM] || !attributes[NFTA_HOOK_PRIORITY])
		return false;
	uint32_t number = ntohl(nla_get_u32(attributes[NFTA_HOOK_HOOKNUM]));
	int32_t priority = (int32_t)ntohl(nla_get_u32(attributes[NFTA_HOOK_PRIORITY]));
	*before_rules = number == NF_INET_LOCAL_OUT || priority < NF_IP_PRI_MANGLE;
	return number == NF_INET_LOCAL_OUT || number == NF_INET_POST_ROUTING;
}

static void add_chain(struct base_chains *chains, const struct base_chain *chain)
{
	struct base_chain *longer =
		realloc(chains->list, (chains->count + 1) * sizeof(*chains->list));

	if (!longer) {
		chains->incomplete = true;
		return;
	}
	longer[chains->count++] = *chain;
	chains->list = longer;
}

static int parse_chain(struct nlmsghdr *header, void *argument)
{
	const struct nfgenmsg *message = nlmsg_data(header);
	struct nlattr *attributes[NFTA_CHAIN_MAX + 1];
	struct base_chain chain;

	if (NFNL_MSG_TYPE(header->nlmsg_type) != NFT_MSG_NEWCHAIN)
		return 0;
	if (nlmsg_parse(header, sizeof(*message), attributes, NFTA_CHAIN_MAX, chain_policy) < 0 ||
		!attributes[NFTA_CHAIN_TABLE] || !attributes[NFTA_CHAIN_NAME])
		return -EPROTO;
	chain.nfproto = message->nfgen_family;
	if (chain.nfproto != NFPROTO_INET && chain.nfproto != NFPROTO_IPV4)
		return 0;
	if (!attributes[NFTA_CHAIN_HOOK] ||
		!is_on_the_way(attributes[NFTA_CHAIN_HOOK], &chain.before_rules))
		return 0;
	nla_strlcpy(chain.table, attributes[NFTA_CHAIN_TABLE], sizeof(chain.table));
	nla_strlcpy(chain.name, attributes[NFTA_CHAIN_NAME], sizeof(chain.name));
	add_chain(argument, &chain);
	return 0;
}

static int read_chain_for(const char *device, const struct base_chain *chain,
	struct local_addresses *addresses, struct zeroing *zeroing)
{
	struct nft_reading reading = {.family = IPV4,
		.nfproto = chain->nfproto,
		.table = chain->table,
		.addresses = addresses};
	bool zeroed;

	memcpy(reading.device, device, strlen(device));
	int result = verdicts_zeroed(chain->name, nft_read_chain, &reading, &zeroed);
	if (result != 0 || !zeroed)
		return result;
	zeroing->found = true;
	zeroing->before_rules = chain->before_rules;
	snprintf(zeroing->table, sizeof(zeroing->table), "%s %s",
		chain->nfproto == NFPROTO_INET ? "inet" : "ip", chain->table);
	snprintf(zeroing->chain, sizeof(zeroing->chain), "%s", chain->name);
	return 0;
}

int host_zeroing_read(const char *device, struct zeroing *zeroing)
{
	CLEANUP(cleanup_local_addresses) struct local_addresses addresses = {.family = IPV4};
	CLEANUP(cleanup_base_chains) struct base_chains chains = {0};
	int result =
		netlink_dump(NETLINK_NETFILTER, chains_request, reset_chains, parse_chain, &chains);

	*zeroing = (struct zeroing){0};
	if (result == 0 && chains.incomplete)
		result = -ENOMEM;
	for (size_t i = 0; result == 0 && !zeroing->before_rules && i < chains.count; i++)
		result = read_chain_for(device, &chains.list[i], &addresses, zeroing);
	return nft_is_absence(result) ? 0 : result;
}
