// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A tap that is a port of a bridge, made as libvirt makes a guest's.
 *
 * The bridge is not to change. It takes the lowest MAC address of its ports unless one was set, so
 * the tap's own is a high one; and it takes the smallest MTU unless one was set, so the tap's is
 * the bridge's before it becomes a port [linux net/bridge/br_stp_if.c,
 * br_stp_recalculate_bridge_id(); br_if.c, br_mtu_auto_adjust()].
 *
 * A bridge without ports changes with the first that it gets, as with a guest's: it takes its MAC
 * address unless one was set, and the kernel gives it the link-local address that a bridge without
 * carrier has not; and when that port goes it has MTU 1500 unless one was set after it was made.
 */
#include "card.h"

#include "bridge.h"
#include "cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_bridge.h>
#include <linux/if_tun.h>
#include <linux/neighbour.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

/* What the tap has to know of its bridge. */
struct home {
	struct bridge_state bridge;
	uint32_t mtu;
};

static int parse_home(struct nlmsghdr *header, void *argument)
{
	struct home *home = argument;
	struct nlattr *attributes[IFLA_MAX + 1];
	int result = bridge_parse(header, &home->bridge);

	if (result != 0 || header->nlmsg_type != RTM_NEWLINK)
		return result;
	if (link_parse(header, attributes) < 0 || !attributes[IFLA_MTU])
		return -EPROTO;
	home->mtu = nla_get_u32(attributes[IFLA_MTU]);
	return 0;
}

/* Other devices take ports, too: bonds. */
static int read_home(unsigned int bridge, struct home *home)
{
	int result = link_get(bridge, NULL, parse_home, home);

	return result == 0 && home->bridge.kind != BRIDGE_LINUX ? -EOPNOTSUPP : result;
}

/* It is down. The kernel puts a number that is free into its name. */
static int make_tap(struct card *card)
{
	struct ifreq request = {
		.ifr_name = CARD_NAME "%d", .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR};

	card->fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (card->fd < 0 || ioctl(card->fd, TUNSETIFF, &request) < 0)
		return -errno;
	memcpy(card->name, request.ifr_name, IFNAME_SIZE - 1);
	return card_find(card);
}

/* libvirt changes the first byte of a guest's (tap_mac()). Other ports may have a random address,
 * which may begin likewise, so this is higher; and never that of the frames, which the bridge would
 * take for its own. */
static int set_own_mac(const struct card_wish *wish, unsigned int ifindex)
{
	unsigned char mac[MAC_SIZE] = {TAP_MAC_FIRST, 0xff, 0xff};

	memcpy(&mac[3], &wish->mac[3], MAC_SIZE - 3);
	if (memcmp(mac, wish->mac, MAC_SIZE) == 0)
		mac[3] ^= 0x80;
	return card_set_mac(ifindex, mac);
}

/* RTM_SETLINK adds a VLAN to a port, RTM_DELLINK takes it away [linux net/bridge/br_netlink.c,
 * br_setlink(), br_dellink()]. */
static int change_vlan(unsigned int port, int type, unsigned int vid, unsigned int flags)
{
	struct ifinfomsg link = {.ifi_family = AF_BRIDGE, .ifi_index = (int)port};
	struct bridge_vlan_info info = {.flags = (uint16_t)flags, .vid = (uint16_t)vid};
	CLEANUP(cleanup_nl_msg)
	struct nl_msg *request =
		netlink_request(type, NLM_F_REQUEST | NLM_F_ACK, &link, sizeof(link));
	struct nlattr *nest = request ? nla_nest_start(request, IFLA_AF_SPEC) : NULL;

	if (!nest || nla_put(request, IFLA_BRIDGE_VLAN_INFO, sizeof(info), &info) < 0)
		return -ENOMEM;
	nla_nest_end(request, nest);
	return netlink_call(NETLINK_ROUTE, request, NULL, NULL);
}

/* A new port is in the bridge's default VLAN. */
static int join_vlan(unsigned int port, unsigned int vid, unsigned int default_pvid)
{
	struct vlan_membership membership = {0};
	int result = change_vlan(
		port, RTM_SETLINK, vid, BRIDGE_VLAN_INFO_PVID | BRIDGE_VLAN_INFO_UNTAGGED);

	if (result == 0 && default_pvid && default_pvid != vid)
		result = change_vlan(port, RTM_DELLINK, default_pvid, 0);
	if (result == 0)
		result = host_vlan_get(port, vid, &membership);
	if (result == 0 && (membership.pvid != vid || !membership.untagged))
		result = -EPROTO;
	return result == -EOPNOTSUPP ? 0 : result;
}

static int set_port(unsigned int port, int attribute, uint8_t value)
{
	CLEANUP(cleanup_nl_msg)
	struct nl_msg *request = link_port_request(port, attribute, value);

	return request ? netlink_call(NETLINK_ROUTE, request, NULL, NULL) : -ENOMEM;
}

/* An entry that stays until the port goes; not if another port has that address [libvirt
 * src/util/virnetdevbridge.c, virNetDevBridgeFDBAddDel()]. */
static int add_entry(unsigned int port, const unsigned char mac[MAC_SIZE])
{
	struct ndmsg neighbour = {
		.ndm_family = AF_BRIDGE,
		.ndm_ifindex = (int)port,
		.ndm_state = NUD_NOARP | NUD_REACHABLE,
		.ndm_flags = NTF_MASTER,
	};
	CLEANUP(cleanup_nl_msg)
	struct nl_msg *request =
		netlink_request(RTM_NEWNEIGH, NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL,
			&neighbour, sizeof(neighbour));

	if (!request || nla_put(request, NDA_LLADDR, MAC_SIZE, mac) < 0)
		return -ENOMEM;
	return netlink_call(NETLINK_ROUTE, request, NULL, NULL);
}

/* [libvirt src/qemu/qemu_interface.c, qemuInterfaceStartDevice(), where the bridge has
 * macTableManager='libvirt'] */
static int manage_entries(const struct card_wish *wish, unsigned int port)
{
	int result = set_port(port, IFLA_BRPORT_LEARNING, false);

	if (result == 0)
		result = set_port(port, IFLA_BRPORT_UNICAST_FLOOD, false);
	return result == 0 ? add_entry(port, wish->mac) : result;
}

static int plug_in(const struct card_wish *wish, unsigned int port, const struct home *home)
{
	int result = card_set_number(port, IFLA_MASTER, wish->bridge);

	if (result == 0 && wish->vlan)
		result = join_vlan(port, wish->vlan, home->bridge.default_pvid);
	if (result == 0 && wish->isolated)
		result = set_port(port, IFLA_BRPORT_ISOLATED, true);
	if (result == 0 && wish->fdb_entry)
		result = manage_entries(wish, port);
	return result == 0 ? card_set_up(port) : result;
}

int card_tap_open(const struct card_wish *wish, struct card *card)
{
	struct home home = {0};
	int result = read_home(wish->bridge, &home);

	if (result == 0)
		result = make_tap(card);
	if (result == 0)
		result = card_set_header(card->fd, wish->partial);
	if (result == 0)
		result = set_own_mac(wish, card->ifindex);
	if (result == 0)
		result = card_set_number(card->ifindex, IFLA_MTU, home.mtu);
	if (result == 0)
		result = card_set_no_address(card->ifindex);
	return result == 0 ? plug_in(wish, card->ifindex, &home) : result;
}
