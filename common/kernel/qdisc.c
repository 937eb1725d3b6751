// SPDX-License-Identifier: GPL-2.0-or-later
#include "qdisc.h"

#include "cleanup.h"

#include <errno.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <string.h>

static struct nla_policy qdisc_policy[TCA_MAX + 1] = {
	[TCA_KIND] = {.type = NLA_STRING},
};

static int parse_qdisc(struct nlmsghdr *header, void *argument)
{
	enum place *place = argument;
	struct nlattr *attributes[TCA_MAX + 1];

	if (header->nlmsg_type != RTM_NEWQDISC)
		return 0;
	if (nlmsg_parse(header, sizeof(struct tcmsg), attributes, TCA_MAX, qdisc_policy) < 0 ||
		!attributes[TCA_KIND])
		return -EPROTO;
	const char *kind = nla_get_string(attributes[TCA_KIND]);
	*place = strcmp(kind, "clsact") == 0    ? PLACE_CLSACT
		 : strcmp(kind, "ingress") == 0 ? PLACE_INGRESS
						: PLACE_OTHER;
	return 0;
}

struct nl_msg *qdisc_request(int type, int flags, unsigned int ifindex, const char *kind)
{
	struct tcmsg qdisc = {.tcm_ifindex = (int)ifindex, .tcm_parent = TC_H_INGRESS};
	struct nl_msg *request =
		netlink_request(type, NLM_F_REQUEST | NLM_F_ACK | flags, &qdisc, sizeof(qdisc));

	if (request && kind && nla_put_string(request, TCA_KIND, kind) < 0) {
		nlmsg_free(request);
		return NULL;
	}
	return request;
}

/* The answer is sent only to who wants to hear of changes too (NLM_F_ECHO). "None" is ENOENT, and
 * EINVAL where there was one before [linux net/sched/sch_api.c, tc_get_qdisc(), qdisc_notify()]. */
int qdisc_read_place(unsigned int ifindex, enum place *place)
{
	CLEANUP(cleanup_nl_msg)
	struct nl_msg *request = qdisc_request(RTM_GETQDISC, NLM_F_ECHO, ifindex, NULL);

	*place = PLACE_FREE;
	if (!request)
		return -ENOMEM;
	int result = netlink_call(NETLINK_ROUTE, request, parse_qdisc, place);
	return result == -ENOENT || result == -EINVAL ? 0 : result;
}

int qdisc_delete(unsigned int ifindex, const char *kind)
{
	CLEANUP(cleanup_nl_msg)
	struct nl_msg *request = qdisc_request(RTM_DELQDISC, 0, ifindex, kind);

	return request ? netlink_call(NETLINK_ROUTE, request, NULL, NULL) : -ENOMEM;
}
