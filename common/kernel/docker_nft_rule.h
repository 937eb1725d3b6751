// SPDX-License-Identifier: GPL-2.0-or-later
/* A rule in FORWARD or DOCKER-USER of nf_tables' "filter". */
#ifndef VIRT_NETBOOT_DOCKER_NFT_RULE_H
#define VIRT_NETBOOT_DOCKER_NFT_RULE_H

#include "docker_table.h"
#include "netlink.h"

struct docker_nft_rule {
	struct docker_rule rule;
	char bridge[IFNAME_SIZE]; /* of one of ours */
	uint64_t handle;          /* as the kernel sends it */
};

/**
 * docker_nft_rule_read() - read a message of the kernel's about a rule
 * @bridge:	on whose behalf; NULL: only whether the rule is ours, for whichever bridge, is said
 *
 * Return: false if it is none.
 */
bool docker_nft_rule_read(
	struct nlmsghdr *header, const char *bridge, struct docker_nft_rule *rule);

/* Put what our rule does into a message that has its place. Return: false if there is no room. */
bool docker_nft_rule_put(struct nl_msg *message, const char *bridge, enum rule_owner owner);

#endif
