// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * rtnetlink messages about one kind of filter: classifier u32 with the action csum, which computes
 * the checksum of the packets that match.
 */
#ifndef VIRT_NETBOOT_U32_CSUM_H
#define VIRT_NETBOOT_U32_CSUM_H

#include "host.h"
#include "netlink.h"

#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>

/* Where filters of a device are, as tcm_parent [linux include/uapi/linux/pkt_sched.h]. */
#define PARENT_EGRESS TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS)
#define PARENT_INGRESS TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS)
#define PARENT_ROOT 0 /* those of the root qdisc */

/* How many filters of ours there are in a family, for frames with a VLAN's tag and for those
 * without: the first for scope "dhcp", all for "udp". */
#define U32_CSUM_FILTERS 5U

/* What a message of a dump says about one filter. */
struct u32_csum {
	enum ip_family family;
	bool fills;
	enum fill_scope scope; /* FILL_NONE: it does not fill, or under other conditions */
	bool tagged;           /* it is for frames with a VLAN's tag */
	bool is_ours;
	bool qdisc_is_ours;  /* and we made its qdisc */
	bool for_guests;     /* and it is there for guests' sake */
	unsigned int number; /* which of ours */
	unsigned int first;  /* the first of the priorities of ours that this one belongs to */
};

/*
 * Ours have three priorities that follow each other: one for each family, and one for the frames of
 * VLANs. They begin here unless a filter that others have before that may end packets' way.
 */
#define U32_CSUM_PRIORITY 28258U
#define U32_CSUM_PRIORITIES 3U

/* Where filters of ours are. */
struct u32_csum_place {
	unsigned int ifindex;
	uint32_t parent;
	unsigned int first; /* of their priorities */
	bool qdisc_is_ours; /* the qdisc is made together with them; is noted in each */
	bool for_guests;    /* likewise: they go with the last guest */
};

/* Which of them. */
struct u32_csum_which {
	enum ip_family family;
	bool tagged;
	unsigned int number; /* from 0 to U32_CSUM_FILTERS - 1 */
};

/**
 * u32_csum_request() - the request for a filter of ours
 * @type:	RTM_NEWTFILTER, or RTM_DELTFILTER for all filters at the priority of this one,
 *		whoever's they are
 *
 * Return: NULL without memory.
 */
struct nl_msg *u32_csum_request(
	int type, const struct u32_csum_place *place, const struct u32_csum_which *which);

/* Return: false if the message is not about a filter of this classifier that IP packets meet first.
 */
bool u32_csum_parse(struct nlmsghdr *header, struct u32_csum *filter);

/* The priority of the filter that a message of a dump is about. */
unsigned int u32_csum_priority(struct nlmsghdr *header);

/* True if a message of a dump is about a hash table that filters of this classifier, ours too, come
 * with. */
bool u32_csum_is_table(struct nlmsghdr *header);

/* True if a message of a dump is about a table of this classifier, or about a filter of it that
 * none of the packets meets which ours are for. */
bool u32_csum_never_meets(struct nlmsghdr *header);

/*
 * The request for an action csum that lacks what it needs to be one: the kernel loads act_csum and
 * then refuses with EINVAL, or with ENOENT if it has none [linux net/sched/act_api.c,
 * tc_action_load_ops(); act_csum.c, tcf_csum_init()]. Return: NULL without memory.
 */
struct nl_msg *u32_csum_probe_request(void);

#endif
