// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tcp-stream: how fast TCP is from this host to a guest.
 *
 *     tcp-stream NETNS ADDRESS MIB
 *
 *   NETNS       the guest: what `ip netns add` made.
 *   ADDRESS     its address, IPv4.
 *   MIB         how much to send, in MiB.
 *
 * Prints the MiB per second that arrive. The first quarter does not count: meanwhile the connection
 * grows to its full speed. Exit status: 2 usage, 3 anything else.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/wait.h>
#include <time.h>

#include "tap.h"

static char chunk[256 * 1024];

static int tcp_socket(void)
{
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		die("socket");
	return fd;
}

/* On a port that the kernel chooses and that is then in ADDRESS. */
static int listen_at(struct sockaddr_in *address)
{
	const int listener = tcp_socket();
	socklen_t size = sizeof(*address);

	if (bind(listener, (struct sockaddr *)address, size) < 0 || listen(listener, 1) < 0 ||
		getsockname(listener, (struct sockaddr *)address, &size) < 0)
		die("listen");
	return listener;
}

static size_t at_most_a_chunk(size_t bytes)
{
	return bytes < sizeof(chunk) ? bytes : sizeof(chunk);
}

static void send_all(int stream, size_t bytes)
{
	while (bytes > 0) {
		const ssize_t sent = send(stream, chunk, at_most_a_chunk(bytes), 0);

		if (sent < 0)
			die("send");
		bytes -= (size_t)sent;
	}
}

static void receive(int stream, size_t bytes)
{
	while (bytes > 0) {
		const ssize_t got = recv(stream, chunk, at_most_a_chunk(bytes), 0);

		if (got <= 0)
			die("recv");
		bytes -= (size_t)got;
	}
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* The guest: another process, in whose network the listener is. */
static void print_speed(int listener, size_t bytes)
{
	const int stream = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	const size_t first = bytes / 4;

	if (stream < 0)
		die("accept");
	receive(stream, first);
	const double start = now();

	receive(stream, bytes - first);
	printf("%.3f\n", (double)(bytes - first) / (now() - start) / (1 << 20));
}

int main(int argc, char **argv)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	int ready[2], status;

	if (argc != 4 || inet_pton(AF_INET, argv[2], &address.sin_addr) != 1) {
		fprintf(stderr, "usage: tcp-stream NETNS ADDRESS MIB\n");
		return 2;
	}
	const size_t bytes = (size_t)strtoul(argv[3], NULL, 10) << 20;

	if (pipe(ready) < 0)
		die("pipe");
	const pid_t guest = fork();

	if (guest < 0)
		die("fork");
	if (guest == 0) {
		enter_netns(argv[1]);
		const int listener = listen_at(&address);

		if (write(ready[1], &address, sizeof(address)) != sizeof(address))
			die("pipe");
		print_speed(listener, bytes);
		return 0;
	}
	close(ready[1]);
	if (read(ready[0], &address, sizeof(address)) != sizeof(address))
		return 3; // the guest has said why
	const int stream = tcp_socket();

	if (connect(stream, (const struct sockaddr *)&address, sizeof(address)) < 0)
		die("connect");
	send_all(stream, bytes);
	if (waitpid(guest, &status, 0) < 0 || status != 0)
		return 3;
	return 0;
}
