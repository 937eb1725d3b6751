// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The process that deletes a macvtap when the one that made it has ended.
 *
 * Theory of operation
 *
 * It has one end of a socket pair, whose other end is open in the process that it waits for, and
 * there only: when that ends, in whatever way, nobody can send any more, which reads as the end.
 *
 * It is told of the macvtap before there is one, by a name that nobody else has, and again when its
 * index is known. The kernel carries out a request before it lets its sender go on, or die: so
 * when the end is read the macvtap is there or will never be.
 *
 * All signals are blocked, from before it starts: what ends a terminal's or a service's processes
 * does not end it. It is nobody's child, and has no descriptor but the socket.
 */
#include "card.h"

#include "cleanup.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

/* How long its answer is waited for, in milliseconds. */
#define PATIENCE 5000

/* What it knows a macvtap by, as the kernel has it. */
struct found {
	const struct card_macvtap *wanted;
	unsigned int ifindex; /* 0 if it is another one */
};

static int parse_macvtap(struct nlmsghdr *header, void *argument)
{
	struct found *found = argument;
	const struct ifinfomsg *link = nlmsg_data(header);
	struct nlattr *attributes[IFLA_MAX + 1];
	struct nlattr *data;

	if (header->nlmsg_type != RTM_NEWLINK)
		return 0;
	if (link_parse(header, attributes) < 0)
		return -EPROTO;
	struct nlattr *mac = attributes[IFLA_ADDRESS];
	if (strcmp(link_kind(attributes[IFLA_LINKINFO], &data), "macvtap") == 0 && mac &&
		nla_len(mac) == MAC_SIZE &&
		memcmp(nla_data(mac), found->wanted->mac, MAC_SIZE) == 0)
		found->ifindex = (unsigned int)link->ifi_index;
	return 0;
}

static int delete_link(unsigned int ifindex)
{
	struct ifinfomsg link = {.ifi_index = (int)ifindex};
	CLEANUP(cleanup_nl_msg)
	struct nl_msg *request =
		netlink_request(RTM_DELLINK, NLM_F_REQUEST | NLM_F_ACK, &link, sizeof(link));

	return request ? netlink_call(NETLINK_ROUTE, request, NULL, NULL) : -ENOMEM;
}

int card_macvtap_delete(const struct card_macvtap *macvtap)
{
	struct found found = {.wanted = macvtap};
	int result = link_get(
		macvtap->ifindex, macvtap->ifindex ? NULL : macvtap->name, parse_macvtap, &found);

	if (result == 0 && found.ifindex)
		result = delete_link(found.ifindex);
	return result == -ENODEV ? 0 : result;
}

static ssize_t receive(int fd, struct card_macvtap *macvtap)
{
	ssize_t length;

	do {
		length = recv(fd, macvtap, sizeof(*macvtap), 0);
	} while (length < 0 && errno == EINTR);
	return length;
}

/* The kernel may be out of memory for a moment. */
static int delete_at_last(const struct card_macvtap *macvtap)
{
	int result = -EAGAIN;

	for (int attempt = 0; result != 0 && attempt < 50; attempt++) {
		if (attempt > 0)
			poll(NULL, 0, 100);
		result = card_macvtap_delete(macvtap);
	}
	return result;
}

_Noreturn static void guard(int fd)
{
	struct card_macvtap macvtap = {0};
	struct card_macvtap next;

	if (fd > 0)
		close_range(0, (unsigned int)fd - 1, 0);
	close_range((unsigned int)fd + 1, ~0U, 0);
	if (chdir("/") < 0)
		_exit(1);
	while (receive(fd, &next) == (ssize_t)sizeof(next))
		macvtap = next;
	int result = *macvtap.name ? delete_at_last(&macvtap) : 0;
	(void)send(fd, &result, sizeof(result), MSG_NOSIGNAL);
	_exit(0);
}

/* By a process between, so that nobody has to wait for its end. It is in a session of its own
 * before anything is made: who kills the process group of this one does not kill it. */
static int start_beside(const int ends[2])
{
	int status = 0;
	pid_t child = fork();

	if (child == 0) {
		setsid();
		pid_t guardian = fork();
		if (guardian != 0)
			_exit(guardian < 0);
		guard(ends[1]);
	}
	if (child < 0)
		return -errno;
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	return status == 0 ? 0 : -EAGAIN;
}

int card_guardian_start(void)
{
	int ends[2];
	sigset_t all;
	sigset_t before;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int result = start_beside(ends);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	close(ends[1]);
	if (result != 0)
		close(ends[0]);
	return result == 0 ? ends[0] : result;
}

int card_guardian_tell(int guardian, const struct card_macvtap *macvtap)
{
	ssize_t sent = send(guardian, macvtap, sizeof(*macvtap), MSG_NOSIGNAL);

	return sent == (ssize_t)sizeof(*macvtap) ? 0 : -errno;
}

int card_guardian_end(int guardian)
{
	struct pollfd answer = {.fd = guardian, .events = POLLIN};
	int result = -EPIPE;

	shutdown(guardian, SHUT_WR);
	while (poll(&answer, 1, PATIENCE) < 0 && errno == EINTR)
		;
	if (recv(guardian, &result, sizeof(result), MSG_DONTWAIT) != (ssize_t)sizeof(result))
		result = -EPIPE;
	close(guardian);
	return result;
}
