// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A guest's card without a guest.
 *
 * Theory of operation
 *
 * A tap goes with its last descriptor, and so with the process; the bridge's port, its VLANs and
 * its entries of the forwarding table go with the tap. A macvtap stays, so a process of its own
 * waits for the end of this one and deletes it: card_guardian.c.
 *
 * All that can be set is set while the card is down: nothing is sent, and no bridge delays it, as
 * long as it is not what was wished for.
 */
#include "card.h"

#include "cleanup.h"

#include <errno.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

/* struct virtio_net_hdr_mrg_rxbuf [linux include/uapi/linux/virtio_net.h] */
#define HEADER_SIZE 12

static struct nl_msg *link_request(unsigned int ifindex, unsigned int flags)
{
	struct ifinfomsg link = {
		.ifi_index = (int)ifindex, .ifi_flags = flags, .ifi_change = flags};

	return netlink_request(RTM_NEWLINK, NLM_F_REQUEST | NLM_F_ACK, &link, sizeof(link));
}

static int parse_index(struct nlmsghdr *header, void *argument)
{
	const struct ifinfomsg *link = nlmsg_data(header);
	unsigned int *ifindex = argument;

	if (header->nlmsg_type == RTM_NEWLINK && nlmsg_datalen(header) >= (int)sizeof(*link))
		*ifindex = (unsigned int)link->ifi_index;
	return 0;
}

int card_find(struct card *card)
{
	return link_get(0, card->name, parse_index, &card->ifindex);
}

int card_set_number(unsigned int ifindex, int attribute, uint32_t value)
{
	CLEANUP(cleanup_nl_msg) struct nl_msg *request = link_request(ifindex, 0);

	if (!request || nla_put_u32(request, attribute, value) < 0)
		return -ENOMEM;
	return netlink_call(NETLINK_ROUTE, request, NULL, NULL);
}

int card_set_mac(unsigned int ifindex, const unsigned char mac[MAC_SIZE])
{
	CLEANUP(cleanup_nl_msg) struct nl_msg *request = link_request(ifindex, 0);

	if (!request || nla_put(request, IFLA_ADDRESS, MAC_SIZE, mac) < 0)
		return -ENOMEM;
	return netlink_call(NETLINK_ROUTE, request, NULL, NULL);
}

static int put_no_address(struct nl_msg *request)
{
	struct nlattr *spec = nla_nest_start(request, IFLA_AF_SPEC);
	if (!spec)
		return -ENOMEM;
	struct nlattr *ipv6 = nla_nest_start(request, AF_INET6);
	if (!ipv6 || nla_put_u8(request, IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE) < 0)
		return -ENOMEM;
	nla_nest_end(request, ipv6);
	nla_nest_end(request, spec);
	return 0;
}

int card_set_no_address(unsigned int ifindex)
{
	CLEANUP(cleanup_nl_msg) struct nl_msg *request = link_request(ifindex, 0);

	if (!request || put_no_address(request) < 0)
		return -ENOMEM;
	int result = netlink_call(NETLINK_ROUTE, request, NULL, NULL);
	/* Without IPv6 on this host, or at this device, there is nothing to keep away. */
	return result == -EAFNOSUPPORT ? 0 : result;
}

int card_set_up(unsigned int ifindex)
{
	CLEANUP(cleanup_nl_msg) struct nl_msg *request = link_request(ifindex, IFF_UP);

	return request ? netlink_call(NETLINK_ROUTE, request, NULL, NULL) : -ENOMEM;
}

int card_set_header(int fd, bool partial)
{
	int size = HEADER_SIZE;

	if (ioctl(fd, TUNSETVNETHDRSZ, &size) < 0 ||
		ioctl(fd, TUNSETOFFLOAD, partial ? TUN_F_CSUM : 0UL) < 0)
		return -errno;
	return 0;
}

int host_card_open(const struct card_wish *wish, struct card *card)
{
	*card = (struct card){.fd = -1, .guardian = -1};
	memcpy(card->mac, wish->mac, MAC_SIZE);
	return wish->bridge ? card_tap_open(wish, card) : card_macvtap_open(wish, card);
}

void host_card_close(struct card *card)
{
	if (card->fd >= 0)
		close(card->fd);
	if (card->guardian >= 0)
		card_macvtap_close(card);
	*card = (struct card){.fd = -1, .guardian = -1};
}
