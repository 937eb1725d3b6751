// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which DHCP servers run on this host, by the UDP sockets they hold, through sock_diag(7).
 * Servers that read raw frames (ISC dhcpd, Kea) hold such a socket too.
 */
#include "alloc.h"
#include "cleanup.h"
#include "host.h"
#include "netlink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>

struct sockets {
	unsigned int *ifindexes;
	size_t count;
	uint16_t port;
};

/* A socket that no guest can reach. */
static bool is_loopback(const struct inet_diag_msg *diag)
{
	if (diag->idiag_family == AF_INET)
		return (ntohl(diag->id.idiag_src[0]) >> 24) == IN_LOOPBACKNET;
	return IN6_IS_ADDR_LOOPBACK((const struct in6_addr *)diag->id.idiag_src);
}

static int parse_socket(struct nlmsghdr *header, void *argument)
{
	struct sockets *found = argument;
	const struct inet_diag_msg *diag = nlmsg_data(header);

	if ((size_t)nlmsg_datalen(header) < sizeof(*diag))
		return -EPROTO;
	if (ntohs(diag->id.idiag_sport) != found->port || is_loopback(diag))
		return 0;
	found->ifindexes =
		alloc_one_more(found->ifindexes, found->count, sizeof(*found->ifindexes));
	found->ifindexes[found->count++] = diag->id.idiag_if;
	return 0;
}

int host_dhcp_servers(enum ip_family family, unsigned int **ifindexes, size_t *count)
{
	struct sockets found = {.port = families[family].dhcp_server};
	struct inet_diag_req_v2 diag = {
		.sdiag_family = family == IPV4 ? AF_INET : AF_INET6,
		.sdiag_protocol = IPPROTO_UDP,
		.idiag_states = ~0U,
		/* The kernel sends sockets of this port only [linux net/ipv4/udp_diag.c,
		   udp_dump()]. */
		.id.idiag_sport = htons(found.port),
	};
	CLEANUP(cleanup_nl_msg)
	struct nl_msg *request = netlink_request(
		SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST | NLM_F_DUMP, &diag, sizeof(diag));

	if (!request)
		return -ENOMEM;
	int result = netlink_call(NETLINK_SOCK_DIAG, request, parse_socket, &found);
	/* A kernel without IPv6 has no sockets of it [linux net/core/sock_diag.c]. */
	if (result == -ENOENT && family == IPV6)
		result = 0;
	*ifindexes = found.ifindexes;
	*count = found.count;
	return result;
}
