// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Macvlans and macvtaps on a lower device, through rtnetlink.
 *
 * Theory of operation
 *
 * The kernel walks all links of the host to find those of a kind, which is a few hundredths of a
 * microsecond for each. But when it is told what to leave out (IFLA_EXT_MASK), it first computes
 * how long a message about each of them would be, and that takes ten times as long [linux
 * net/core/rtnetlink.c, rtnl_calcit()]. So it is not told, and those few that are sent come with
 * their statistics.
 *
 * The first messages then have one page [NLMSG_GOODSIZE]. Where a link does not fit in, with many
 * alternative names or a macvlan's many MAC addresses, the dump ends there: with EMSGSIZE, or since
 * 6.10 as if there were no more [rtnl_dumpit()]. What comes later has more room, as much as we
 * receive at once [net/netlink/af_netlink.c, netlink_dump()]. So only a dump without any link is in
 * doubt, and that is done again with the mask.
 */
#include "alloc.h"
#include "cleanup.h"
#include "host.h"
#include "link.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct nla_policy macvlan_policy[IFLA_MACVLAN_MAX + 1] = {
	[IFLA_MACVLAN_MODE] = {.type = NLA_U32},
};

/* A device, and the one below if it is a macvlan or macvtap. */
struct device {
	struct lower_facts *lower;
	unsigned int below;
	bool below_is_elsewhere; /* in another namespace */
};

static int parse_device(struct nlmsghdr *header, void *argument)
{
	struct device *device = argument;
	const struct ifinfomsg *link = nlmsg_data(header);
	struct nlattr *attributes[IFLA_MAX + 1];
	struct nlattr *data;

	if (header->nlmsg_type != RTM_NEWLINK)
		return 0;
	if (link_parse(header, attributes) < 0)
		return -EPROTO;
	nla_strlcpy(device->lower->name, attributes[IFLA_IFNAME], sizeof(device->lower->name));
	device->lower->ifindex = (unsigned int)link->ifi_index;
	const char *kind = link_kind(attributes[IFLA_LINKINFO], &data);
	if (attributes[IFLA_LINK] &&
		(strcmp(kind, "macvlan") == 0 || strcmp(kind, "macvtap") == 0)) {
		device->below = nla_get_u32(attributes[IFLA_LINK]);
		device->below_is_elsewhere = attributes[IFLA_LINK_NETNSID] != NULL;
	}
	return 0;
}

int host_lower_device(const char *name, struct lower_facts *lower)
{
	struct device device = {.lower = lower};
	int result = link_get(0, name, parse_device, &device);

	if (result != 0 || device.below == 0)
		return result;
	return device.below_is_elsewhere ? -ENODEV
					 : link_get(device.below, NULL, parse_device, &device);
}

struct search {
	const char *kind;
	unsigned int lower;
	uint32_t mask;
	bool any; /* a link was sent, one of them or not */
	struct bridge_state *users;
	size_t count;
};

static bool is_bridge_mode(struct nlattr *data)
{
	struct nlattr *attributes[IFLA_MACVLAN_MAX + 1];

	return data && nla_parse_nested(attributes, IFLA_MACVLAN_MAX, data, macvlan_policy) >= 0 &&
	       attributes[IFLA_MACVLAN_MODE] &&
	       nla_get_u32(attributes[IFLA_MACVLAN_MODE]) == MACVLAN_MODE_BRIDGE;
}

static int parse_user(struct nlmsghdr *header, void *argument)
{
	struct search *search = argument;
	const struct ifinfomsg *link = nlmsg_data(header);
	struct nlattr *attributes[IFLA_MAX + 1];
	struct nlattr *data;

	search->any = true;
	if (link_parse(header, attributes) < 0)
		return -EPROTO;
	/* A kernel that does not know the filter sends every link; and a lower device of another
	 * namespace may have the same index. */
	if (!attributes[IFLA_LINK] || nla_get_u32(attributes[IFLA_LINK]) != search->lower ||
		attributes[IFLA_LINK_NETNSID] ||
		strcmp(link_kind(attributes[IFLA_LINKINFO], &data), search->kind) != 0 ||
		!is_bridge_mode(data))
		return 0;
	search->users = alloc_one_more(search->users, search->count, sizeof(*search->users));
	struct bridge_state *user = &search->users[search->count++];
	*user = (struct bridge_state){
		.kind = BRIDGE_MACVLAN, .ifindex = (unsigned int)link->ifi_index};
	nla_strlcpy(user->name, attributes[IFLA_IFNAME], sizeof(user->name));
	return 0;
}

static struct nl_msg *users_request(const void *argument)
{
	const struct search *search = argument;
	struct ifinfomsg link = {0};
	struct nlattr *info = NULL;
	struct nl_msg *request =
		netlink_request(RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP, &link, sizeof(link));

	if (request && (!search->mask || nla_put_u32(request, IFLA_EXT_MASK, search->mask) >= 0))
		info = nla_nest_start(request, IFLA_LINKINFO);
	if (!info || nla_put_string(request, IFLA_INFO_KIND, search->kind) < 0) {
		nlmsg_free(request);
		return NULL;
	}
	nla_nest_end(request, info);
	return request;
}

static void reset_users(void *argument)
{
	struct search *search = argument;

	search->count = 0;
}

static int dump_users(struct search *search)
{
	return netlink_dump(NETLINK_ROUTE, users_request, reset_users, parse_user, search);
}

static int parse_index(struct nlmsghdr *header, void *argument)
{
	const struct ifinfomsg *link = nlmsg_data(header);
	struct nlattr *attributes[IFLA_MAX + 1];
	unsigned int *ifindex = argument;

	if (header->nlmsg_type != RTM_NEWLINK)
		return 0;
	if (link_parse(header, attributes) < 0)
		return -EPROTO;
	*ifindex = (unsigned int)link->ifi_index;
	return 0;
}

/* That a device is absent is no error: nothing is on it. */
static int find_lower(const char *name, unsigned int *ifindex)
{
	int result = link_get(0, name, parse_index, ifindex);

	return result == -ENODEV ? 0 : result;
}

int host_macvlans_on(
	const char *lower, enum macvlan_kind kind, struct bridge_state **users, size_t *count)
{
	struct search search = {.kind = kind == MACVLAN_OF_HOST ? "macvlan" : "macvtap"};
	int result = find_lower(lower, &search.lower);

	if (result == 0 && search.lower)
		result = dump_users(&search);
	if (search.lower && (result == -EMSGSIZE || (result == 0 && !search.any))) {
		search.mask = RTEXT_FILTER_SKIP_STATS;
		result = dump_users(&search);
	}
	*users = search.users;
	*count = search.count;
	return result;
}

static int parse_mac(struct nlmsghdr *header, void *argument)
{
	struct nlattr *attributes[IFLA_MAX + 1];

	if (header->nlmsg_type != RTM_NEWLINK)
		return 0;
	if (link_parse(header, attributes) < 0 || !attributes[IFLA_ADDRESS] ||
		nla_len(attributes[IFLA_ADDRESS]) != MAC_SIZE)
		return -EPROTO;
	memcpy(argument, nla_data(attributes[IFLA_ADDRESS]), MAC_SIZE);
	return 0;
}

int host_macvlan_mac(unsigned int ifindex, unsigned char mac[MAC_SIZE])
{
	return link_get(ifindex, NULL, parse_mac, mac);
}

/* A device by its MAC address. */
struct wanted {
	const unsigned char *mac;
	unsigned int ifindex; /* 0 if there is none */
};

static void reset_wanted(void *argument)
{
	struct wanted *wanted = argument;

	wanted->ifindex = 0;
}

static int parse_wanted(struct nlmsghdr *header, void *argument)
{
	struct wanted *wanted = argument;
	const struct ifinfomsg *link = nlmsg_data(header);
	struct nlattr *attributes[IFLA_MAX + 1];

	if (header->nlmsg_type != RTM_NEWLINK)
		return 0;
	if (link_parse(header, attributes) < 0)
		return -EPROTO;
	if (attributes[IFLA_ADDRESS] && nla_len(attributes[IFLA_ADDRESS]) == MAC_SIZE &&
		memcmp(nla_data(attributes[IFLA_ADDRESS]), wanted->mac, MAC_SIZE) == 0)
		wanted->ifindex = (unsigned int)link->ifi_index;
	return 0;
}

int host_find_device(const unsigned char mac[MAC_SIZE], unsigned int *ifindex)
{
	struct wanted wanted = {.mac = mac};
	int result = link_dump(reset_wanted, parse_wanted, &wanted);

	*ifindex = wanted.ifindex;
	return result;
}
