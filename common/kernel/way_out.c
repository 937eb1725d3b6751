// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where what is sent out of a device goes, through rtnetlink.
 *
 * Theory of operation
 *
 * From the device downwards, because that is a few requests; upwards, from a bridge to all that
 * leads into it, would take a dump. Frames leave by the device and by the one that it is made on,
 * which may be a bridge. What leaves by one end of a veth pair arrives at the other, which may be a
 * port of a bridge. What leaves by a port of a bridge does not enter that bridge. What is sent by
 * way of a VRF or a bond leaves by one of the devices that are in it.
 *
 * What comes in comes by the same devices, the other way round.
 */
#include "alloc.h"
#include "cleanup.h"
#include "ethtool.h"
#include "host.h"
#include "link.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>

/* A VRF may have many devices; there is no way in a circle, but what is read changes meanwhile. */
#define MAX_DEVICES 256

/* What of a device says where frames go. */
enum way_kind { WAY_ENDS, WAY_LINK, WAY_PEER, WAY_MEMBERS };

struct device {
	enum way_kind way;
	unsigned int link;   /* what it is made on, or its peer; 0 if in another namespace */
	bool elsewhere;      /* that is in another namespace */
	unsigned int bridge; /* whose port it is */
};

struct list {
	unsigned int master; /* whose devices these are */
	unsigned int *ifindexes;
	size_t count;
	bool elsewhere; /* one of them leads to another namespace */
};

static void add_device(struct list *list, unsigned int ifindex)
{
	list->ifindexes = alloc_one_more(list->ifindexes, list->count, sizeof(*list->ifindexes));
	list->ifindexes[list->count++] = ifindex;
}

/* Tunnels have a link too, and send packets of their own by it. */
static enum way_kind way_kind(const char *kind)
{
	static const struct {
		const char *kind;
		enum way_kind way;
	} kinds[] = {
		{"vlan", WAY_LINK},
		{"macvlan", WAY_LINK},
		{"macvtap", WAY_LINK},
		{"ipvlan", WAY_LINK},
		{"ipvtap", WAY_LINK},
		{"veth", WAY_PEER},
		{"netkit", WAY_PEER},
		{"vrf", WAY_MEMBERS},
		{"bond", WAY_MEMBERS},
		{"team", WAY_MEMBERS},
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(kinds[i].kind, kind) == 0)
			return kinds[i].way;
	}
	return WAY_ENDS;
}

static int parse_device(struct nlmsghdr *header, void *argument)
{
	struct device *device = argument;
	struct nlattr *attributes[IFLA_MAX + 1];
	struct nlattr *data;

	if (header->nlmsg_type != RTM_NEWLINK)
		return 0;
	if (link_parse(header, attributes) < 0)
		return -EPROTO;
	device->way = way_kind(link_kind(attributes[IFLA_LINKINFO], &data));
	device->elsewhere = device->way != WAY_ENDS && attributes[IFLA_LINK_NETNSID];
	if (attributes[IFLA_LINK] && !attributes[IFLA_LINK_NETNSID])
		device->link = nla_get_u32(attributes[IFLA_LINK]);
	if (attributes[IFLA_MASTER] &&
		strcmp(link_slave_kind(attributes[IFLA_LINKINFO], &data), "bridge") == 0)
		device->bridge = nla_get_u32(attributes[IFLA_MASTER]);
	return 0;
}

static int read_device(unsigned int ifindex, struct device *device)
{
	*device = (struct device){0};
	return link_get(ifindex, NULL, parse_device, device);
}

static struct nl_msg *members_request(const void *argument)
{
	const struct list *members = argument;
	struct ifinfomsg link = {0};
	struct nl_msg *request =
		netlink_request(RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP, &link, sizeof(link));

	if (request && nla_put_u32(request, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS) >= 0 &&
		nla_put_u32(request, IFLA_MASTER, members->master) >= 0)
		return request;
	nlmsg_free(request);
	return NULL;
}

static void reset_members(void *argument)
{
	struct list *members = argument;

	members->count = 0;
}

static int parse_member(struct nlmsghdr *header, void *argument)
{
	struct list *members = argument;
	const struct ifinfomsg *link = nlmsg_data(header);
	struct nlattr *attributes[IFLA_MAX + 1];

	if (link_parse(header, attributes) < 0)
		return -EPROTO;
	/* A kernel that does not know the filter sends every link. */
	if (attributes[IFLA_MASTER] && nla_get_u32(attributes[IFLA_MASTER]) == members->master)
		add_device(members, (unsigned int)link->ifi_index);
	return 0;
}

static int add_members(unsigned int master, struct list *way)
{
	struct list members = {.master = master};
	int result =
		netlink_dump(NETLINK_ROUTE, members_request, reset_members, parse_member, &members);
	CLEANUP(cleanup_free) unsigned int *owned = members.ifindexes;

	for (size_t i = 0; result == 0 && i < members.count; i++)
		add_device(way, owned[i]);
	return result;
}

static int add_bridge_of(unsigned int port, struct list *way)
{
	struct device device;
	int result = read_device(port, &device);

	if (result == 0 && device.bridge)
		add_device(way, device.bridge);
	return result;
}

/* Add what comes right after @ifindex. */
static int add_next(unsigned int ifindex, struct list *way)
{
	struct device device;
	int result = read_device(ifindex, &device);

	if (result != 0 || device.way == WAY_ENDS)
		return result;
	way->elsewhere = way->elsewhere || device.elsewhere;
	if (device.way == WAY_MEMBERS)
		return add_members(ifindex, way);
	if (!device.link)
		return 0;
	if (device.way == WAY_PEER)
		return add_bridge_of(device.link, way);
	add_device(way, device.link);
	return 0;
}

static int follow(unsigned int ifindex, struct list *way)
{
	int result = 0;

	add_device(way, ifindex);
	for (size_t i = 0; result == 0 && i < way->count && i < MAX_DEVICES; i++)
		result = add_next(way->ifindexes[i], way);
	return result == -ENODEV ? 0 : result;
}

int host_way_out(unsigned int ifindex, unsigned int **way, size_t *count)
{
	struct list list = {0};
	int result = follow(ifindex, &list);

	*way = list.ifindexes;
	*count = list.count;
	return result;
}

/* Its driver hands on what a host, or a guest beside this one, has left to be completed [linux
 * drivers/net/virtio_net.c, receive_buf(); virtio_net_hdr_to_skb()], unless it was told not to
 * accept that [virtnet_probe(), VIRTIO_NET_F_GUEST_CSUM]. */
static bool is_virtio_card(unsigned int ifindex)
{
	char name[IFNAME_SIZE];
	char driver[ETHTOOL_DRIVER_SIZE];
	uint32_t accepts = 0;

	return if_indextoname(ifindex, name) && ethtool_driver(name, driver) == 0 &&
	       strcmp(driver, "virtio_net") == 0 &&
	       ethtool_value(name, ETHTOOL_GRXCSUM, &accepts) == 0 && accepts;
}

enum outside_sender host_outside_sender(unsigned int ifindex)
{
	struct list list = {0};
	int result = follow(ifindex, &list);
	CLEANUP(cleanup_free) unsigned int *way = list.ifindexes;

	if (list.elsewhere)
		return OUTSIDE_NAMESPACE;
	for (size_t i = 0; result == 0 && i < list.count; i++) {
		if (is_virtio_card(way[i]))
			return OUTSIDE_MACHINE;
	}
	return OUTSIDE_NONE;
}
