// SPDX-License-Identifier: GPL-2.0-or-later
/* The rules of a chain of nf_tables, as the kernel sends them. */
#ifndef VIRT_NETBOOT_NFT_RULE_H
#define VIRT_NETBOOT_NFT_RULE_H

#include "local_address.h"
#include "netlink.h"
#include "verdicts.h"

/* A table that is read on behalf of one bridge, and the chain that is being read. */
struct nft_reading {
	enum ip_family family; /* of the packets */
	unsigned char nfproto; /* of the table */
	const char *table;
	char device[IFNAME_SIZE]; /* the bridge, with zeros behind its name */
	struct local_addresses *addresses;
	const char *name;
	struct verdict_chain *chain; /* gets its rules */
};

/* Add the rule of a message to the chain of @argument, a struct nft_reading: a netlink_parser. */
int nft_rule_parse(struct nlmsghdr *header, void *argument);

#endif
