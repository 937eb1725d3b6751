// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Bridges, through rtnetlink.
 *
 * The nests of a bridge's attributes are built and read by hand: libnl 3.7 has no accessors for STP
 * state, forward delay and root id, and its rtnl_link_change() may report success for a change
 * that it did not make. A change is RTM_NEWLINK without NLM_F_CREATE: RTM_SETLINK ignores
 * IFLA_LINKINFO [linux net/core/rtnetlink.c, do_setlink() and __rtnl_newlink()].
 */
#include "cleanup.h"
#include "host.h"
#include "netlink.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>
#include <string.h>

/* A dump of many ports is interrupted by any link that comes or goes on the host. */
#define DUMP_ATTEMPTS 20

static struct nla_policy link_policy[IFLA_MAX + 1] = {
	[IFLA_IFNAME] = {.type = NLA_STRING, .maxlen = IFNAME_SIZE},
	[IFLA_MASTER] = {.type = NLA_U32},
	[IFLA_LINKINFO] = {.type = NLA_NESTED},
};

static struct nla_policy info_policy[IFLA_INFO_MAX + 1] = {
	[IFLA_INFO_KIND] = {.type = NLA_STRING},
	[IFLA_INFO_DATA] = {.type = NLA_NESTED},
};

static struct nla_policy bridge_policy[IFLA_BR_MAX + 1] = {
	[IFLA_BR_STP_STATE] = {.type = NLA_U32},
	[IFLA_BR_FORWARD_DELAY] = {.type = NLA_U32},
};

static struct nla_policy tun_policy[IFLA_TUN_MAX + 1] = {
	[IFLA_TUN_VNET_HDR] = {.type = NLA_U8},
};

static int parse_bridge_data(struct nlattr *data, struct bridge_state *bridge)
{
	struct nlattr *attributes[IFLA_BR_MAX + 1];
	struct ifla_bridge_id root;
	struct ifla_bridge_id own;

	if (nla_parse_nested(attributes, IFLA_BR_MAX, data, bridge_policy) < 0)
		return -EPROTO;
	if (!attributes[IFLA_BR_STP_STATE] || !attributes[IFLA_BR_FORWARD_DELAY] ||
		!attributes[IFLA_BR_ROOT_ID] || !attributes[IFLA_BR_BRIDGE_ID])
		return -EPROTO;
	if (nla_memcpy(&root, attributes[IFLA_BR_ROOT_ID], sizeof(root)) != sizeof(root) ||
		nla_memcpy(&own, attributes[IFLA_BR_BRIDGE_ID], sizeof(own)) != sizeof(own))
		return -EPROTO;

	bridge->stp = (enum bridge_stp)nla_get_u32(attributes[IFLA_BR_STP_STATE]);
	bridge->forward_delay = nla_get_u32(attributes[IFLA_BR_FORWARD_DELAY]);
	bridge->is_root = memcmp(&root, &own, sizeof(root)) == 0;
	snprintf(bridge->root, sizeof(bridge->root), "%02x%02x.%02x%02x%02x%02x%02x%02x",
		root.prio[0], root.prio[1], root.addr[0], root.addr[1], root.addr[2], root.addr[3],
		root.addr[4], root.addr[5]);
	return 0;
}

/* A device's kind ("bridge", "tun", ...), or "" for one without, such as a network card; *@data
 * gets the attributes of the kind, or NULL. */
static const char *link_kind(struct nlattr *link_info, struct nlattr **data)
{
	struct nlattr *attributes[IFLA_INFO_MAX + 1];

	*data = NULL;
	if (!link_info || nla_parse_nested(attributes, IFLA_INFO_MAX, link_info, info_policy) < 0 ||
		!attributes[IFLA_INFO_KIND])
		return "";
	*data = attributes[IFLA_INFO_DATA];
	return nla_get_string(attributes[IFLA_INFO_KIND]);
}

static int parse_bridge(struct nlmsghdr *header, void *argument)
{
	struct bridge_state *bridge = argument;
	const struct ifinfomsg *link = nlmsg_data(header);
	struct nlattr *attributes[IFLA_MAX + 1];
	struct nlattr *data;

	if (header->nlmsg_type != RTM_NEWLINK)
		return 0;
	if (nlmsg_parse(header, sizeof(*link), attributes, IFLA_MAX, link_policy) < 0 ||
		!attributes[IFLA_IFNAME])
		return -EPROTO;
	/* The name that was asked for may be an alternative one, which no rule matches. */
	nla_strlcpy(bridge->name, attributes[IFLA_IFNAME], sizeof(bridge->name));
	const char *kind = link_kind(attributes[IFLA_LINKINFO], &data);
	bridge->ifindex = (unsigned int)link->ifi_index;
	if (strcmp(kind, "bridge") == 0 && data) {
		bridge->kind = BRIDGE_LINUX;
		return parse_bridge_data(data, bridge);
	}
	bridge->kind = strcmp(kind, "openvswitch") == 0 ? BRIDGE_OPENVSWITCH : BRIDGE_NOT_A_BRIDGE;
	return 0;
}

/* Ask about one link; the answer is spared the statistics of IPv6. */
static int get_link(unsigned int ifindex, const char *name, struct bridge_state *bridge)
{
	struct ifinfomsg link = {.ifi_index = (int)ifindex};
	CLEANUP(cleanup_nl_msg)
	struct nl_msg *request =
		netlink_request(RTM_GETLINK, NLM_F_REQUEST | NLM_F_ACK, &link, sizeof(link));

	if (!request || nla_put_u32(request, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS) < 0 ||
		(name && nla_put_string(request, IFLA_IFNAME, name) < 0))
		return -ENOMEM;
	return netlink_call(NETLINK_ROUTE, request, parse_bridge, bridge);
}

int host_bridge_get(const char *name, struct bridge_state *bridge)
{
	*bridge = (struct bridge_state){.kind = BRIDGE_ABSENT};
	memcpy(bridge->name, name, strlen(name) + 1);
	int result = get_link(0, name, bridge);
	return result == -ENODEV ? 0 : result;
}

/* "vnet" and digits: libvirt refuses such a name to users [libvirt VIR_NET_GENERATED_VNET_PREFIX]
 */
static bool is_libvirt_tap(const char *name)
{
	static const char prefix[] = "vnet";
	size_t length = strlen(prefix);

	return strncmp(name, prefix, length) == 0 && name[length] &&
	       strspn(name + length, "0123456789") == strlen(name + length);
}

static bool is_guest_port(const char *name, struct nlattr *link_info)
{
	struct nlattr *data;
	struct nlattr *attributes[IFLA_TUN_MAX + 1];

	if (strcmp(link_kind(link_info, &data), "tun") != 0)
		return false;
	if (is_libvirt_tap(name))
		return true;
	if (!data || nla_parse_nested(attributes, IFLA_TUN_MAX, data, tun_policy) < 0 ||
		!attributes[IFLA_TUN_VNET_HDR])
		return false;
	return nla_get_u8(attributes[IFLA_TUN_VNET_HDR]) != 0;
}

static int parse_port(struct nlmsghdr *header, void *argument)
{
	struct bridge_state *bridge = argument;
	struct nlattr *attributes[IFLA_MAX + 1];

	if (nlmsg_parse(header, sizeof(struct ifinfomsg), attributes, IFLA_MAX, link_policy) < 0 ||
		!attributes[IFLA_IFNAME])
		return -EPROTO;
	/* A kernel that does not know the filter sends every link. */
	if (!attributes[IFLA_MASTER] || nla_get_u32(attributes[IFLA_MASTER]) != bridge->ifindex)
		return 0;
	if (is_guest_port(nla_get_string(attributes[IFLA_IFNAME]), attributes[IFLA_LINKINFO]))
		bridge->guest_ports++;
	else
		bridge->other_ports++;
	return 0;
}

static int dump_ports(struct bridge_state *bridge)
{
	struct ifinfomsg link = {0};
	CLEANUP(cleanup_nl_msg)
	struct nl_msg *request =
		netlink_request(RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP, &link, sizeof(link));

	if (!request || nla_put_u32(request, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS) < 0 ||
		nla_put_u32(request, IFLA_MASTER, bridge->ifindex) < 0)
		return -ENOMEM;
	bridge->guest_ports = 0;
	bridge->other_ports = 0;
	return netlink_call(NETLINK_ROUTE, request, parse_port, bridge);
}

int host_bridge_count_ports(struct bridge_state *bridge)
{
	int result = -EAGAIN;

	for (int attempt = 0; result == -EAGAIN && attempt < DUMP_ATTEMPTS; attempt++)
		result = dump_ports(bridge);
	bridge->ports_known = result == 0;
	return result;
}

/* Set one u32 attribute of a bridge; all or nothing is done. */
static int set_bridge(unsigned int ifindex, int attribute, uint32_t value)
{
	struct ifinfomsg link = {.ifi_index = (int)ifindex};
	CLEANUP(cleanup_nl_msg)
	struct nl_msg *request =
		netlink_request(RTM_NEWLINK, NLM_F_REQUEST | NLM_F_ACK, &link, sizeof(link));

	if (!request)
		return -ENOMEM;
	struct nlattr *info = nla_nest_start(request, IFLA_LINKINFO);
	if (!info || nla_put_string(request, IFLA_INFO_KIND, "bridge") < 0)
		return -ENOMEM;
	struct nlattr *data = nla_nest_start(request, IFLA_INFO_DATA);
	if (!data || nla_put_u32(request, attribute, value) < 0)
		return -ENOMEM;
	nla_nest_end(request, data);
	nla_nest_end(request, info);
	return netlink_call(NETLINK_ROUTE, request, NULL, NULL);
}

int host_bridge_set_forward_delay(unsigned int ifindex, unsigned int delay)
{
	struct bridge_state now = {0};
	int result = set_bridge(ifindex, IFLA_BR_FORWARD_DELAY, delay);

	if (result == 0)
		result = get_link(ifindex, NULL, &now);
	if (result == 0 && now.forward_delay != delay)
		result = -EPROTO;
	return result;
}

int host_bridge_stp_off(unsigned int ifindex)
{
	struct bridge_state now = {0};
	int result = set_bridge(ifindex, IFLA_BR_STP_STATE, STP_OFF);

	if (result == 0)
		result = get_link(ifindex, NULL, &now);
	if (result == 0 && now.stp != STP_OFF)
		result = -EPROTO;
	return result;
}

bool host_has_vhost_net(void)
{
	return access("/dev/vhost-net", F_OK) == 0;
}
