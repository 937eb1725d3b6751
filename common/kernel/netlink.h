// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One netlink request and its answers, on a socket of its own.
 *
 * libnl's own helpers are not used for requests: nl_send_sync() leaves an ACK in the
 * queue after a GET, so that every later answer is taken for the one before; and
 * libnl's error numbers lose the kernel's.
 */
#ifndef VIRT_NETBOOT_NETLINK_H
#define VIRT_NETBOOT_NETLINK_H

#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>

/* Called for each message of the answer. Return: 0, or a negative errno to report. */
typedef int netlink_parser(struct nlmsghdr *header, void *argument);

/**
 * netlink_call() - send a request, wait until it is done
 * @protocol:	NETLINK_ROUTE, NETLINK_SOCK_DIAG or NETLINK_NETFILTER
 * @request:	the message, with NLM_F_DUMP or NLM_F_ACK among its flags
 * @parse:	called for each message of the answer; may be NULL
 * @argument:	handed to @parse
 *
 * Return: 0, or the negative errno of the kernel's answer, of @parse or of the socket; -EAGAIN if
 * what was dumped changed meanwhile, so that something may be missing.
 */
int netlink_call(int protocol, struct nl_msg *request, netlink_parser *parse, void *argument);

/* How often to try a dump anew: any link, filter or rule that somebody changes interrupts it. */
#define NETLINK_DUMP_ATTEMPTS 20

#define NETLINK_SEND_MAX 16

/**
 * netlink_send() - send requests in one sendmsg(2)
 * @requests:	@count messages for rtnetlink, at most NETLINK_SEND_MAX
 *
 * The kernel works through all of them before sendmsg returns, also if one fails, and even if the
 * process is killed meanwhile [linux net/netlink/af_netlink.c, netlink_unicast_kernel() and
 * netlink_rcv_skb()].
 *
 * Return: 0, or the first error that the kernel reports or that of the socket. Neither says what
 * was done: read it back.
 */
int netlink_send(struct nl_msg *const *requests, size_t count);

/* A new request, or NULL without memory; @header is put in front. */
struct nl_msg *netlink_request(int type, int flags, void *header, size_t size);

static inline void cleanup_nl_msg(struct nl_msg **message)
{
	nlmsg_free(*message);
}

#endif
