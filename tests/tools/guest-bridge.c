// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * guest-bridge: a guest that bridges its two network cards.
 *
 *     guest-bridge TAP1 TAP2
 *
 * Creates the two taps, the way QEMU does, and says "ready". From then on every frame that is
 * sent to one of them comes in by the other, BPDUs too. If both are ports of one bridge
 * that forward, that is a loop, and one broadcast goes round in it until a port is cut off.
 *
 * SIGTERM ends it; it then prints how many frames it has passed on:
 *
 *     frames=123456
 *
 * Exit status: 0 after SIGTERM, 2 usage, 3 no tap.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

/*
 * Frames from one card before the other has its turn. In a loop a card that is drained fills again
 * at once, and the BPDU that ends the loop may wait on the other one.
 */
enum { BURST = 64 };

static void die(const char *what)
{
	fprintf(stderr, "guest-bridge: %s: %s\n", what, strerror(errno));
	exit(3);
}

static int open_tap(const char *name)
{
	struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI};
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);

	if (strlen(name) >= sizeof(request.ifr_name)) {
		errno = ENAMETOOLONG;
		die(name);
	}
	memcpy(request.ifr_name, name, strlen(name) + 1);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &request) < 0)
		die(name);
	return fd;
}

/* Readable when SIGTERM has come, so that it gets its turn however many frames there are. */
static int open_sigterm(void)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	int fd = signalfd(-1, &signals, SFD_CLOEXEC);

	if (fd < 0)
		die("signalfd");
	return fd;
}

/*
 * Copies what waits, at most BURST frames. What the other card does not take (it is down, or the
 * host is slow) is lost, as on a wire.
 * Return: frames passed on.
 */
static unsigned copy(int from, int to)
{
	static uint8_t frame[65536];
	unsigned copied = 0;

	for (int i = 0; i < BURST; i++) {
		const ssize_t length = read(from, frame, sizeof(frame));

		if (length < 0 && errno != EAGAIN)
			die("read");
		if (length < 0)
			break;
		copied += write(to, frame, (size_t)length) == length;
	}
	return copied;
}

int main(int argc, char **argv)
{
	uint64_t frames = 0;

	if (argc != 3) {
		fprintf(stderr, "usage: guest-bridge TAP1 TAP2\n");
		return 2;
	}
	struct pollfd fds[] = {
		{.fd = open_tap(argv[1]), .events = POLLIN},
		{.fd = open_tap(argv[2]), .events = POLLIN},
		{.fd = open_sigterm(), .events = POLLIN},
	};

	puts("ready");
	fflush(stdout);
	while (poll(fds, 3, -1) >= 0 && !fds[2].revents) {
		if (fds[0].revents)
			frames += copy(fds[0].fd, fds[1].fd);
		if (fds[1].revents)
			frames += copy(fds[1].fd, fds[0].fd);
	}
	printf("frames=%llu\n", (unsigned long long)frames);
	return 0;
}
