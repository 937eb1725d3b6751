// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * port-stream: guests that send to each other all the time, to see whether a port of a bridge ever
 * stops to forward.
 *
 *     port-stream MICROSECONDS TAP...
 *
 * Opens the taps, which are made if there are none, as QEMU does, and prints "open". Then it reads
 * words, a line each:
 *
 *     start   each tap sends a numbered frame to the next one in every so many microseconds
 *     stop    prints how many were sent, how many of them did not come out where they should, and
 * the taps that they were sent to: "sent 4000 lost 12 vnet3 vnet7"
 *
 * It ends with its standard input. A frame is lost if a port does not forward at that moment, so an
 * outage as long as the pause is seen for certain. The bridge has to know the addresses: what comes
 * before the last tap was heard is not counted.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "tap.h"

#include <poll.h>
#include <time.h>

#define TAPS_MAX 256
#define DRAIN 300000 /* microseconds for what is on its way */

struct frame {
	struct virtio_net_hdr header;
	uint8_t to[6];
	uint8_t from[6];
	uint8_t type[2];
	uint32_t number;
	uint8_t padding[44];
} __attribute__((packed));

struct tap {
	const char *name;
	int fd;
	long long received;
};

static struct tap taps[TAPS_MAX];
static size_t tap_count;

static int64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000LL + time.tv_nsec / 1000;
}

/* The guest's, not the tap's. */
static void set_address(uint8_t address[6], size_t tap)
{
	const uint8_t made[6] = {0x52, 0x54, 0x00, 0x77, (uint8_t)(tap >> 8), (uint8_t)tap};

	memcpy(address, made, sizeof(made));
}

/* EtherType 0x88b5 is for experiments. */
static void send_frame(size_t from, size_t to, uint32_t number)
{
	struct frame frame = {.type = {0x88, 0xb5}, .number = number};

	set_address(frame.from, from);
	set_address(frame.to, to);
	if (write(taps[from].fd, &frame, sizeof(frame)) != sizeof(frame))
		die(taps[from].name);
}

static void receive(size_t tap, bool counts)
{
	struct frame frame;
	uint8_t own[6];

	set_address(own, tap);
	while (read(taps[tap].fd, &frame, sizeof(frame)) > 0) {
		if (counts && frame.type[0] == 0x88 && frame.type[1] == 0xb5 &&
			memcmp(frame.to, own, 6) == 0)
			taps[tap].received++;
	}
}

static void receive_all(bool counts)
{
	for (size_t i = 0; i < tap_count; i++)
		receive(i, counts);
}

static void nap_until(int64_t when)
{
	const int64_t left = when - now();

	if (left > 0)
		usleep((useconds_t)left);
}

/* Until what is on its way has come. */
static void drain(bool counts)
{
	const int64_t end = now() + DRAIN;

	while (now() < end) {
		receive_all(counts);
		usleep(2000);
	}
}

static bool has_word(void)
{
	struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};

	return poll(&input, 1, 0) > 0;
}

static void tell(long long sent)
{
	long long lost = 0;

	for (size_t i = 0; i < tap_count; i++)
		lost += sent - taps[i].received;
	printf("sent %lld lost %lld", sent * (long long)tap_count, lost);
	for (size_t i = 0; i < tap_count; i++) {
		if (taps[i].received != sent)
			printf(" %s", taps[i].name);
	}
	printf("\n");
	fflush(stdout);
}

static void stream(int64_t pause)
{
	uint32_t sent = 0;

	for (size_t i = 0; i < tap_count; i++) {
		taps[i].received = 0;
		send_frame(i, (i + 1) % tap_count, 0);
	}
	drain(false);
	for (int64_t next = now(); !has_word(); next += pause) {
		nap_until(next);
		sent++;
		for (size_t i = 0; i < tap_count; i++)
			send_frame(i, (i + 1) % tap_count, sent);
		receive_all(true);
	}
	drain(true);
	tell(sent);
}

int main(int argc, char **argv)
{
	char *line = NULL;
	size_t size = 0;

	if (argc < 3 || argc - 2 > TAPS_MAX) {
		fprintf(stderr, "usage: port-stream MICROSECONDS TAP...\n");
		return 2;
	}
	setvbuf(stdin, NULL, _IONBF, 0);
	for (; tap_count < (size_t)argc - 2; tap_count++) {
		taps[tap_count].name = argv[tap_count + 2];
		taps[tap_count].fd = open_card(argv[tap_count + 2]);
	}
	puts("open");
	fflush(stdout);
	while (getline(&line, &size, stdin) > 0) {
		if (strcmp(line, "start\n") == 0)
			stream(strtol(argv[1], NULL, 10));
	}
	free(line);
	return 0;
}
