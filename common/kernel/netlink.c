// SPDX-License-Identifier: GPL-2.0-or-later
#include "netlink.h"

#include "cleanup.h"
#include "only_look.h"

#include <errno.h>
#include <netlink/handlers.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct call {
	netlink_parser *parse;
	void *argument;
	int result;
	bool done;
};

static void cleanup_nl_sock(struct nl_sock **socket)
{
	nl_socket_free(*socket);
}

static void cleanup_nl_cb(struct nl_cb **callbacks)
{
	nl_cb_put(*callbacks);
}

static int on_message(struct nl_msg *message, void *argument)
{
	struct call *call = argument;
	int result = call->parse ? call->parse(nlmsg_hdr(message), call->argument) : 0;

	/* The first error counts, but the answer is read to its end. */
	if (result != 0 && call->result == 0)
		call->result = result;
	return NL_OK;
}

static int on_ack(struct nl_msg *message, void *argument)
{
	struct call *call = argument;

	(void)message;
	call->done = true;
	return NL_STOP;
}

/* The end of a dump; one that failed half-way says so here [linux net/netlink/af_netlink.c,
 * netlink_dump()]. */
static int on_finish(struct nl_msg *message, void *argument)
{
	struct call *call = argument;
	int error = 0;

	if (nlmsg_datalen(nlmsg_hdr(message)) >= (int)sizeof(error))
		memcpy(&error, nlmsg_data(nlmsg_hdr(message)), sizeof(error));
	if (error < 0 && call->result == 0)
		call->result = error;
	call->done = true;
	return NL_STOP;
}

static int on_error(struct sockaddr_nl *from, struct nlmsgerr *error, void *argument)
{
	struct call *call = argument;

	(void)from;
	call->result = error->error;
	call->done = true;
	return NL_STOP;
}

/* libnl's errors about the socket itself, as far as they tell one from another. */
static int socket_error(int nl_error)
{
	switch (-nl_error) {
	case NLE_NOMEM:
		return -ENOMEM;
	case NLE_PERM:
		return -EPERM;
	case NLE_PROTO_MISMATCH:
		return -EPROTONOSUPPORT;
	case NLE_DUMP_INTR:
		return -EAGAIN;
	default:
		return -EIO;
	}
}

/*
 * A process that only looks asks hundreds of times, and keeps a socket of each protocol for its
 * next call. One that changes something forks, and two processes cannot share a socket.
 */
static struct nl_sock *kept[MAX_LINKS];

/* That socket, or a new one. The flags of each request say whether an ACK is wanted: a dump ends
 * without one. */
static int get_socket(int protocol, struct nl_sock **socket)
{
	*socket = kept[protocol];
	kept[protocol] = NULL;
	if (*socket)
		return 0;
	*socket = nl_socket_alloc();
	if (!*socket)
		return -ENOMEM;
	nl_socket_disable_auto_ack(*socket);
	int error = nl_connect(*socket, protocol);
	return error < 0 ? socket_error(error) : 0;
}

/* For one from which nothing more will come. */
static void keep_socket(int protocol, struct nl_sock **socket)
{
	if (!look_only() || kept[protocol])
		return;
	kept[protocol] = *socket;
	*socket = NULL;
}

int netlink_call(int protocol, struct nl_msg *request, netlink_parser *parse, void *argument)
{
	CLEANUP(cleanup_nl_sock) struct nl_sock *socket = NULL;
	CLEANUP(cleanup_nl_cb) struct nl_cb *callbacks = nl_cb_alloc(NL_CB_CUSTOM);
	struct call call = {.parse = parse, .argument = argument};
	int error;

	/* Nobody has made a rule yet. */
	if (protocol == NETLINK_NETFILTER && look_forbids(LOOK_NF_TABLES))
		return -EPROTONOSUPPORT;
	if (!callbacks)
		return -ENOMEM;
	nl_cb_set(callbacks, NL_CB_VALID, NL_CB_CUSTOM, on_message, &call);
	nl_cb_set(callbacks, NL_CB_ACK, NL_CB_CUSTOM, on_ack, &call);
	nl_cb_set(callbacks, NL_CB_FINISH, NL_CB_CUSTOM, on_finish, &call);
	nl_cb_err(callbacks, NL_CB_CUSTOM, on_error, &call);

	error = get_socket(protocol, &socket);
	if (error != 0)
		return error;
	error = nl_send_auto(socket, request);
	while (error >= 0 && !call.done)
		error = nl_recvmsgs(socket, callbacks);
	if (call.done)
		keep_socket(protocol, &socket);
	return call.result == 0 && error < 0 ? socket_error(error) : call.result;
}

int netlink_dump(int protocol, netlink_builder *build, netlink_reset *reset, netlink_parser *parse,
	void *argument)
{
	int result = -EAGAIN;

	for (int attempt = 0; result == -EAGAIN && attempt < NETLINK_DUMP_ATTEMPTS; attempt++) {
		CLEANUP(cleanup_nl_msg) struct nl_msg *request = build(argument);
		reset(argument);
		result = request ? netlink_call(protocol, request, parse, argument) : -ENOMEM;
	}
	return result;
}

/* The kernel has answered each message before it let us go on: nothing is waited for, by a socket
 * that does not block. */
static int first_error(struct nl_sock *socket)
{
	CLEANUP(cleanup_nl_cb) struct nl_cb *callbacks = nl_cb_alloc(NL_CB_CUSTOM);
	struct call call = {0};

	if (!callbacks)
		return -ENOMEM;
	nl_cb_set(callbacks, NL_CB_ACK, NL_CB_CUSTOM, on_ack, &call);
	nl_cb_err(callbacks, NL_CB_CUSTOM, on_error, &call);
	while (call.result == 0 && nl_recvmsgs(socket, callbacks) >= 0)
		;
	return call.result;
}

int netlink_send(int protocol, struct nl_msg *const *requests, size_t count)
{
	CLEANUP(cleanup_nl_sock) struct nl_sock *socket = nl_socket_alloc();
	struct iovec parts[NETLINK_SEND_MAX];

	if (count > NETLINK_SEND_MAX)
		return -EINVAL;
	if (!socket)
		return -ENOMEM;
	nl_socket_disable_auto_ack(socket);
	int error = nl_connect(socket, protocol);
	/* Before anything is sent: a socket that blocks would wait for ever for what comes after
	 * the last answer. */
	if (error >= 0)
		error = nl_socket_set_nonblocking(socket);
	if (error < 0)
		return socket_error(error);
	for (size_t i = 0; i < count; i++) {
		struct nlmsghdr *header = nlmsg_hdr(requests[i]);
		nl_complete_msg(socket, requests[i]);
		parts[i] = (struct iovec){header, NLMSG_ALIGN(header->nlmsg_len)};
	}
	error = nl_send_iovec(socket, requests[0], parts, (unsigned int)count);
	return error < 0 ? socket_error(error) : first_error(socket);
}

int netlink_listen(unsigned int groups)
{
	struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = groups};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);

	if (fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		int error = errno;
		close(fd);
		return -error;
	}
	return fd < 0 ? -errno : fd;
}

struct nl_msg *netlink_request(int type, int flags, void *header, size_t size)
{
	struct nl_msg *message = nlmsg_alloc_simple(type, flags);

	if (message && nlmsg_append(message, header, size, NLMSG_ALIGNTO) < 0) {
		nlmsg_free(message);
		return NULL;
	}
	return message;
}
