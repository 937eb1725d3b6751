// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * guest-cable: makes a network namespace a guest with a virtio card.
 *
 *     guest-cable NAME NETNS
 *
 *   NAME        a macvtap that exists, or else a tap: the guest's port on the host.
 *   NETNS       what `ip netns add` made. There, a tap of the same name is the guest's card; with a
 *               macvtap, it has to get that one's MAC address.
 *
 * Runs until it is killed, or one of the two is deleted. Exit status: 2 usage, 3 anything else.
 *
 * Theory of operation
 *
 * Both ends are opened with TUN_F_CSUM, and frames are copied together with their virtio header. So
 * a checksum that a program in the namespace leaves to its card is still unfilled, and marked with
 * NEEDS_CSUM, when the frame enters the host's port; this is how one arrives that a guest's driver
 * left to its virtio card. Nobody on the host has sent such a frame: it is forwarded only.
 * No other offload is on, so no frame is longer than the MTU.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tap.h"

static int open_end(const char *name)
{
	const int fd = open_card(name);

	if (!set_offload(fd, TUN_F_CSUM))
		die(name);
	return fd;
}

static void enter(const char *netns)
{
	char path[256];

	snprintf(path, sizeof(path), "/run/netns/%s", netns);
	const int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || setns(fd, CLONE_NEWNET) < 0)
		die(path);
	close(fd);
}

/* One frame. It is lost, as on a wire, when the other end is not up or has no room. */
static void copy(int from, int to)
{
	uint8_t frame[65536 + sizeof(struct virtio_net_hdr)];
	const ssize_t got = read(from, frame, sizeof(frame));

	if (got < 0 && errno == EAGAIN)
		return;
	if (got < 0)
		die("read");
	if (write(to, frame, (size_t)got) < 0 && errno != EAGAIN && errno != EIO)
		die("write");
}

int main(int argc, char **argv)
{
	struct pollfd ends[2] = {{.events = POLLIN}, {.events = POLLIN}};

	if (argc != 3) {
		fprintf(stderr, "usage: guest-cable NAME NETNS\n");
		return 2;
	}
	ends[0].fd = open_end(argv[1]);
	enter(argv[2]);
	ends[1].fd = open_end(argv[1]);

	while (poll(ends, 2, -1) >= 0) {
		for (int i = 0; i < 2; i++) {
			if (ends[i].revents)
				copy(ends[i].fd, ends[1 - i].fd);
		}
	}
	die("poll");
}
