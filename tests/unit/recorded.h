// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Packets that were recorded, in tests/fuzz/corpus/packet: what dnsmasq 2.90, TCP and
 * nftables sent on a bridge of Linux 6.18 to the client below, as a card got it.
 */
#ifndef VIRT_NETBOOT_RECORDED_H
#define VIRT_NETBOOT_RECORDED_H

#include "test.h"

#include "wire.h"

#include <arpa/inet.h>

#define RECORDED_CLIENT 0x52, 0x54, 0, 1, 2, 3

/* Read a frame; its length is returned. */
static inline size_t recorded(const char *name, uint8_t bytes[PACKET_SIZE])
{
	char path[128];

	snprintf(path, sizeof(path), "tests/fuzz/corpus/packet/%s", name);
	FILE *file = fopen(path, "re");

	assert_non_null(file);
	const size_t length = fread(bytes, 1, PACKET_SIZE, file);

	fclose(file);
	assert_in_range(length, FRAME_CARD_HEADER + ETHER_SIZE, PACKET_SIZE - 1);
	return length;
}

/* The datagram in it, which points into @bytes. */
static inline struct datagram recorded_datagram(const char *name, uint8_t bytes[PACKET_SIZE])
{
	const size_t length = recorded(name, bytes);
	struct datagram datagram;

	assert_true(frame_read_udp(bytes, length, &datagram));
	return datagram;
}

/* Bytes of exactly that size, so that a sanitizer sees what reads beyond them. The caller frees. */
static inline uint8_t *exactly(const uint8_t *bytes, size_t length)
{
	uint8_t *copy = malloc(length ? length : 1);

	assert_non_null(copy);
	memcpy(copy, bytes, length);
	return copy;
}

static inline void assert_address(const uint8_t *address, enum ip_family family, const char *wanted)
{
	char text[INET6_ADDRSTRLEN];

	inet_ntop(family == IPV4 ? AF_INET : AF_INET6, address, text, sizeof(text));
	assert_string_equal(text, wanted);
}

#endif
