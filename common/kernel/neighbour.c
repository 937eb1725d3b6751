// SPDX-License-Identifier: GPL-2.0-or-later
/* Who the host takes to have which address on its networks. */
#include "alloc.h"
#include "cleanup.h"
#include "host.h"
#include "netlink.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <string.h>
#include <sys/socket.h>

struct search {
	enum ip_family family;
	const unsigned char *address;
	const unsigned char *mac;
	unsigned int *devices; /* where it is believed */
	size_t count;
};

static unsigned char address_family(const struct search *search)
{
	return search->family == IPV4 ? AF_INET : AF_INET6;
}

static int address_size(const struct search *search)
{
	return search->family == IPV4 ? 4 : 16;
}

static struct nl_msg *dump_request(const void *argument)
{
	struct ndmsg neighbour = {.ndm_family = address_family(argument)};

	return netlink_request(
		RTM_GETNEIGH, NLM_F_REQUEST | NLM_F_DUMP, &neighbour, sizeof(neighbour));
}

static void reset(void *argument)
{
	struct search *search = argument;

	search->count = 0;
}

static bool is_same(const struct nlattr *attribute, const void *bytes, int length)
{
	return attribute && nla_len(attribute) == length &&
	       memcmp(nla_data(attribute), bytes, (size_t)length) == 0;
}

static int parse_neighbour(struct nlmsghdr *header, void *argument)
{
	struct search *search = argument;
	const struct ndmsg *neighbour = nlmsg_data(header);
	struct nlattr *attributes[NDA_MAX + 1];

	if (header->nlmsg_type != RTM_NEWNEIGH)
		return 0;
	if (nlmsg_parse(header, sizeof(*neighbour), attributes, NDA_MAX, NULL) < 0)
		return -EPROTO;
	/* What somebody has set stays. */
	if (!is_same(attributes[NDA_DST], search->address, address_size(search)) ||
		!is_same(attributes[NDA_LLADDR], search->mac, MAC_SIZE) ||
		neighbour->ndm_state & (NUD_PERMANENT | NUD_NOARP))
		return 0;
	search->devices = alloc_one_more(search->devices, search->count, sizeof(*search->devices));
	search->devices[search->count++] = (unsigned int)neighbour->ndm_ifindex;
	return 0;
}

static int forget(const struct search *search, unsigned int device)
{
	struct ndmsg neighbour = {.ndm_family = address_family(search), .ndm_ifindex = (int)device};
	CLEANUP(cleanup_nl_msg)
	struct nl_msg *request = netlink_request(
		RTM_DELNEIGH, NLM_F_REQUEST | NLM_F_ACK, &neighbour, sizeof(neighbour));

	if (!request || nla_put(request, NDA_DST, address_size(search), search->address) < 0)
		return -ENOMEM;
	int result = netlink_call(NETLINK_ROUTE, request, NULL, NULL);
	return result == -ENOENT ? 0 : result;
}

int host_neighbour_forget(
	enum ip_family family, const unsigned char *address, const unsigned char mac[MAC_SIZE])
{
	struct search search = {.family = family, .address = address, .mac = mac};
	int result = netlink_dump(NETLINK_ROUTE, dump_request, reset, parse_neighbour, &search);
	CLEANUP(cleanup_free) unsigned int *devices = search.devices;

	for (size_t i = 0; result == 0 && i < search.count; i++)
		result = forget(&search, devices[i]);
	return result;
}
