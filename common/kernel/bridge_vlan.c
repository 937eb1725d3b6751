// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * VLANs of one bridge or port, through rtnetlink. RTM_GETVLAN can be asked about one device [linux
 * net/bridge/br_vlan.c, br_vlan_rtm_dump()]; RTM_GETLINK has them only in a dump of all bridges.
 */
#include "cleanup.h"
#include "host.h"
#include "netlink.h"

#include <errno.h>
#include <linux/if_bridge.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

struct question {
	unsigned int ifindex;
	unsigned int vid;
	struct vlan_membership *membership;
};

static struct nla_policy entry_policy[BRIDGE_VLANDB_ENTRY_MAX + 1] = {
	[BRIDGE_VLANDB_ENTRY_INFO] = {.minlen = sizeof(struct bridge_vlan_info)},
	[BRIDGE_VLANDB_ENTRY_RANGE] = {.type = NLA_U16},
};

/* One VLAN, or a range of them that are alike. */
static int parse_entry(struct nlattr *entry, const struct question *question)
{
	struct nlattr *attributes[BRIDGE_VLANDB_ENTRY_MAX + 1];
	struct vlan_membership *membership = question->membership;

	if (nla_parse_nested(attributes, BRIDGE_VLANDB_ENTRY_MAX, entry, entry_policy) < 0 ||
		!attributes[BRIDGE_VLANDB_ENTRY_INFO])
		return -EPROTO;
	const struct bridge_vlan_info *info = nla_data(attributes[BRIDGE_VLANDB_ENTRY_INFO]);
	unsigned int last = attributes[BRIDGE_VLANDB_ENTRY_RANGE]
				    ? nla_get_u16(attributes[BRIDGE_VLANDB_ENTRY_RANGE])
				    : info->vid;
	if (info->flags & BRIDGE_VLAN_INFO_PVID)
		membership->pvid = info->vid;
	if (question->vid == 0)
		membership->member = true;
	if (question->vid >= info->vid && question->vid <= last) {
		membership->member = true;
		membership->untagged = (info->flags & BRIDGE_VLAN_INFO_UNTAGGED) != 0;
	}
	return 0;
}

static int parse_vlans(struct nlmsghdr *header, void *argument)
{
	struct nlattr *entry;
	int left;

	if (header->nlmsg_type != RTM_NEWVLAN)
		return 0;
	nlmsg_for_each_attr(entry, header, sizeof(struct br_vlan_msg), left)
	{
		if (nla_type(entry) != BRIDGE_VLANDB_ENTRY)
			continue;
		int result = parse_entry(entry, argument);
		if (result != 0)
			return result;
	}
	return 0;
}

static struct nl_msg *vlans_request(const void *argument)
{
	const struct question *question = argument;
	struct br_vlan_msg device = {.family = AF_BRIDGE, .ifindex = question->ifindex};

	return netlink_request(RTM_GETVLAN, NLM_F_REQUEST | NLM_F_DUMP, &device, sizeof(device));
}

static void reset_membership(void *argument)
{
	const struct question *question = argument;

	*question->membership = (struct vlan_membership){0};
}

int host_vlan_get(unsigned int ifindex, unsigned int vid, struct vlan_membership *membership)
{
	struct question question = {ifindex, vid, membership};

	return netlink_dump(NETLINK_ROUTE, vlans_request, reset_membership, parse_vlans, &question);
}
