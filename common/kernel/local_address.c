// SPDX-License-Identifier: GPL-2.0-or-later
#include "local_address.h"

#include "alloc.h"
#include "netlink.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static int parse_address(struct nlmsghdr *header, void *argument)
{
	struct local_addresses *addresses = argument;
	struct nlattr *attributes[IFA_MAX + 1];

	if (header->nlmsg_type != RTM_NEWADDR)
		return 0;
	if (nlmsg_parse(header, sizeof(struct ifaddrmsg), attributes, IFA_MAX, NULL) < 0)
		return -EPROTO;
	/* The other one is the peer's, if there is one. */
	struct nlattr *address =
		attributes[IFA_LOCAL] ? attributes[IFA_LOCAL] : attributes[IFA_ADDRESS];
	if (!address)
		return -EPROTO;
	addresses->list =
		alloc_one_more(addresses->list, addresses->count, sizeof(*addresses->list));
	nla_memcpy(addresses->list[addresses->count++], address, sizeof(*addresses->list));
	return 0;
}

static struct nl_msg *addresses_request(const void *argument)
{
	const struct local_addresses *addresses = argument;
	struct ifaddrmsg all = {.ifa_family = addresses->family == IPV4 ? AF_INET : AF_INET6};

	return netlink_request(RTM_GETADDR, NLM_F_REQUEST | NLM_F_DUMP, &all, sizeof(all));
}

static void reset_addresses(void *argument)
{
	struct local_addresses *addresses = argument;

	addresses->count = 0;
}

static void read_once(struct local_addresses *addresses)
{
	if (addresses->was_read)
		return;
	addresses->was_read = true;
	addresses->known = netlink_dump(NETLINK_ROUTE, addresses_request, reset_addresses,
				   parse_address, addresses) == 0;
}

static bool is_same(const unsigned char *one, const unsigned char *other, const unsigned char *mask,
	size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if ((one[i] ^ other[i]) & (mask ? mask[i] : 0xff))
			return false;
	}
	return true;
}

/* A bridge has its link-local address only once it has carrier. */
static bool may_be_link_local(
	enum ip_family family, const unsigned char *value, const unsigned char *mask, size_t size)
{
	const unsigned char start[2] = {0xfe, 0x80};
	const unsigned char bits[2] = {mask ? mask[0] : 0xff, (mask ? mask[1] : 0xff) & 0xc0};

	return family == IPV6 && is_same(value, start, bits, size < 2 ? size : 2);
}

struct udp_match local_address_match(
	struct local_addresses *addresses, const void *value, const void *mask, size_t size)
{
	bool is_here = may_be_link_local(addresses->family, value, mask, size);

	read_once(addresses);
	for (size_t i = 0; i < addresses->count && !is_here; i++)
		is_here = is_same(addresses->list[i], value, mask, size);
	return (struct udp_match){.of = {
					  [UDP_DHCP] = is_here || !addresses->known ? MAYBE : NEVER,
					  [UDP_OTHER] = MAYBE,
				  }};
}

void cleanup_local_addresses(struct local_addresses *addresses)
{
	free(addresses->list);
}
