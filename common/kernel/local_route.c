// SPDX-License-Identifier: GPL-2.0-or-later
#include "local_route.h"

#include "cleanup.h"
#include "netlink.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

static struct nla_policy route_policy[RTA_MAX + 1] = {
	[RTA_OIF] = {.type = NLA_U32},
};

static int parse_route(struct nlmsghdr *header, void *argument)
{
	const struct rtmsg *route = nlmsg_data(header);
	unsigned int *ifindex = argument;
	struct nlattr *attributes[RTA_MAX + 1];

	if (header->nlmsg_type != RTM_NEWROUTE)
		return 0;
	if (nlmsg_parse(header, sizeof(*route), attributes, RTA_MAX, route_policy) < 0)
		return -EPROTO;
	if ((route->rtm_type == RTN_LOCAL || route->rtm_type == RTN_BROADCAST) &&
		attributes[RTA_OIF])
		*ifindex = nla_get_u32(attributes[RTA_OIF]);
	return 0;
}

/* What is sent to an address of this host's goes to lo; the entry of the table that says so, which
 * RTM_F_FIB_MATCH asks for, names the address's own device [linux net/ipv4/route.c,
 * inet_rtm_getroute(), since 4.13]. */
unsigned int local_route_device(enum ip_family family, const void *address)
{
	const int size = family == IPV4 ? 4 : 16;
	struct rtmsg route = {
		.rtm_family = family == IPV4 ? AF_INET : AF_INET6,
		.rtm_dst_len = (unsigned char)(8 * size),
		.rtm_flags = RTM_F_FIB_MATCH,
	};
	CLEANUP(cleanup_nl_msg)
	struct nl_msg *request =
		netlink_request(RTM_GETROUTE, NLM_F_REQUEST | NLM_F_ACK, &route, sizeof(route));
	unsigned int ifindex = 0;

	/* Without a route to it, it is not this host's. */
	if (!request || nla_put(request, RTA_DST, size, address) < 0 ||
		netlink_call(NETLINK_ROUTE, request, parse_route, &ifindex) != 0)
		return 0;
	return ifindex;
}
