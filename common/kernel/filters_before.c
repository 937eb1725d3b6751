// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Theory of operation
 *
 * Filters of one place are asked in the order of their priorities until one gives a verdict. Only
 * "continue" (TC_ACT_UNSPEC) is none: "pipe" goes on to the next action of the same filter, and
 * behind its last is the end, as with a mirror that tc(8) makes; so is a filter without actions,
 * and a jump to another chain [linux net/sched/cls_api.c, __tcf_classify(); act_api.c,
 * tcf_action_exec(); include/net/pkt_cls.h, tcf_exts_exec()]. A direct-action program decides by
 * itself [cls_bpf.c, cls_bpf_exec_opcode()].
 */
#include "filters_before.h"

#include "u32_csum.h"

#include <arpa/inet.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/tc_act/tc_csum.h>
#include <linux/tc_act/tc_gact.h>
#include <linux/tc_act/tc_mirred.h>
#include <linux/tc_act/tc_pedit.h>
#include <linux/tc_act/tc_skbedit.h>
#include <linux/tc_act/tc_vlan.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* BPF_TCX_INGRESS, BPF_TCX_EGRESS, which older headers lack [linux include/uapi/linux/bpf.h]. */
static const uint32_t tcx_hooks[FILTER_HOOKS] = {[FILTER_INGRESS] = 46, [FILTER_EGRESS] = 47};

unsigned int tcx_programs(unsigned int ifindex, enum filter_hook hook)
{
	union bpf_attr query;

	/* What the kernel does not know of it has to be zero [linux kernel/bpf/syscall.c,
	 * bpf_check_uarg_tail_zero()]. */
	memset(&query, 0, sizeof(query));
	/* The index stands where that of a descriptor does. */
	query.query.target_fd = ifindex;
	query.query.attach_type = tcx_hooks[hook];
	if (syscall(SYS_bpf, BPF_PROG_QUERY, &query, sizeof(query)) != 0)
		return 0;
	return query.query.prog_cnt;
}

static struct nla_policy filter_policy[TCA_MAX + 1] = {
	[TCA_KIND] = {.type = NLA_STRING},
	[TCA_OPTIONS] = {.type = NLA_NESTED},
	[TCA_CHAIN] = {.type = NLA_U32},
};

static struct nla_policy action_policy[TCA_ACT_MAX + 1] = {
	[TCA_ACT_KIND] = {.type = NLA_STRING},
	[TCA_ACT_OPTIONS] = {.type = NLA_NESTED},
};

/* Where the actions of a filter are, and where what an action does afterwards. */
struct known_kind {
	const char *name;
	int attribute;
};

static const struct known_kind classifiers[] = {
	{"basic", TCA_BASIC_ACT},
	{"bpf", TCA_BPF_ACT},
	{"flower", TCA_FLOWER_ACT},
	{"fw", TCA_FW_ACT},
	{"matchall", TCA_MATCHALL_ACT},
	{"u32", TCA_U32_ACT},
	{NULL, 0},
};

/* Those that always do the same afterwards, and whose parameters begin with tc_gen. */
static const struct known_kind actions[] = {
	{"csum", TCA_CSUM_PARMS},
	{"gact", TCA_GACT_PARMS},
	{"mirred", TCA_MIRRED_PARMS},
	{"pedit", TCA_PEDIT_PARMS},
	{"skbedit", TCA_SKBEDIT_PARMS},
	{"vlan", TCA_VLAN_PARMS},
	{NULL, 0},
};

/* What the nest of options has for a kind that is known, or NULL. */
static struct nlattr *find_known(
	const struct known_kind *kinds, struct nlattr *kind, struct nlattr *options)
{
	if (!kind || !options)
		return NULL;
	for (; kinds->name; kinds++) {
		if (strcmp(nla_get_string(kind), kinds->name) == 0)
			return nla_find(nla_data(options), nla_len(options), kinds->attribute);
	}
	return NULL;
}

static bool has(struct nlattr *nest, int type)
{
	return nla_find(nla_data(nest), nla_len(nest), type) != NULL;
}

/* What an action does with every packet; TC_ACT_OK if that cannot be told. */
static int control_of(struct nlattr *action)
{
	struct nlattr *attributes[TCA_ACT_MAX + 1];
	struct nlattr *parameters;
	struct tc_mirred mirred = {0}; /* the longest of which more than the beginning counts */

	if (nla_parse_nested(attributes, TCA_ACT_MAX, action, action_policy) < 0)
		return TC_ACT_OK;
	parameters = find_known(actions, attributes[TCA_ACT_KIND], attributes[TCA_ACT_OPTIONS]);
	if (!parameters || nla_len(parameters) < (int)offsetof(struct tc_mirred, eaction))
		return TC_ACT_OK;
	nla_memcpy(&mirred, parameters, sizeof(mirred));
	const char *kind = nla_get_string(attributes[TCA_ACT_KIND]);
	if (strcmp(kind, "gact") == 0 && has(attributes[TCA_ACT_OPTIONS], TCA_GACT_PROB))
		return TC_ACT_OK;
	if (strcmp(kind, "mirred") == 0 && mirred.eaction != TCA_EGRESS_MIRROR &&
		mirred.eaction != TCA_INGRESS_MIRROR)
		return TC_ACT_OK;
	return mirred.action;
}

static bool actions_may_end(struct nlattr *list)
{
	struct nlattr *action;
	int rest;

	nla_for_each_nested (action, list, rest) {
		int control = control_of(action);
		if (control != TC_ACT_PIPE)
			return control != TC_ACT_UNSPEC;
	}
	return true;
}

/* The program itself says what is done. */
static bool is_direct_action(struct nlattr *kind, struct nlattr *options)
{
	struct nlattr *flags = nla_find(nla_data(options), nla_len(options), TCA_BPF_FLAGS);

	return strcmp(nla_get_string(kind), "bpf") == 0 && flags &&
	       nla_len(flags) == sizeof(uint32_t) && nla_get_u32(flags) & TCA_BPF_FLAG_ACT_DIRECT;
}

static bool is_for_us(unsigned int protocol)
{
	return protocol == ETH_P_ALL || protocol == ETH_P_IP || protocol == ETH_P_IPV6 ||
	       protocol == ETH_P_8021Q;
}

bool filter_may_end(struct nlmsghdr *header)
{
	const struct tcmsg *message = nlmsg_data(header);
	struct nlattr *attributes[TCA_MAX + 1];

	if (header->nlmsg_type != RTM_NEWTFILTER)
		return false;
	if (nlmsg_parse(header, sizeof(*message), attributes, TCA_MAX, filter_policy) < 0)
		return true;
	struct nlattr *kind = attributes[TCA_KIND];
	struct nlattr *options = attributes[TCA_OPTIONS];
	/* Each list of filters begins with a message without options. */
	if (!kind || !options || !is_for_us(ntohs(TC_H_MIN(message->tcm_info))) ||
		(attributes[TCA_CHAIN] && nla_get_u32(attributes[TCA_CHAIN]) != 0) ||
		u32_csum_never_meets(header))
		return false;
	struct nlattr *list = find_known(classifiers, kind, options);
	return !list || is_direct_action(kind, options) || actions_may_end(list);
}
