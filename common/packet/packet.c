// SPDX-License-Identifier: GPL-2.0-or-later
#include "packet.h"

#include <string.h>

void packet_clear(struct packet *packet)
{
	packet->length = 0;
	packet->too_long = false;
}

/* Return: where @length more bytes go, or NULL. */
static uint8_t *room(struct packet *packet, size_t length)
{
	uint8_t *end = packet->bytes + packet->length;

	if (length > sizeof(packet->bytes) - packet->length) {
		packet->too_long = true;
		return NULL;
	}
	packet->length += length;
	return end;
}

void put(struct packet *packet, const void *bytes, size_t length)
{
	uint8_t *to = room(packet, length);

	if (to && length > 0)
		memcpy(to, bytes, length);
}

void put_zeros(struct packet *packet, size_t count)
{
	uint8_t *to = room(packet, count);

	if (to)
		memset(to, 0, count);
}

void put8(struct packet *packet, unsigned int value)
{
	const uint8_t byte = (uint8_t)value;

	put(packet, &byte, 1);
}

void put16(struct packet *packet, unsigned int value)
{
	uint8_t bytes[2];

	set16(bytes, value);
	put(packet, bytes, sizeof(bytes));
}

void put32(struct packet *packet, uint32_t value)
{
	uint8_t bytes[4];

	set16(bytes, value >> 16);
	set16(bytes + 2, value);
	put(packet, bytes, sizeof(bytes));
}

unsigned int get16(const uint8_t *bytes)
{
	return (unsigned int)bytes[0] << 8 | bytes[1];
}

uint32_t get32(const uint8_t *bytes)
{
	return (uint32_t)get16(bytes) << 16 | get16(bytes + 2);
}

void set16(uint8_t *bytes, unsigned int value)
{
	bytes[0] = (uint8_t)(value >> 8);
	bytes[1] = (uint8_t)value;
}
