// SPDX-License-Identifier: GPL-2.0-or-later
#include "drop_trace.h"

#include "cleanup.h"
#include "drop_follow.h"

#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <sys/socket.h>

/* A request that is flooded to a thousand ports makes 4000 messages of about a kilobyte, as the
 * kernel counts. */
#define RECEIVE_BUFFER (16 << 20)

int drop_socket_open(void)
{
	struct sockaddr_nl address = {.nl_family = AF_NETLINK};
	int size = RECEIVE_BUFFER;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_NETFILTER);

	if (fd < 0)
		return -errno;
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	int error = errno;
	close(fd);
	return -error;
}

int drop_trace_open(void)
{
	int group = NFNLGRP_NFTRACE;
	int fd = drop_socket_open();

	if (fd < 0 ||
		setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) == 0)
		return fd;
	int error = errno;
	close(fd);
	return -error;
}

static void take_messages(struct drop_seen *seen, const char *buffer, size_t length,
	drop_taker *take, const void *with)
{
	const struct nlmsghdr *message = (const void *)buffer;

	while (length >= sizeof(*message) && message->nlmsg_len >= sizeof(*message) &&
		message->nlmsg_len <= length) {
		size_t whole = NLMSG_ALIGN((size_t)message->nlmsg_len);
		take(seen, message, with);
		seen->news++;
		if (whole >= length)
			return;
		length -= whole;
		message = (const void *)((const char *)message + whole);
	}
}

void drop_socket_read(int socket, struct drop_seen *seen, drop_taker *take, const void *with)
{
	static _Alignas(struct nlmsghdr) char buffer[1 << 16];

	for (;;) {
		ssize_t length = recv(socket, buffer, sizeof(buffer), 0);
		if (length < 0 && errno == ENOBUFS)
			seen->lost = true;
		else if (length > 0)
			take_messages(seen, buffer, (size_t)length, take, with);
		else if (length == 0 || errno != EINTR)
			return;
	}
}

static void take_event(struct drop_seen *seen, const struct nlmsghdr *message, const void *with)
{
	struct drop_event event;

	(void)with;
	if (drop_event_read(message, &event))
		drop_follow(seen, &event);
}

void drop_trace_read(int socket, struct drop_seen *seen)
{
	drop_socket_read(socket, seen, take_event, NULL);
}
