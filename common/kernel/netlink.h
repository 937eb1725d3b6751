// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One netlink request and its answers, on a socket of its own, or on that of the last where a
 * process only looks.
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

/* How often netlink_dump() asks. */
#define NETLINK_DUMP_ATTEMPTS 20

/* Makes the request for a dump, with NLM_F_DUMP among its flags. Return: NULL without memory. */
typedef struct nl_msg *netlink_builder(const void *argument);

/* Forgets what the parser has noted. */
typedef void netlink_reset(void *argument);

/**
 * netlink_dump() - dump, and start again when a change interrupts it
 * @protocol:	as for netlink_call()
 * @build:	called before each attempt
 * @reset:	called before each attempt, the first too: of one that was interrupted nothing may
 *be left, or what is gone would be found, and what is there would be found twice
 * @parse:	called for each message
 * @argument:	handed to all three
 *
 * Any link, address or rule that somebody changes may interrupt a dump.
 *
 * Return: as netlink_call(); -EAGAIN if the last attempt was interrupted, too. @parse has noted
 * something then that is not to be relied on.
 */
int netlink_dump(int protocol, netlink_builder *build, netlink_reset *reset, netlink_parser *parse,
	void *argument);

#define NETLINK_SEND_MAX 32

/**
 * netlink_send() - send requests in one sendmsg(2)
 * @protocol:	as for netlink_call()
 * @requests:	@count messages, at most NETLINK_SEND_MAX
 *
 * The kernel works through all of them before sendmsg returns, also if one fails, and even if the
 * process is killed meanwhile [linux net/netlink/af_netlink.c, netlink_unicast_kernel() and
 * netlink_rcv_skb()].
 *
 * Return: 0, or the first error that the kernel reports or that of the socket. Neither says what
 * was done: read it back.
 */
int netlink_send(int protocol, struct nl_msg *const *requests, size_t count);

/* Be told of what changes: RTMGRP_LINK, ... Return: a socket that does not block, or a negative
 * errno. */
int netlink_listen(unsigned int groups);

/* A new request, or NULL without memory; @header is put in front. */
struct nl_msg *netlink_request(int type, int flags, void *header, size_t size);

static inline void cleanup_nl_msg(struct nl_msg **message)
{
	nlmsg_free(*message);
}

#endif
