// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the sockets of DHCP servers say of them. Pure: dhcp_servers.c asks the kernel.
 *
 * Theory of operation
 *
 * A server with UDP sockets leaves the checksums of its replies to the kernel, which leaves them to
 * the network card. ISC dhcpd and Kea have packet sockets instead, send whole frames and compute
 * the checksums themselves. Beside these they hold UDP sockets for port 67, so that the kernel does
 * not answer their clients with "port unreachable": ISC one for all, bound to nothing; Kea one for
 * each of its addresses. Such a fallback is no server.
 */
#ifndef VIRT_NETBOOT_DHCP_SOCKETS_H
#define VIRT_NETBOOT_DHCP_SOCKETS_H

#include "host.h"

#include <linux/filter.h>

struct dhcp_sockets {
	struct dhcp_server *list;
	size_t count;
};

/* Remove the UDP sockets that are fallbacks. With a server of each kind bound to nothing in
 * particular, one such UDP socket is the fallback, and the others are servers. */
void dhcp_sockets_drop_fallbacks(struct dhcp_sockets *sockets);

/**
 * dhcp_filter_is_of_server() - whether a packet socket's filter takes what clients send
 * @program:	as the socket's owner gave it to the kernel
 * @length:	in instructions
 *
 * It compares something with 67 and nothing with 68, which is what clients wait for.
 */
bool dhcp_filter_is_of_server(const struct sock_filter *program, size_t length);

#endif
