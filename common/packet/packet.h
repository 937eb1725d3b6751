// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Packets as bytes: put8() to put32() append in network order. What does not fit makes the packet
 * too_long, and is left out.
 */
#ifndef VIRT_NETBOOT_PACKET_H
#define VIRT_NETBOOT_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PACKET_SIZE 2048

struct packet {
	uint8_t bytes[PACKET_SIZE];
	size_t length;
	bool too_long;
};

/* Make it empty. */
void packet_clear(struct packet *packet);

void put(struct packet *packet, const void *bytes, size_t length);
void put_zeros(struct packet *packet, size_t count);
void put8(struct packet *packet, unsigned int value);
void put16(struct packet *packet, unsigned int value);
void put32(struct packet *packet, uint32_t value);

unsigned int get16(const uint8_t *bytes);
uint32_t get32(const uint8_t *bytes);
void set16(uint8_t *bytes, unsigned int value);

#endif
