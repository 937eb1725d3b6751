// SPDX-License-Identifier: GPL-2.0-or-later
/* Sockets on which the kernel tells of packets that rules meet. */
#ifndef VIRT_NETBOOT_DROP_TRACE_H
#define VIRT_NETBOOT_DROP_TRACE_H

#include "drop_seen.h"

#include <linux/netlink.h>

/* Be told of nftables' events from now on. Return: a socket, or a negative errno. */
int drop_trace_open(void);

/* A socket for netfilter that does not block, for many messages at once. */
int drop_socket_open(void);

/* Called for each message. */
typedef void drop_taker(struct drop_seen *seen, const struct nlmsghdr *message, const void *with);

/* Take what has come. Sets seen->lost if something was lost. */
void drop_socket_read(int socket, struct drop_seen *seen, drop_taker *take, const void *with);

void drop_trace_read(int socket, struct drop_seen *seen);

#endif
