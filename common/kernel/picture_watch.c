// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Changes of devices, their filters and limits, through rtnetlink's groups for them.
 *
 * A qdisc that somebody has merely asked for is told of as if it were new [linux
 * net/sched/sch_api.c, tc_get_qdisc(), qdisc_notify()], so that two who look whenever there is
 * something new would keep each other busy. What matters comes with a filter, a class or a port.
 */
#include "host.h"
#include "netlink.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

int host_picture_watch(void)
{
	return netlink_listen(RTMGRP_LINK | RTMGRP_TC);
}

static bool any_matters(struct nlmsghdr *header, int length)
{
	for (; nlmsg_ok(header, length); header = nlmsg_next(header, &length)) {
		if (header->nlmsg_type != RTM_NEWQDISC)
			return true;
	}
	return false;
}

/* What was dropped because the socket's buffer was full (ENOBUFS) may have mattered. */
bool host_picture_changed(int watch)
{
	_Alignas(struct nlmsghdr) char messages[16384];
	bool changed = false;

	for (;;) {
		ssize_t length = recv(watch, messages, sizeof(messages), 0);
		if (length < 0 && errno == EINTR)
			continue;
		if (length < 0 && errno != ENOBUFS)
			return changed;
		changed = changed || length < 0 ||
			  any_matters((struct nlmsghdr *)messages, (int)length);
	}
}
