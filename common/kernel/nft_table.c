// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The kernel sends one chain's rules for each request, so a chain is asked for when packets may
 * come to it (verdicts.h).
 */
#include "nft_table.h"

#include "cleanup.h"
#include "host.h"
#include "nft_rule.h"
#include "only_look.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>

static struct nl_msg *rules_request(const void *argument)
{
	const struct nft_reading *reading = argument;
	struct nfgenmsg family = {
		.nfgen_family = reading->nfproto,
		.version = NFNETLINK_V0,
	};
	struct nl_msg *request = netlink_request(NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETRULE,
		NLM_F_REQUEST | NLM_F_DUMP, &family, sizeof(family));

	if (request && nla_put_string(request, NFTA_RULE_TABLE, reading->table) >= 0 &&
		nla_put_string(request, NFTA_RULE_CHAIN, reading->name) >= 0)
		return request;
	nlmsg_free(request);
	return NULL;
}

static void reset_chain(void *argument)
{
	const struct nft_reading *reading = argument;

	verdict_chain_clear(reading->chain);
}

/* One that is not there has no rules [linux net/netfilter/nf_tables_api.c, nf_tables_dump_rules()].
 */
int nft_read_chain(const char *name, struct verdict_chain *chain, void *argument)
{
	struct nft_reading *reading = argument;

	reading->name = name;
	reading->chain = chain;
	return netlink_dump(NETLINK_NETFILTER, rules_request, reset_chain, nft_rule_parse, reading);
}

static int read_coverage(
	enum ip_family family, struct local_addresses *addresses, struct checksum_rule *rule)
{
	struct nft_reading reading = {
		.family = family,
		.nfproto = family == IPV4 ? NFPROTO_IPV4 : NFPROTO_IPV6,
		.table = "mangle",
		.addresses = addresses,
	};
	enum fill_scope filled;

	memcpy(reading.device, rule->bridge, strlen(rule->bridge));
	int result = verdicts_filled("POSTROUTING", nft_read_chain, &reading, &filled);
	if (rule->state.others < filled)
		rule->state.others = filled;
	return result;
}

/* [linux net/netfilter/nfnetlink.c, nfnetlink_rcv_msg(); net/netlink/af_netlink.c,
 * netlink_create()] */
bool nft_is_absence(int result)
{
	return result == -EINVAL || result == -EPROTONOSUPPORT;
}

bool host_has_nf_tables(void)
{
	return !look_forbids(LOOK_NF_TABLES);
}

int nft_table_read(enum ip_family family, struct checksum_rule *rules, size_t count)
{
	CLEANUP(cleanup_local_addresses) struct local_addresses addresses = {.family = family};
	int result = 0;

	for (size_t i = 0; result == 0 && i < count; i++) {
		if (rules[i].state.others < FILL_UDP)
			result = read_coverage(family, &addresses, &rules[i]);
	}
	return nft_is_absence(result) ? 0 : result;
}
