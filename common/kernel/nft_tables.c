// SPDX-License-Identifier: GPL-2.0-or-later
#include "alloc.h"
#include "host.h"
#include "nft_table.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <netlink/attr.h>
#include <stdlib.h>
#include <string.h>

struct tables {
	struct nft_table *list;
	size_t count;
};

static struct nla_policy table_policy[NFTA_TABLE_MAX + 1] = {
	[NFTA_TABLE_NAME] = {.type = NLA_STRING, .maxlen = NFT_TABLE_NAME_SIZE},
	[NFTA_TABLE_FLAGS] = {.type = NLA_U32},
};

static struct nl_msg *tables_request(const void *argument)
{
	struct nfgenmsg family = {.nfgen_family = NFPROTO_UNSPEC, .version = NFNETLINK_V0};

	(void)argument;
	return netlink_request(NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETTABLE,
		NLM_F_REQUEST | NLM_F_DUMP, &family, sizeof(family));
}

static void reset_tables(void *argument)
{
	struct tables *tables = argument;

	free(tables->list);
	*tables = (struct tables){0};
}

static const char *family_name(unsigned int number)
{
	switch (number) {
	case NFPROTO_INET:
		return "inet";
	case NFPROTO_IPV4:
		return "ip";
	case NFPROTO_IPV6:
		return "ip6";
	case NFPROTO_ARP:
		return "arp";
	case NFPROTO_BRIDGE:
		return "bridge";
	case NFPROTO_NETDEV:
		return "netdev";
	default:
		return NULL;
	}
}

static int parse_table(struct nlmsghdr *header, void *argument)
{
	const struct nfgenmsg *message = nlmsg_data(header);
	struct nlattr *attributes[NFTA_TABLE_MAX + 1];
	struct tables *tables = argument;

	if (NFNL_MSG_TYPE(header->nlmsg_type) != NFT_MSG_NEWTABLE)
		return 0;
	if (nlmsg_parse(header, sizeof(*message), attributes, NFTA_TABLE_MAX, table_policy) < 0 ||
		!attributes[NFTA_TABLE_NAME])
		return -EPROTO;
	const char *family = family_name(message->nfgen_family);
	if (!family)
		return 0;
	tables->list = alloc_one_more(tables->list, tables->count, sizeof(*tables->list));
	struct nft_table *table = &tables->list[tables->count++];
	*table = (struct nft_table){.family = family};
	nla_strlcpy(table->name, attributes[NFTA_TABLE_NAME], sizeof(table->name));
	if (!attributes[NFTA_TABLE_FLAGS])
		return 0;
	uint32_t flags = ntohl(nla_get_u32(attributes[NFTA_TABLE_FLAGS]));
	table->has_flags = flags != 0;
	table->dormant = (flags & NFT_TABLE_F_DORMANT) != 0;
	return 0;
}

int host_nft_tables(struct nft_table **tables, size_t *count)
{
	struct tables found = {0};
	int result =
		netlink_dump(NETLINK_NETFILTER, tables_request, reset_tables, parse_table, &found);

	if (nft_is_absence(result))
		result = 0;
	if (result != 0)
		reset_tables(&found);
	*tables = found.list;
	*count = found.count;
	return result;
}
