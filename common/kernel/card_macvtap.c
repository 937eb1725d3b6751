// SPDX-License-Identifier: GPL-2.0-or-later
/* A macvtap on a parent device, made as libvirt makes a guest's. */
#include "card.h"

#include "cleanup.h"
#include "words.h"

#include <errno.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>

/* How many names are tried. */
#define ATTEMPTS 16

/* One in mode "passthrough" would be the only one on its parent device, whose MAC address it would
 * change [linux drivers/net/macvlan.c, macvlan_set_mac_address()]. */
static const struct word modes[] = {
	{"bridge", MACVLAN_MODE_BRIDGE},
	{"private", MACVLAN_MODE_PRIVATE},
	{"vepa", MACVLAN_MODE_VEPA},
	{NULL, 0},
};

static int put_kind(struct nl_msg *request, uint32_t mode)
{
	struct nlattr *info = nla_nest_start(request, IFLA_LINKINFO);
	if (!info || nla_put_string(request, IFLA_INFO_KIND, "macvtap") < 0)
		return -ENOMEM;
	struct nlattr *data = nla_nest_start(request, IFLA_INFO_DATA);
	if (!data || nla_put_u32(request, IFLA_MACVLAN_MODE, mode) < 0)
		return -ENOMEM;
	nla_nest_end(request, data);
	nla_nest_end(request, info);
	return 0;
}

static int create_macvtap(const struct card_wish *wish, const char *name, int mode)
{
	struct ifinfomsg link = {0};
	CLEANUP(cleanup_nl_msg)
	struct nl_msg *request = netlink_request(RTM_NEWLINK,
		NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, &link, sizeof(link));

	if (!request || nla_put_u32(request, IFLA_LINK, wish->parent) < 0 ||
		nla_put_string(request, IFLA_IFNAME, name) < 0 ||
		nla_put(request, IFLA_ADDRESS, MAC_SIZE, wish->mac) < 0 ||
		put_kind(request, (uint32_t)mode) < 0)
		return -ENOMEM;
	return netlink_call(NETLINK_ROUTE, request, NULL, NULL);
}

/* That no other process can think of, or the guardian would delete that one's. */
static int choose_name(char name[IFNAME_SIZE])
{
	unsigned int number;

	if (getrandom(&number, sizeof(number), 0) < 0)
		return -errno;
	snprintf(name, IFNAME_SIZE, CARD_NAME "%07x", number & 0xfffffffU);
	return 0;
}

/* The guardian knows of it before it is there. */
static int make_macvtap(const struct card_wish *wish, struct card *card, int mode)
{
	struct card_macvtap macvtap = {0};
	int result = -EEXIST;

	memcpy(macvtap.mac, wish->mac, MAC_SIZE);
	for (int attempt = 0; result == -EEXIST && attempt < ATTEMPTS; attempt++) {
		result = choose_name(macvtap.name);
		if (result == 0)
			result = card_guardian_tell(card->guardian, &macvtap);
		if (result == 0)
			result = create_macvtap(wish, macvtap.name, mode);
	}
	if (result == 0)
		memcpy(card->name, macvtap.name, IFNAME_SIZE);
	return result;
}

static struct card_macvtap macvtap_of(const struct card *card)
{
	struct card_macvtap macvtap = {.ifindex = card->ifindex};

	memcpy(macvtap.name, card->name, IFNAME_SIZE);
	memcpy(macvtap.mac, card->mac, MAC_SIZE);
	return macvtap;
}

/* From now on the guardian finds it by its index, whoever gives it another name. */
static int note_index(struct card *card)
{
	int result = card_find(card);
	const struct card_macvtap macvtap = macvtap_of(card);

	return result == 0 ? card_guardian_tell(card->guardian, &macvtap) : result;
}

static int open_macvtap(struct card *card, bool partial)
{
	struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR};

	memcpy(request.ifr_name, card->name, IFNAME_SIZE);
	card->fd = card_node_open(card->name, card->ifindex);
	if (card->fd < 0)
		return card->fd;
	return ioctl(card->fd, TUNSETIFF, &request) < 0 ? -errno
							: card_set_header(card->fd, partial);
}

int card_macvtap_open(const struct card_wish *wish, struct card *card)
{
	int mode = wish->mode ? word_value(modes, wish->mode, 0) : MACVLAN_MODE_VEPA;

	if (mode == 0)
		return -EOPNOTSUPP;
	card->guardian = card_guardian_start();
	int result = card->guardian < 0 ? card->guardian : make_macvtap(wish, card, mode);
	if (result == 0)
		result = note_index(card);
	if (result == 0)
		result = card_set_no_address(card->ifindex);
	if (result == 0)
		result = open_macvtap(card, wish->partial);
	return result == 0 ? card_set_up(card->ifindex) : result;
}

void card_macvtap_close(const struct card *card)
{
	const struct card_macvtap macvtap = macvtap_of(card);

	/* Somebody may have killed the guardian. */
	if (card_guardian_end(card->guardian) != 0 && *card->name)
		(void)card_macvtap_delete(&macvtap);
}
