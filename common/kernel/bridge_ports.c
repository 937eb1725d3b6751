// SPDX-License-Identifier: GPL-2.0-or-later
/* All ports of one bridge, through rtnetlink. */
#include "alloc.h"
#include "bridge_port.h"
#include "cleanup.h"

struct list {
	unsigned int bridge;
	struct bridge_port *ports;
	size_t count;
};

static int parse_port(struct nlmsghdr *header, void *argument)
{
	struct list *list = argument;
	struct bridge_port port = {0};
	int result = bridge_port_parse(header, &port);

	/* A kernel that does not know the filter sends every link. */
	if (result != 0 || port.bridge == 0 || (list->bridge && port.bridge != list->bridge))
		return result;
	list->ports = alloc_one_more(list->ports, list->count, sizeof(port));
	list->ports[list->count++] = port;
	return 0;
}

static struct nl_msg *ports_request(const void *argument)
{
	const struct list *list = argument;
	struct ifinfomsg link = {0};
	struct nl_msg *request =
		netlink_request(RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP, &link, sizeof(link));

	if (request && nla_put_u32(request, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS) >= 0 &&
		(!list->bridge || nla_put_u32(request, IFLA_MASTER, list->bridge) >= 0))
		return request;
	nlmsg_free(request);
	return NULL;
}

static void reset_ports(void *argument)
{
	struct list *list = argument;

	list->count = 0;
}

int host_bridge_ports(unsigned int bridge, struct bridge_port **ports, size_t *count)
{
	struct list list = {.bridge = bridge};
	int result = netlink_dump(NETLINK_ROUTE, ports_request, reset_ports, parse_port, &list);

	*ports = list.ports;
	*count = list.count;
	return result;
}

int host_bridge_count_ports(struct bridge_state *bridge)
{
	CLEANUP(cleanup_free) struct bridge_port *ports = NULL;
	size_t count;
	int result = host_bridge_ports(bridge->ifindex, &ports, &count);

	bridge->ports_known = result == 0;
	bridge->guest_ports = 0;
	for (size_t i = 0; i < count; i++)
		bridge->guest_ports += ports[i].guest;
	bridge->other_ports = (unsigned int)count - bridge->guest_ports;
	return result;
}
