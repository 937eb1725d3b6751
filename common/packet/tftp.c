// SPDX-License-Identifier: GPL-2.0-or-later
#include "tftp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
	READ_REQUEST = 1,
	WRITE_REQUEST = 2,
	DATA = 3,
	ACKNOWLEDGEMENT = 4,
	ERROR = 5,
	OPTIONS = 6,

	HEADER_SIZE = 4,        /* of data and errors */
	REQUEST_SIZE_MAX = 512, /* [RFC 2347] */
	BLOCK_SIZE_MIN = 8,     /* [RFC 2348] */
	OTHER_ERROR = 0,
};

#define TEXT_OF(number) TEXT_OF_VALUE(number)
#define TEXT_OF_VALUE(number) #number

bool tftp_read_request(struct packet *out, const char *file)
{
	static const char options[] = "octet\0tsize\0"
				      "0\0blksize\0" TEXT_OF(TFTP_BLOCK_SIZE);

	packet_clear(out);
	put16(out, READ_REQUEST);
	put(out, file, strlen(file) + 1);
	put(out, options, sizeof(options));
	return !out->too_long && out->length <= REQUEST_SIZE_MAX;
}

void tftp_ack(struct packet *out, unsigned int block)
{
	packet_clear(out);
	put16(out, ACKNOWLEDGEMENT);
	put16(out, block);
}

void tftp_abort(struct packet *out)
{
	static const char text[] = "enough";

	packet_clear(out);
	put16(out, ERROR);
	put16(out, OTHER_ERROR);
	put(out, text, sizeof(text));
}

/* Return: false if it is not all of @text, or too large. */
static bool read_number(const char *text, unsigned long long *number)
{
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*number = strtoull(text, &end, 10);
	return *end == '\0' && errno == 0;
}

/* Return: false if the server wants what nobody asked for. */
static bool read_option(struct tftp_message *message, const char *name, const char *value)
{
	unsigned long long number;
	const bool is_number = read_number(value, &number);

	if (strcasecmp(name, "tsize") == 0 && is_number) {
		message->has_size = true;
		message->size = number;
	} else if (strcasecmp(name, "blksize") == 0) {
		if (!is_number || number < BLOCK_SIZE_MIN || number > TFTP_BLOCK_SIZE)
			return false;
		message->block_size = (size_t)number;
	}
	return true;
}

/* Pairs of texts, each with a NUL; the last byte of all has to be one. */
static bool read_options(struct tftp_message *message, const uint8_t *bytes, size_t length)
{
	const char *text = (const char *)bytes, *end = text + length;

	message->kind = TFTP_OPTIONS;
	if (length > 0 && end[-1] != '\0')
		return false;
	while (text < end) {
		const char *value = text + strlen(text) + 1;

		if (value == end || !read_option(message, text, value))
			return false;
		text = value + strlen(value) + 1;
	}
	return true;
}

static void read_error(struct tftp_message *message, const uint8_t *data, size_t length)
{
	const size_t size = length - HEADER_SIZE, room = sizeof(message->text) - 1;

	message->kind = TFTP_ERROR;
	message->code = get16(data + 2);
	/* What follows a NUL in it is not read. */
	memcpy(message->text, data + HEADER_SIZE, size < room ? size : room);
}

bool tftp_read(const uint8_t *data, size_t length, struct tftp_message *message)
{
	*message = (struct tftp_message){.block_size = TFTP_PLAIN_BLOCK_SIZE};
	if (length < 2)
		return false;
	switch (get16(data)) {
	case DATA:
		if (length < HEADER_SIZE)
			return false;
		message->kind = TFTP_DATA;
		message->block = get16(data + 2);
		message->data = data + HEADER_SIZE;
		message->length = length - HEADER_SIZE;
		return true;
	case ERROR:
		if (length < HEADER_SIZE)
			return false;
		read_error(message, data, length);
		return true;
	case OPTIONS:
		return read_options(message, data + 2, length - 2);
	case READ_REQUEST:
	case WRITE_REQUEST:
	case ACKNOWLEDGEMENT:
		return true;
	default:
		return false;
	}
}
