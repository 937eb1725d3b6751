// SPDX-License-Identifier: GPL-2.0-or-later
/* Bridges, through rtnetlink. */
#include "bridge.h"
#include "bridge_note.h"
#include "cleanup.h"
#include "link.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>

static struct nla_policy bridge_policy[IFLA_BR_MAX + 1] = {
	[IFLA_BR_STP_STATE] = {.type = NLA_U32},
	[IFLA_BR_VLAN_FILTERING] = {.type = NLA_U8},
	[IFLA_BR_VLAN_DEFAULT_PVID] = {.type = NLA_U16},
	[IFLA_BR_FORWARD_DELAY] = {.type = NLA_U32},
	[IFLA_BR_HELLO_TIME] = {.type = NLA_U32},
	[IFLA_BR_HELLO_TIMER] = {.type = NLA_U64},
	[IFLA_BR_TOPOLOGY_CHANGE] = {.type = NLA_U8},
	[IFLA_BR_TOPOLOGY_CHANGE_DETECTED] = {.type = NLA_U8},
	[IFLA_BR_NF_CALL_IPTABLES] = {.type = NLA_U8},
	[IFLA_BR_NF_CALL_IP6TABLES] = {.type = NLA_U8},
};

/* A kernel without br_netfilter does not send all of them. */
static bool is_on(struct nlattr *attribute)
{
	return attribute && nla_get_u8(attribute) != 0;
}

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
	bridge->vlan_filtering = is_on(attributes[IFLA_BR_VLAN_FILTERING]);
	bridge->nf_call[IPV4] = is_on(attributes[IFLA_BR_NF_CALL_IPTABLES]);
	bridge->nf_call[IPV6] = is_on(attributes[IFLA_BR_NF_CALL_IP6TABLES]);
	if (attributes[IFLA_BR_VLAN_DEFAULT_PVID])
		bridge->default_pvid = nla_get_u16(attributes[IFLA_BR_VLAN_DEFAULT_PVID]);
	bridge->is_root = memcmp(&root, &own, sizeof(root)) == 0;
	/* The one is the root's word, the other what this bridge itself has seen and may not have
	 * told the root yet [linux net/bridge/br_stp.c, br_topology_change_detection()]. */
	bridge->topology_changes = is_on(attributes[IFLA_BR_TOPOLOGY_CHANGE]) ||
				   is_on(attributes[IFLA_BR_TOPOLOGY_CHANGE_DETECTED]);
	snprintf(bridge->root, sizeof(bridge->root), "%02x%02x.%02x%02x%02x%02x%02x%02x",
		root.prio[0], root.prio[1], root.addr[0], root.addr[1], root.addr[2], root.addr[3],
		root.addr[4], root.addr[5]);
	return 0;
}

int bridge_parse(struct nlmsghdr *header, void *argument)
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
	bridge->down = !(link->ifi_flags & IFF_UP);
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
	return link_get(0, name, bridge_parse, bridge);
}

int bridge_read(unsigned int ifindex, struct bridge_state *bridge)
{
	*bridge = (struct bridge_state){.kind = BRIDGE_ABSENT};
	return link_get(ifindex, NULL, bridge_parse, bridge);
}

/* Set one attribute of a bridge. */
static int set_bridge(unsigned int ifindex, int attribute, uint32_t value)
{
	CLEANUP(cleanup_nl_msg)
	struct nl_msg *request = link_bridge_request(ifindex, attribute, value);

	return request ? netlink_call(NETLINK_ROUTE, request, NULL, NULL) : -ENOMEM;
}

/* Set and read back. */
static int set_forward_delay(unsigned int ifindex, unsigned int delay)
{
	struct bridge_state now;
	int result = set_bridge(ifindex, IFLA_BR_FORWARD_DELAY, delay);

	if (result == 0)
		result = bridge_read(ifindex, &now);
	if (result == 0 && now.forward_delay != delay)
		result = -EPROTO;
	return result;
}

/* Where there can be no notes it is set all the same. */
int host_bridge_set_forward_delay(unsigned int ifindex, unsigned int delay, int *noted)
{
	struct bridge_history history;
	CLEANUP(cleanup_fd) int lock = bridge_lock(ifindex, true, &history);

	*noted = lock < 0 ? lock : bridge_note_delay(ifindex, delay, &history);
	int result = set_forward_delay(ifindex, delay);
	if (result == 0 && lock >= 0)
		bridge_note_delay_done(ifindex, delay, &history);
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

int host_bridge_stp_off(unsigned int ifindex)
{
	struct bridge_history history;
	CLEANUP(cleanup_fd) int lock = bridge_lock(ifindex, true, &history);
	int result = host_bridge_set_stp(ifindex, false);

	if (result == 0 && lock >= 0)
		bridge_note_stp(ifindex, &history);
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
