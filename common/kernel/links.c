// SPDX-License-Identifier: GPL-2.0-or-later
/* All devices of the network namespace, each as a bridge, a port and what else it is, by one dump
 * through rtnetlink. */
#include "alloc.h"
#include "bridge.h"
#include "bridge_port.h"
#include "host.h"
#include "link.h"

#include <linux/if_tun.h>
#include <stdlib.h>
#include <string.h>

struct list {
	struct link_facts *links;
	size_t count;
};

static struct nla_policy tun_policy[IFLA_TUN_MAX + 1] = {
	[IFLA_TUN_VNET_HDR] = {.type = NLA_U8},
};

static bool has_vnet_header(struct nlattr *data)
{
	struct nlattr *attributes[IFLA_TUN_MAX + 1];

	return data && nla_parse_nested(attributes, IFLA_TUN_MAX, data, tun_policy) >= 0 &&
	       attributes[IFLA_TUN_VNET_HDR] && nla_get_u8(attributes[IFLA_TUN_VNET_HDR]) != 0;
}

/* What neither a bridge nor a port is asked for. */
static void parse_rest(struct nlattr **attributes, struct link_facts *link)
{
	struct nlattr *data;
	const char *kind = link_kind(attributes[IFLA_LINKINFO], &data);
	bool elsewhere = attributes[IFLA_LINK_NETNSID] != NULL;

	link->macvlan = strcmp(kind, "macvlan") == 0;
	link->vnet_header = strcmp(kind, "tun") == 0 && has_vnet_header(data);
	link->outside = strcmp(kind, "veth") == 0 && elsewhere;
	if (attributes[IFLA_MASTER])
		link->master = nla_get_u32(attributes[IFLA_MASTER]);
	if ((link->macvlan || link->port.macvtap) && attributes[IFLA_LINK] && !elsewhere)
		link->parent = nla_get_u32(attributes[IFLA_LINK]);
	link->no_carrier = attributes[IFLA_CARRIER] && nla_len(attributes[IFLA_CARRIER]) == 1 &&
			   nla_get_u8(attributes[IFLA_CARRIER]) == 0;
}

static int parse_link(struct nlmsghdr *header, void *argument)
{
	struct list *list = argument;
	struct nlattr *attributes[IFLA_MAX + 1];
	struct link_facts link = {0};

	if (header->nlmsg_type != RTM_NEWLINK)
		return 0;
	int result = link_parse(header, attributes);
	if (result == 0)
		result = bridge_parse(header, &link.bridge);
	if (result == 0)
		result = bridge_port_parse(header, &link.port);
	if (result != 0)
		return result;
	parse_rest(attributes, &link);
	list->links = alloc_one_more(list->links, list->count, sizeof(*list->links));
	list->links[list->count++] = link;
	return 0;
}

static void reset_links(void *argument)
{
	struct list *list = argument;

	list->count = 0;
}

int host_links(struct link_facts **links, size_t *count)
{
	struct list list = {0};
	int result = link_dump(reset_links, parse_link, &list);

	*links = list.links;
	*count = list.count;
	return result;
}
