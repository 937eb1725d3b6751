// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What traffic control has at all devices, by one dump, and the limits at one of them, through
 * rtnetlink.
 *
 * libvirt limits what goes out of a device by a class of htb below the root qdisc, and what comes
 * in by a police of all packets in the qdisc "ingress" [libvirt src/util/virnetdevbandwidth.c,
 * virNetDevBandwidthSet()].
 */
#include "rates.h"
#include "alloc.h"
#include "host.h"

#include <errno.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static struct nla_policy tc_policy[TCA_MAX + 1] = {
	[TCA_KIND] = {.type = NLA_STRING},
	[TCA_OPTIONS] = {.type = NLA_NESTED},
};

struct list {
	struct qdisc_facts *qdiscs;
	size_t count;
};

/* The messages about a device come one after the other. */
static struct qdisc_facts *device_of(struct list *list, unsigned int ifindex)
{
	if (list->count == 0 || list->qdiscs[list->count - 1].ifindex != ifindex) {
		list->qdiscs = alloc_one_more(list->qdiscs, list->count, sizeof(*list->qdiscs));
		list->qdiscs[list->count++].ifindex = ifindex;
	}
	return &list->qdiscs[list->count - 1];
}

static int parse_qdisc(struct nlmsghdr *header, void *argument)
{
	struct list *list = argument;
	const struct tcmsg *message = nlmsg_data(header);
	struct nlattr *attributes[TCA_MAX + 1];

	if (header->nlmsg_type != RTM_NEWQDISC)
		return 0;
	if (nlmsg_parse(header, sizeof(*message), attributes, TCA_MAX, tc_policy) < 0 ||
		!attributes[TCA_KIND])
		return -EPROTO;
	const char *kind = nla_get_string(attributes[TCA_KIND]);
	unsigned int ifindex = (unsigned int)message->tcm_ifindex;
	if (strcmp(kind, "clsact") == 0)
		device_of(list, ifindex)->clsact = true;
	else if (strcmp(kind, "ingress") == 0)
		device_of(list, ifindex)->ingress = true;
	else if (strcmp(kind, "htb") == 0 && message->tcm_parent == TC_H_ROOT)
		device_of(list, ifindex)->htb = true;
	return 0;
}

static struct nl_msg *qdiscs_request(const void *argument)
{
	struct tcmsg qdisc = {0};

	(void)argument;
	return netlink_request(RTM_GETQDISC, NLM_F_REQUEST | NLM_F_DUMP, &qdisc, sizeof(qdisc));
}

static void reset_qdiscs(void *argument)
{
	struct list *list = argument;

	list->count = 0;
}

static int compare_qdiscs(const void *one, const void *other)
{
	unsigned int first = ((const struct qdisc_facts *)one)->ifindex;
	unsigned int second = ((const struct qdisc_facts *)other)->ifindex;

	return (first > second) - (first < second);
}

int host_qdiscs(struct qdisc_facts **qdiscs, size_t *count)
{
	struct list list = {0};
	int result = netlink_dump(NETLINK_ROUTE, qdiscs_request, reset_qdiscs, parse_qdisc, &list);

	if (list.count > 0)
		qsort(list.qdiscs, list.count, sizeof(*list.qdiscs), compare_qdiscs);
	*qdiscs = list.qdiscs;
	*count = list.count;
	return result;
}

/* The nest of options of a message about a class or filter of that kind; or NULL. */
static struct nlattr *options_of(struct nlmsghdr *header, const char *kind)
{
	struct nlattr *attributes[TCA_MAX + 1];

	if (nlmsg_parse(header, sizeof(struct tcmsg), attributes, TCA_MAX, tc_policy) < 0 ||
		!attributes[TCA_KIND] || strcmp(nla_get_string(attributes[TCA_KIND]), kind) != 0)
		return NULL;
	return attributes[TCA_OPTIONS];
}

static struct nlattr *find(struct nlattr *nest, int type)
{
	return nest ? nla_find(nla_data(nest), nla_len(nest), type) : NULL;
}

/* The classes of a device. */
struct classes {
	unsigned int ifindex;
	unsigned long long rate; /* of the first one that is below no other */
};

/* A rate that does not fit 32 bits stands beside, as 64 [linux net/sched/sch_htb.c,
 * htb_dump_class()]. */
static int parse_class(struct nlmsghdr *header, void *argument)
{
	struct classes *classes = argument;
	const struct tcmsg *message = nlmsg_data(header);
	struct nlattr *options = options_of(header, "htb");
	struct nlattr *parameters = find(options, TCA_HTB_PARMS);
	struct nlattr *wide = find(options, TCA_HTB_RATE64);
	struct tc_htb_opt htb;

	if (header->nlmsg_type != RTM_NEWTCLASS || !parameters ||
		message->tcm_parent != TC_H_ROOT || classes->rate != 0 ||
		nla_memcpy(&htb, parameters, sizeof(htb)) != sizeof(htb))
		return 0;
	classes->rate = htb.rate.rate;
	if (wide && nla_len(wide) == sizeof(uint64_t))
		classes->rate = nla_get_u64(wide);
	return 0;
}

static struct nl_msg *classes_request(const void *argument)
{
	const struct classes *classes = argument;
	struct tcmsg message = {.tcm_ifindex = (int)classes->ifindex};

	return netlink_request(
		RTM_GETTCLASS, NLM_F_REQUEST | NLM_F_DUMP, &message, sizeof(message));
}

static void reset_classes(void *argument)
{
	struct classes *classes = argument;

	classes->rate = 0;
}

int host_htb_rate(unsigned int ifindex, unsigned long long *rate)
{
	struct classes classes = {.ifindex = ifindex};
	int result =
		netlink_dump(NETLINK_ROUTE, classes_request, reset_classes, parse_class, &classes);

	*rate = classes.rate;
	return result;
}

/* A police is the filter's own, as tc(8) makes it of "police" [linux net/sched/cls_api.c,
 * tcf_exts_dump(), TCA_OLD_COMPAT]. */
unsigned long long police_rate(struct nlmsghdr *header)
{
	struct nlattr *police = find(options_of(header, "u32"), TCA_U32_POLICE);
	struct nlattr *parameters = find(police, TCA_POLICE_TBF);
	struct tc_police rate;

	if (!parameters || nla_memcpy(&rate, parameters, sizeof(rate)) != sizeof(rate))
		return 0;
	return rate.rate.rate;
}
