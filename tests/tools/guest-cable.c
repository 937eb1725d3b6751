// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * guest-cable: makes a network namespace a guest with a virtio card.
 *
 *     guest-cable [-t] NAME NETNS
 *
 *   -t          the driver also leaves it to its card to cut TCP streams into frames (TSO).
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
 * Without -t no other offload is on, so no frame is longer than the MTU. With it a frame of TCP
 * holds up to 64 KiB, either way, as with a Linux guest and a Linux host.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tap.h"

/* The longest IP packet, and what is before it. */
enum { FRAME_MAX = sizeof(struct virtio_net_hdr) + ETH_HLEN + 65535 };

static int open_end(const char *name, unsigned offload)
{
	const int fd = open_card(name);

	if (!set_offload(fd, offload))
		die(name);
	return fd;
}

/* One frame. It is lost, as on a wire, when the other end is not up or has no room. */
static void copy(int from, int to)
{
	uint8_t frame[FRAME_MAX];
	const ssize_t got = read(from, frame, sizeof(frame));

	if (got < 0 && errno == EAGAIN)
		return;
	if (got < 0)
		die("read");
	if (write(to, frame, (size_t)got) < 0 && errno != EAGAIN && errno != EIO)
		die("write");
}

static _Noreturn void usage(void)
{
	fprintf(stderr, "usage: guest-cable [-t] NAME NETNS\n");
	exit(2);
}

int main(int argc, char **argv)
{
	struct pollfd ends[2] = {{.events = POLLIN}, {.events = POLLIN}};
	unsigned offload = TUN_F_CSUM;
	int option;

	while ((option = getopt(argc, argv, "t")) != -1) {
		if (option != 't')
			usage();
		offload |= TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN;
	}
	if (argc - optind != 2)
		usage();
	const char *const name = argv[optind];

	ends[0].fd = open_end(name, offload);
	enter_netns(argv[optind + 1]);
	ends[1].fd = open_end(name, offload);

	while (poll(ends, 2, -1) >= 0) {
		for (int i = 0; i < 2; i++) {
			if (ends[i].revents)
				copy(ends[i].fd, ends[1 - i].fd);
		}
	}
	die("poll");
}
