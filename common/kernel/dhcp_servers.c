// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which DHCP servers run on this host, by the sockets they hold, through sock_diag(7). What the
 * sockets mean: dhcp_sockets.h. The kernel loads what answers: inet_diag and udp_diag, and for
 * packet sockets af_packet_diag [linux net/core/sock_diag.c, net/ipv4/inet_diag.c; net/core/sock.c,
 * sock_load_diag_module()].
 */
#include "alloc.h"
#include "cleanup.h"
#include "dhcp_sockets.h"
#include "local_route.h"
#include "netlink.h"
#include "only_look.h"
#include "proc_sockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/inet_diag.h>
#include <linux/packet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <string.h>

/* [linux include/net/tcp_states.h]: the state of a UDP socket without a peer; one that has a peer
 * serves nobody else. */
#define TCP_CLOSE 7

struct search {
	enum ip_family family;
	struct dhcp_sockets sockets;
};

static void add_server(struct dhcp_sockets *sockets, struct dhcp_server server)
{
	sockets->list = alloc_one_more(sockets->list, sockets->count, sizeof(server));
	sockets->list[sockets->count++] = server;
}

static bool is_everywhere(enum ip_family family, const void *address)
{
	struct in_addr ip4;

	if (family == IPV6)
		return IN6_IS_ADDR_UNSPECIFIED((const struct in6_addr *)address) ||
		       IN6_IS_ADDR_MULTICAST((const struct in6_addr *)address);
	memcpy(&ip4, address, sizeof(ip4));
	return ip4.s_addr == htonl(INADDR_ANY) || ip4.s_addr == htonl(INADDR_BROADCAST) ||
	       IN_MULTICAST(ntohl(ip4.s_addr));
}

/* A UDP socket, bound to an address, and to a device or to none. */
struct udp_socket {
	unsigned char family;
	const void *address;
	unsigned int device;
	bool v6only;
	unsigned long inode;
};

static void add_udp(struct search *search, const void *address, const struct udp_socket *socket)
{
	struct dhcp_server server = {.device = socket->device, .inode = socket->inode};

	if (!is_everywhere(search->family, address)) {
		server.unicast = true;
		if (!server.device)
			server.device = local_route_device(search->family, address);
		if (!server.device)
			return;
	}
	add_server(&search->sockets, server);
}

/* The address by which an IPv6 socket serves IPv4, or NULL if it does not. One for any address does
 * unless its owner has set IPV6_V6ONLY [linux net/ipv4/inet_diag.c, inet_diag_msg_attrs_fill()]. */
static const void *mapped_address(const struct in6_addr *address, bool v6only)
{
	static const uint32_t any = INADDR_ANY;

	if (IN6_IS_ADDR_V4MAPPED(address))
		return &address->s6_addr[12];
	return IN6_IS_ADDR_UNSPECIFIED(address) && !v6only ? &any : NULL;
}

/* A socket of @family, which may be IPv6 in a search for IPv4 servers. */
static void note_udp(struct search *search, const struct udp_socket *socket)
{
	const void *address = socket->address;

	if (socket->family == AF_INET6 && search->family == IPV4)
		address = mapped_address(address, socket->v6only);
	if (address)
		add_udp(search, address, socket);
}

static struct nla_policy diag_policy[INET_DIAG_MAX + 1] = {
	[INET_DIAG_SKV6ONLY] = {.type = NLA_U8},
};

static int parse_udp(struct nlmsghdr *header, void *argument)
{
	struct search *search = argument;
	const struct inet_diag_msg *diag = nlmsg_data(header);
	struct nlattr *attributes[INET_DIAG_MAX + 1];

	if (nlmsg_parse(header, sizeof(*diag), attributes, INET_DIAG_MAX, diag_policy) < 0)
		return -EPROTO;
	/* A kernel that does not know the filter by port sends all sockets. */
	if (ntohs(diag->id.idiag_sport) != families[search->family].dhcp_server)
		return 0;
	struct nlattr *v6only = attributes[INET_DIAG_SKV6ONLY];
	const struct udp_socket socket = {
		.family = diag->idiag_family,
		.address = diag->id.idiag_src,
		.device = diag->id.idiag_if,
		.v6only = !v6only || nla_get_u8(v6only),
		.inode = diag->idiag_inode,
	};
	note_udp(search, &socket);
	return 0;
}

/* What a socket that is bound to no address serves depends on its device. */
static int look_for_udp(struct search *search, unsigned char family)
{
	CLEANUP(cleanup_free) struct proc_socket *sockets = NULL;
	size_t count = 0;
	int result =
		proc_sockets_read(family, families[search->family].dhcp_server, &sockets, &count);

	for (size_t i = 0; i < count; i++) {
		const struct udp_socket socket = {
			.family = family,
			.address = sockets[i].address,
			.device = sockets[i].device,
			.v6only = sockets[i].v6only,
			.inode = sockets[i].inode,
		};
		if (sockets[i].known)
			note_udp(search, &socket);
		else
			result = -ENOTSUP;
	}
	return result;
}

static int find_udp(struct search *search, unsigned char family)
{
	if (look_forbids(LOOK_INET_DIAG) || look_forbids(LOOK_UDP_DIAG))
		return look_for_udp(search, family);
	struct inet_diag_req_v2 diag = {
		.sdiag_family = family,
		.sdiag_protocol = IPPROTO_UDP,
		.idiag_states = 1U << TCP_CLOSE,
		/* The kernel sends sockets of this port only [linux net/ipv4/udp_diag.c,
		   udp_dump()]. */
		.id.idiag_sport = htons(families[search->family].dhcp_server),
	};
	CLEANUP(cleanup_nl_msg)
	struct nl_msg *request = netlink_request(
		SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST | NLM_F_DUMP, &diag, sizeof(diag));

	if (!request)
		return -ENOMEM;
	int result = netlink_call(NETLINK_SOCK_DIAG, request, parse_udp, search);
	/* A kernel without IPv6 has no sockets of it [linux net/core/sock_diag.c]. */
	return result == -ENOENT && family == AF_INET6 ? 0 : result;
}

static struct nla_policy packet_policy[PACKET_DIAG_MAX + 1] = {
	[PACKET_DIAG_INFO] = {.minlen = sizeof(struct packet_diag_info)},
};

/* Those who only watch, as tcpdump does, have a ring. */
static int parse_packet(struct nlmsghdr *header, void *argument)
{
	struct search *search = argument;
	const struct packet_diag_msg *diag = nlmsg_data(header);
	struct nlattr *attributes[PACKET_DIAG_MAX + 1];
	struct packet_diag_info info;

	if (nlmsg_parse(header, sizeof(struct packet_diag_msg), attributes, PACKET_DIAG_MAX,
		    packet_policy) < 0)
		return -EPROTO;
	struct nlattr *filter = attributes[PACKET_DIAG_FILTER];
	if (!attributes[PACKET_DIAG_INFO] || !filter || attributes[PACKET_DIAG_RX_RING] ||
		!dhcp_filter_is_of_server(
			nla_data(filter), (size_t)nla_len(filter) / sizeof(struct sock_filter)))
		return 0;
	nla_memcpy(&info, attributes[PACKET_DIAG_INFO], sizeof(info));
	const struct dhcp_server server = {
		.device = info.pdi_index, .raw = true, .inode = diag->pdiag_ino};
	add_server(&search->sockets, server);
	return 0;
}

/* Where nothing answers this, or in a user namespace that is not told filters, raw servers are not
 * seen, and their fallbacks are taken for servers. */
static void find_raw(struct search *search)
{
	struct packet_diag_req diag = {
		.sdiag_family = AF_PACKET,
		.pdiag_show = PACKET_SHOW_INFO | PACKET_SHOW_RING_CFG | PACKET_SHOW_FILTER,
	};
	CLEANUP(cleanup_nl_msg)
	struct nl_msg *request = netlink_request(
		SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST | NLM_F_DUMP, &diag, sizeof(diag));

	if (request && !look_forbids(LOOK_AF_PACKET_DIAG))
		(void)netlink_call(NETLINK_SOCK_DIAG, request, parse_packet, search);
}

int host_dhcp_servers(enum ip_family family, struct dhcp_server **servers, size_t *count)
{
	struct search search = {.family = family};
	int result = find_udp(&search, family == IPV4 ? AF_INET : AF_INET6);

	if (result == 0 && family == IPV4)
		result = find_udp(&search, AF_INET6);
	if (family == IPV4)
		find_raw(&search);
	dhcp_sockets_drop_fallbacks(&search.sockets);
	*servers = search.sockets.list;
	*count = search.sockets.count;
	return result;
}
