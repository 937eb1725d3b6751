// SPDX-License-Identifier: GPL-2.0-or-later
/* Changes of traffic control, through rtnetlink's group for them. */
#include "alloc.h"
#include "host.h"
#include "netlink.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

int host_qdisc_watch(void)
{
	return netlink_listen(RTMGRP_TC);
}

static void note_device(unsigned int ifindex, unsigned int **ifindexes, size_t *count)
{
	/* A filter's many messages come one after the other. */
	if (*count > 0 && (*ifindexes)[*count - 1] == ifindex)
		return;
	*ifindexes = alloc_one_more(*ifindexes, *count, sizeof(**ifindexes));
	(*ifindexes)[(*count)++] = ifindex;
}

/*
 * The kernel tells everybody of a qdisc that somebody just asked for, as if it were new [linux
 * net/sched/sch_api.c, tc_get_qdisc(), qdisc_notify()], so what this process itself did or asked is
 * left out. It is known by the port of its socket: libnl takes the process id, and 10 bits for one
 * socket or another in front [libnl lib/socket.c, generate_local_port()].
 */
static bool is_our_own(const struct nlmsghdr *header)
{
	const uint32_t process = (1U << 22) - 1;

	return (header->nlmsg_pid & process) == ((uint32_t)getpid() & process);
}

static void note_messages(
	struct nlmsghdr *header, int length, unsigned int **ifindexes, size_t *count)
{
	for (; nlmsg_ok(header, length); header = nlmsg_next(header, &length)) {
		const struct tcmsg *message = nlmsg_data(header);
		if (nlmsg_datalen(header) >= (int)sizeof(*message) && !is_our_own(header))
			note_device((unsigned int)message->tcm_ifindex, ifindexes, count);
	}
}

void host_qdisc_wait(int watch, int timeout, unsigned int **ifindexes, size_t *count)
{
	_Alignas(struct nlmsghdr) char messages[16384];
	struct pollfd changes = {.fd = watch, .events = POLLIN};

	*ifindexes = NULL;
	*count = 0;
	if (poll(&changes, 1, timeout) <= 0)
		return;
	for (;;) {
		ssize_t length = recv(watch, messages, sizeof(messages), 0);
		if (length >= 0)
			note_messages((struct nlmsghdr *)messages, (int)length, ifindexes, count);
		else if (errno == ENOBUFS)
			note_device(0, ifindexes, count);
		else
			return;
	}
}
