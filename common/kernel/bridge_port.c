// SPDX-License-Identifier: GPL-2.0-or-later
/* Ports of bridges, through rtnetlink. edge_port.c changes their state. */
#include "bridge_port.h"

#include "cleanup.h"
#include "clock.h"
#include "link.h"

#include <errno.h>
#include <linux/if_bridge.h>
#include <linux/if_tun.h>
#include <linux/neighbour.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct nla_policy port_policy[IFLA_BRPORT_MAX + 1] = {
	[IFLA_BRPORT_STATE] = {.type = NLA_U8},
	[IFLA_BRPORT_GUARD] = {.type = NLA_U8},
	[IFLA_BRPORT_BCAST_FLOOD] = {.type = NLA_U8},
	[IFLA_BRPORT_ISOLATED] = {.type = NLA_U8},
	[IFLA_BRPORT_FORWARD_DELAY_TIMER] = {.type = NLA_U64},
};

static struct nla_policy tun_policy[IFLA_TUN_MAX + 1] = {
	[IFLA_TUN_VNET_HDR] = {.type = NLA_U8},
};

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

/* A flag that older kernels do not have. */
static bool is_set(const struct nlattr *attribute, bool otherwise)
{
	return attribute ? nla_get_u8(attribute) != 0 : otherwise;
}

int bridge_port_parse(struct nlmsghdr *header, void *argument)
{
	struct bridge_port *port = argument;
	const struct ifinfomsg *link = nlmsg_data(header);
	struct nlattr *attributes[IFLA_MAX + 1];
	struct nlattr *port_attributes[IFLA_BRPORT_MAX + 1];
	struct nlattr *data;

	if (header->nlmsg_type != RTM_NEWLINK)
		return 0;
	if (link_parse(header, attributes) < 0)
		return -EPROTO;
	nla_strlcpy(port->name, attributes[IFLA_IFNAME], sizeof(port->name));
	port->ifindex = (unsigned int)link->ifi_index;
	port->macvtap = strcmp(link_kind(attributes[IFLA_LINKINFO], &data), "macvtap") == 0;
	port->tap = strcmp(link_kind(attributes[IFLA_LINKINFO], &data), "tun") == 0;
	if (!attributes[IFLA_MASTER] || !attributes[IFLA_ADDRESS] ||
		strcmp(link_slave_kind(attributes[IFLA_LINKINFO], &data), "bridge") != 0)
		return 0;
	if (!data || nla_parse_nested(port_attributes, IFLA_BRPORT_MAX, data, port_policy) < 0 ||
		!port_attributes[IFLA_BRPORT_STATE] || !port_attributes[IFLA_BRPORT_GUARD] ||
		!port_attributes[IFLA_BRPORT_FORWARD_DELAY_TIMER])
		return -EPROTO;
	nla_memcpy(port->mac, attributes[IFLA_ADDRESS], sizeof(port->mac));
	port->bridge = nla_get_u32(attributes[IFLA_MASTER]);
	port->state = (enum port_state)nla_get_u8(port_attributes[IFLA_BRPORT_STATE]);
	port->forward_timer =
		(unsigned int)nla_get_u64(port_attributes[IFLA_BRPORT_FORWARD_DELAY_TIMER]);
	port->bpdu_guard = nla_get_u8(port_attributes[IFLA_BRPORT_GUARD]) != 0;
	port->isolated = is_set(port_attributes[IFLA_BRPORT_ISOLATED], false);
	port->no_broadcasts = !is_set(port_attributes[IFLA_BRPORT_BCAST_FLOOD], true);
	port->guest = is_guest_port(port->name, attributes[IFLA_LINKINFO]);
	return 0;
}

static int get_port(unsigned int ifindex, const char *name, struct bridge_port *port)
{
	*port = (struct bridge_port){0};
	int result = link_get(ifindex, name, bridge_port_parse, port);
	return result == -ENODEV ? 0 : result;
}

int host_port_get(const char *name, struct bridge_port *port)
{
	return get_port(0, name, port);
}

int host_port_get_index(unsigned int ifindex, struct bridge_port *port)
{
	return get_port(ifindex, NULL, port);
}

/* What a bridge knows of an address. */
struct entry {
	unsigned int bridge; /* of a dump: whose entries */
	const unsigned char *mac;
	unsigned int ifindex; /* the port's, or the bridge's own; 0 if it is not known */
	bool local;           /* frames for it go to the host */
};

static struct nla_policy neighbour_policy[NDA_MAX + 1] = {
	[NDA_LLADDR] = {.minlen = MAC_SIZE},
	[NDA_MASTER] = {.type = NLA_U32},
};

static int parse_entry(struct nlmsghdr *header, void *argument)
{
	const struct ndmsg *neighbour = nlmsg_data(header);
	struct entry *entry = argument;

	if (header->nlmsg_type == RTM_NEWNEIGH &&
		nlmsg_datalen(header) >= (int)sizeof(*neighbour)) {
		entry->ifindex = (unsigned int)neighbour->ndm_ifindex;
		entry->local = neighbour->ndm_state & NUD_PERMANENT;
	}
	return 0;
}

/* Where a bridge sends what is for an address, in no VLAN [linux net/core/rtnetlink.c,
 * rtnl_fdb_get(), since 5.0]. */
static int look_up_address(struct entry *entry)
{
	struct ndmsg neighbour = {.ndm_family = AF_BRIDGE};
	CLEANUP(cleanup_nl_msg)
	struct nl_msg *request = netlink_request(
		RTM_GETNEIGH, NLM_F_REQUEST | NLM_F_ACK, &neighbour, sizeof(neighbour));

	if (!request || nla_put(request, NDA_LLADDR, MAC_SIZE, entry->mac) < 0 ||
		nla_put_u32(request, NDA_MASTER, entry->bridge) < 0)
		return -ENOMEM;
	int result = netlink_call(NETLINK_ROUTE, request, parse_entry, entry);
	return result == -ENOENT ? 0 : result;
}

int host_port_find(unsigned int bridge, const unsigned char mac[MAC_SIZE], struct bridge_port *port)
{
	struct entry entry = {.bridge = bridge, .mac = mac};

	*port = (struct bridge_port){0};
	int result = look_up_address(&entry);
	if (result == 0 && entry.ifindex)
		result = host_port_get_index(entry.ifindex, port);
	/* Any guest can send from any address; a port's own is not to be had that way. */
	if (port->bridge != bridge || memcmp(port->mac, mac, MAC_SIZE) != 0)
		*port = (struct bridge_port){0};
	return result;
}

/* The same address may be in several VLANs; that the host has it counts most. */
static int parse_dumped_entry(struct nlmsghdr *header, void *argument)
{
	struct nlattr *attributes[NDA_MAX + 1];
	struct entry *entry = argument;

	if (header->nlmsg_type != RTM_NEWNEIGH)
		return 0;
	if (nlmsg_parse(header, sizeof(struct ndmsg), attributes, NDA_MAX, neighbour_policy) < 0)
		return -EPROTO;
	/* A device's own list of addresses has no bridge; a kernel that does not know the filter
	 * sends all bridges' entries. */
	if (!attributes[NDA_LLADDR] || !attributes[NDA_MASTER] ||
		nla_get_u32(attributes[NDA_MASTER]) != entry->bridge ||
		memcmp(nla_data(attributes[NDA_LLADDR]), entry->mac, MAC_SIZE) != 0 || entry->local)
		return 0;
	return parse_entry(header, entry);
}

/* It is asked with the header of a link [linux net/core/rtnetlink.c, valid_fdb_dump_legacy()]. */
static struct nl_msg *entries_request(const void *argument)
{
	const struct entry *entry = argument;
	struct ifinfomsg link = {.ifi_family = AF_BRIDGE};
	struct nl_msg *request =
		netlink_request(RTM_GETNEIGH, NLM_F_REQUEST | NLM_F_DUMP, &link, sizeof(link));

	if (request && nla_put_u32(request, IFLA_MASTER, entry->bridge) >= 0)
		return request;
	nlmsg_free(request);
	return NULL;
}

static void reset_entry(void *argument)
{
	struct entry *entry = argument;

	entry->ifindex = 0;
	entry->local = false;
}

/* In a bridge that filters VLANs, an entry is of a VLAN, which one is not known here: then all
 * entries are asked for. */
int host_bridge_find_mac(
	unsigned int bridge, const unsigned char mac[MAC_SIZE], unsigned int *ifindex)
{
	struct entry entry = {.bridge = bridge, .mac = mac};
	int result = look_up_address(&entry);

	if (result == 0 && !entry.ifindex)
		result = netlink_dump(
			NETLINK_ROUTE, entries_request, reset_entry, parse_dumped_entry, &entry);
	*ifindex = entry.local ? bridge : entry.ifindex;
	return result;
}

int host_port_set_bpdu_guard(unsigned int port)
{
	CLEANUP(cleanup_nl_msg)
	struct nl_msg *request = link_port_request(port, IFLA_BRPORT_GUARD, true);
	struct bridge_port now;

	if (!request)
		return -ENOMEM;
	int result = netlink_call(NETLINK_ROUTE, request, NULL, NULL);
	if (result == 0)
		result = host_port_get_index(port, &now);
	if (result == 0 && !now.bpdu_guard)
		result = -EPROTO;
	return result;
}

int host_watch(void)
{
	return netlink_listen(RTMGRP_LINK);
}

/* True if one of the messages is about the bridge or a port of it. */
static bool is_about(struct nlmsghdr *header, int length, unsigned int bridge)
{
	for (; nlmsg_ok(header, length); header = nlmsg_next(header, &length)) {
		const struct ifinfomsg *link = nlmsg_data(header);
		struct nlattr *attributes[IFLA_MAX + 1];
		if (link_parse(header, attributes) == 0 &&
			((unsigned int)link->ifi_index == bridge ||
				(attributes[IFLA_MASTER] &&
					nla_get_u32(attributes[IFLA_MASTER]) == bridge)))
			return true;
	}
	return false;
}

/* What was dropped because the socket's buffer was full (ENOBUFS) may have been about it. */
static bool read_changes(int watch, unsigned int bridge)
{
	_Alignas(struct nlmsghdr) char messages[16384];
	bool found = false;

	for (;;) {
		ssize_t length = recv(watch, messages, sizeof(messages), 0);
		if (length < 0 && errno != ENOBUFS)
			return found;
		found = found || length < 0 ||
			is_about((struct nlmsghdr *)messages, (int)length, bridge);
	}
}

void host_watch_wait(int watch, unsigned int bridge, int timeout)
{
	struct pollfd poll_watch = {.fd = watch, .events = POLLIN};
	long long end = clock_now() + timeout * NANOSECONDS_PER_MILLISECOND;

	do {
		long long left = (end - clock_now()) / NANOSECONDS_PER_MILLISECOND;
		if (left <= 0 || poll(&poll_watch, 1, (int)left) <= 0)
			return;
	} while (!read_changes(watch, bridge));
}
