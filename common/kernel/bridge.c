// SPDX-License-Identifier: GPL-2.0-or-later
/* Bridges, through rtnetlink. */
#include "bridge.h"
#include "cleanup.h"
#include "link.h"

#include <errno.h>
#include <linux/if_tun.h>
#include <string.h>

static struct nla_policy bridge_policy[IFLA_BR_MAX + 1] = {
	[IFLA_BR_STP_STATE] = {.type = NLA_U32},
	[IFLA_BR_FORWARD_DELAY] = {.type = NLA_U32},
	[IFLA_BR_HELLO_TIME] = {.type = NLA_U32},
	[IFLA_BR_HELLO_TIMER] = {.type = NLA_U64},
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
		!attributes[IFLA_BR_HELLO_TIME] || !attributes[IFLA_BR_HELLO_TIMER] ||
		!attributes[IFLA_BR_ROOT_ID] || !attributes[IFLA_BR_BRIDGE_ID])
		return -EPROTO;
	if (nla_memcpy(&root, attributes[IFLA_BR_ROOT_ID], sizeof(root)) != sizeof(root) ||
		nla_memcpy(&own, attributes[IFLA_BR_BRIDGE_ID], sizeof(own)) != sizeof(own))
		return -EPROTO;

	bridge->stp = (enum bridge_stp)nla_get_u32(attributes[IFLA_BR_STP_STATE]);
	bridge->forward_delay = nla_get_u32(attributes[IFLA_BR_FORWARD_DELAY]);
	bridge->hello_time = nla_get_u32(attributes[IFLA_BR_HELLO_TIME]);
	bridge->hello_timer = (unsigned int)nla_get_u64(attributes[IFLA_BR_HELLO_TIMER]);
	bridge->is_root = memcmp(&root, &own, sizeof(root)) == 0;
	snprintf(bridge->root, sizeof(bridge->root), "%02x%02x.%02x%02x%02x%02x%02x%02x",
		root.prio[0], root.prio[1], root.addr[0], root.addr[1], root.addr[2], root.addr[3],
		root.addr[4], root.addr[5]);
	return 0;
}

static int parse_bridge(struct nlmsghdr *header, void *argument)
{
	struct bridge_state *bridge = argument;
	const struct ifinfomsg *link = nlmsg_data(header);
	struct nlattr *attributes[IFLA_MAX + 1];
	struct nlattr *data;

	if (header->nlmsg_type != RTM_NEWLINK)
		return 0;
	if (link_parse(header, attributes) < 0)
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

int bridge_read_named(const char *name, struct bridge_state *bridge)
{
	*bridge = (struct bridge_state){.kind = BRIDGE_ABSENT};
	memcpy(bridge->name, name, strlen(name) + 1);
	return link_get(0, name, parse_bridge, bridge);
}

int bridge_read(unsigned int ifindex, struct bridge_state *bridge)
{
	*bridge = (struct bridge_state){.kind = BRIDGE_ABSENT};
	return link_get(ifindex, NULL, parse_bridge, bridge);
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

	if (link_parse(header, attributes) < 0)
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

static struct nl_msg *ports_request(const void *argument)
{
	const struct bridge_state *bridge = argument;
	struct ifinfomsg link = {0};
	struct nl_msg *request =
		netlink_request(RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP, &link, sizeof(link));

	if (request && nla_put_u32(request, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS) >= 0 &&
		nla_put_u32(request, IFLA_MASTER, bridge->ifindex) >= 0)
		return request;
	nlmsg_free(request);
	return NULL;
}

static void reset_ports(void *argument)
{
	struct bridge_state *bridge = argument;

	bridge->guest_ports = 0;
	bridge->other_ports = 0;
}

int host_bridge_count_ports(struct bridge_state *bridge)
{
	int result = netlink_dump(NETLINK_ROUTE, ports_request, reset_ports, parse_port, bridge);

	bridge->ports_known = result == 0;
	return result;
}

/* Set one attribute of a bridge. */
static int set_bridge(unsigned int ifindex, int attribute, uint32_t value)
{
	CLEANUP(cleanup_nl_msg)
	struct nl_msg *request = link_bridge_request(ifindex, attribute, value);

	return request ? netlink_call(NETLINK_ROUTE, request, NULL, NULL) : -ENOMEM;
}

int host_bridge_set_forward_delay(unsigned int ifindex, unsigned int delay)
{
	struct bridge_state now;
	int result = set_bridge(ifindex, IFLA_BR_FORWARD_DELAY, delay);

	if (result == 0)
		result = bridge_read(ifindex, &now);
	if (result == 0 && now.forward_delay != delay)
		result = -EPROTO;
	return result;
}

int host_bridge_set_stp(unsigned int ifindex, bool on)
{
	struct bridge_state now;
	int result = set_bridge(ifindex, IFLA_BR_STP_STATE, on);

	if (result == 0)
		result = bridge_read(ifindex, &now);
	if (result == 0 && on != (now.stp != STP_OFF))
		result = -EPROTO;
	return result;
}

/* [linux net/bridge/br_private_stp.h, BR_STP_PROG] */
bool host_has_stp_program(void)
{
	return access("/sbin/bridge-stp", X_OK) == 0;
}

bool host_has_vhost_net(void)
{
	return access("/dev/vhost-net", F_OK) == 0;
}
