// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * guest-cable: makes a network namespace a guest with a virtio card.
 *
 *     guest-cable [-t] [-v|-p PID] NAME NETNS
 *
 *   -t          the driver also leaves it to its card to cut TCP streams into frames (TSO).
 *   -v          the port is served by vhost-net.
 *   -p PID      that process has the port: the QEMU of a guest that is paused, whose place the
 *               namespace takes.
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
 *
 * QEMU keeps the one frame that it had read before it saw that its guest is paused, and reads no
 * more.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dirent.h>
#include <errno.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "tap.h"
#include "vhost.h"

/* Of the cable. Through vhost if that is not NULL. */
struct end {
	int fd;
	struct vhost *vhost;
};

/* Whether that descriptor of a process is the tap's. */
static bool is_card(pid_t pid, const char *fd, const char *name)
{
	char path[64 + NAME_MAX], line[128], of[IF_NAMESIZE];
	bool found = false;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%s", (int)pid, fd);
	FILE *file = fopen(path, "re");

	while (file && !found && fgets(line, sizeof(line), file))
		found = sscanf(line, "iff:\t%15s", of) == 1 && strcmp(of, name) == 0;
	if (file)
		fclose(file);
	return found;
}

static int take_fd(pid_t pid, int number)
{
	const int process = pidfd_open(pid, 0);
	const int fd = process < 0 ? -1 : pidfd_getfd(process, number, 0);

	if (fd < 0)
		die("pidfd_getfd");
	close(process);
	return fd;
}

/* The tap that a process has open, with the short header. */
static int take_card(pid_t pid, const char *name)
{
	char path[64];
	int header_size = sizeof(struct virtio_net_hdr), fd = -1;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	DIR *folder = opendir(path);

	if (!folder)
		die(path);
	for (const struct dirent *entry; fd < 0 && (entry = readdir(folder));) {
		if (is_card(pid, entry->d_name, name))
			fd = take_fd(pid, (int)strtol(entry->d_name, NULL, 10));
	}
	closedir(folder);
	if (fd < 0 || ioctl(fd, TUNSETVNETHDRSZ, &header_size) < 0)
		die(name);
	return fd;
}

static int offer(int card, unsigned offload, const char *name)
{
	if (!set_offload(card, offload))
		die(name);
	return card;
}

/* One frame. It is lost, as on a wire, when the other end is not up or has no room. */
static void copy(const struct end *from, const struct end *to)
{
	static uint8_t frame[VHOST_FRAME_MAX];
	const ssize_t got = from->vhost ? vhost_receive(from->vhost, frame)
					: read(from->fd, frame, sizeof(frame));

	if (got < 0 && errno == EAGAIN)
		return;
	if (got < 0)
		die("read");
	const ssize_t put = to->vhost ? vhost_send(to->vhost, frame, (size_t)got)
				      : write(to->fd, frame, (size_t)got);

	if (put < 0 && errno != EAGAIN && errno != EIO)
		die("write");
}

static _Noreturn void usage(void)
{
	fprintf(stderr, "usage: guest-cable [-t] [-v|-p PID] NAME NETNS\n");
	exit(2);
}

int main(int argc, char **argv)
{
	struct end ends[2] = {0};
	unsigned offload = TUN_F_CSUM;
	bool vhost = false;
	pid_t pid = 0;

	for (int option; (option = getopt(argc, argv, "tvp:")) != -1;) {
		if (option == 't')
			offload |= TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN;
		else if (option == 'v')
			vhost = true;
		else if (option != 'p' || (pid = (pid_t)strtol(optarg, NULL, 10)) <= 0)
			usage();
	}
	if (argc - optind != 2 || (vhost && pid))
		usage();
	const char *const name = argv[optind];

	ends[0].fd = offer(pid ? take_card(pid, name) : open_card(name), offload, name);
	if (vhost) {
		ends[0].vhost = vhost_start(ends[0].fd);
		ends[0].fd = vhost_fd(ends[0].vhost);
	}
	enter_netns(argv[optind + 1]);
	ends[1].fd = offer(open_card(name), offload, name);

	struct pollfd fds[] = {
		{.fd = ends[0].fd, .events = POLLIN}, {.fd = ends[1].fd, .events = POLLIN}};

	while (poll(fds, 2, -1) >= 0) {
		for (int i = 0; i < 2; i++) {
			if (fds[i].revents)
				copy(&ends[i], &ends[1 - i]);
		}
	}
	die("poll");
}
