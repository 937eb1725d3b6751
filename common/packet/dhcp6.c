// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is sent has the options that EDK2 adds for network boot [edk2 NetworkPkg/UefiPxeBcDxe/
 * PxeBcDhcp6.c, PxeBcBuildDhcp6Options(); RFC 5970]: its class is under Intel's enterprise number.
 */
#include "dhcp.h"

#include <string.h>

enum {
	SOLICIT = 1,
	ADVERTISE = 2,
	HEADER_SIZE = 4,

	OPTION_CLIENT = 1,
	OPTION_SERVER = 2,
	OPTION_ASSOCIATION = 3, /* IA_NA */
	OPTION_ADDRESS = 5,     /* IAADDR */
	OPTION_WANTED = 6,
	OPTION_ELAPSED = 8,
	OPTION_STATUS = 13,
	OPTION_CLASS = 16,
	OPTION_DNS_SERVERS = 23,
	OPTION_URL = 59,
	OPTION_URL_PARAMETERS = 60,
	OPTION_ARCH = 61,
	OPTION_INTERFACE = 62,

	INTEL = 343,
	DUID_LINK_LAYER = 3,
	DUID_SIZE = 4 + MAC_SIZE,
	ASSOCIATION_SIZE = 12, /* without options */
	ADDRESS_SIZE = 24,     /* without options */
	LIFETIME_AT = 20,
};

/* ---- Question ------------------------------------------------------------- */

static void put_option(struct packet *out, unsigned int option, size_t length)
{
	put16(out, option);
	put16(out, (unsigned int)length);
}

static void make_client(const struct dhcp_question *question, uint8_t duid[DUID_SIZE])
{
	set16(duid, DUID_LINK_LAYER);
	set16(duid + 2, 1); /* Ethernet */
	memcpy(duid + 4, question->client, MAC_SIZE);
}

static uint32_t association_of(const struct dhcp_question *question)
{
	return get32(question->client + 2);
}

static void put_class(struct packet *out, enum dhcp_arch arch)
{
	char text[DHCP_CLASS_SIZE];
	const size_t length = dhcp_class(arch, text);

	put_option(out, OPTION_CLASS, 6 + length);
	put32(out, INTEL);
	put16(out, (unsigned int)length);
	put(out, text, length);
}

static void put_firmware_options(struct packet *out, enum dhcp_arch arch)
{
	put_option(out, OPTION_WANTED, 6);
	put16(out, OPTION_URL);
	put16(out, OPTION_URL_PARAMETERS);
	put16(out, OPTION_DNS_SERVERS);
	put_option(out, OPTION_INTERFACE, 3);
	put8(out, 1); /* UNDI */
	put8(out, 3);
	put8(out, arch == DHCP_ARCH_HTTP ? 1 : 16);
	put_option(out, OPTION_ARCH, 2);
	put16(out, arch);
	put_class(out, arch);
}

void dhcp6_solicit(struct packet *out, const struct dhcp_question *question)
{
	const unsigned int seconds = question->seconds < 655 ? question->seconds : 655;
	uint8_t client[DUID_SIZE];

	make_client(question, client);
	packet_clear(out);
	put32(out, (uint32_t)SOLICIT << 24 | (question->transaction & 0xffffff));
	put_option(out, OPTION_CLIENT, sizeof(client));
	put(out, client, sizeof(client));
	put_option(out, OPTION_ASSOCIATION, ASSOCIATION_SIZE);
	put32(out, association_of(question));
	put_zeros(out, ASSOCIATION_SIZE - 4);
	put_option(out, OPTION_ELAPSED, 2);
	put16(out, seconds * 100);
	put_firmware_options(out, question->arch);
}

/* ---- Answer --------------------------------------------------------------- */

/* Options, one behind the other; and one of them. */
struct options {
	const uint8_t *bytes;
	size_t length;
};

/* Take the first of @options off. Return: false if none is left, or it is longer than they are. */
static bool next_option(struct options *options, unsigned int *code, struct options *value)
{
	if (options->length < 4)
		return false;
	const size_t size = get16(options->bytes + 2);

	if (size > options->length - 4)
		return false;
	*code = get16(options->bytes);
	*value = (struct options){options->bytes + 4, size};
	options->bytes += 4 + size;
	options->length -= 4 + size;
	return true;
}

/* What is in an option behind its own fields, of which it has at least that many bytes. */
static struct options inside(const struct options *value, size_t fields)
{
	return (struct options){value->bytes + fields, value->length - fields};
}

/* The first one of a kind. Return: false if there is none. */
static bool find(struct options options, unsigned int wanted, struct options *value)
{
	unsigned int code;

	while (next_option(&options, &code, value)) {
		if (code == wanted)
			return true;
	}
	return false;
}

/* No status at all is success [RFC 8415, 21.13]. */
static bool succeeded(struct options options)
{
	struct options status;

	return !find(options, OPTION_STATUS, &status) ||
	       (status.length >= 2 && get16(status.bytes) == 0);
}

/* An address without a lifetime is none. */
static void read_address(const struct options *value, struct dhcp_offer *offer)
{
	if (value->length < ADDRESS_SIZE || get32(value->bytes + LIFETIME_AT) == 0 ||
		!succeeded(inside(value, ADDRESS_SIZE)))
		return;
	memcpy(offer->address, value->bytes, 16);
	offer->lease = get32(value->bytes + LIFETIME_AT);
	offer->has_address = true;
}

static void read_association(
	const struct options *value, uint32_t association, struct dhcp_offer *offer)
{
	struct options options, address;
	unsigned int code;

	if (value->length < ASSOCIATION_SIZE || get32(value->bytes) != association)
		return;
	options = inside(value, ASSOCIATION_SIZE);
	if (!succeeded(options))
		return;
	while (!offer->has_address && next_option(&options, &code, &address)) {
		if (code == OPTION_ADDRESS)
			read_address(&address, offer);
	}
}

static void read_url(const struct options *value, struct dhcp_offer *offer)
{
	const size_t room = sizeof(offer->file) - 1;
	const size_t size =
		strnlen((const char *)value->bytes, value->length < room ? value->length : room);

	memcpy(offer->file, value->bytes, size);
	offer->file[size] = '\0';
}

/* The first text of a class, whoever's enterprise number it has. */
static bool has_class(const struct options *value, const char *class)
{
	const size_t length = strlen(class);

	return value->length >= 6 + length && get16(value->bytes + 4) >= length &&
	       memcmp(value->bytes + 6, class, length) == 0;
}

/* A client throws away what has not both identifiers [RFC 8415, 16.3]. */
static bool is_for(const struct dhcp_question *question, struct options options)
{
	uint8_t client[DUID_SIZE];
	struct options value;

	make_client(question, client);
	return find(options, OPTION_SERVER, &value) && find(options, OPTION_CLIENT, &value) &&
	       value.length == sizeof(client) && memcmp(value.bytes, client, sizeof(client)) == 0;
}

bool dhcp6_read_advertise(const uint8_t *data, size_t length, const struct dhcp_question *question,
	struct dhcp_offer *offer)
{
	struct options options, value;
	unsigned int code;
	bool pxe = false;

	*offer = (struct dhcp_offer){0};
	if (length < HEADER_SIZE ||
		get32(data) != ((uint32_t)ADVERTISE << 24 | (question->transaction & 0xffffff)))
		return false;
	options = (struct options){data + HEADER_SIZE, length - HEADER_SIZE};
	if (!is_for(question, options))
		return false;
	const bool success = succeeded(options);

	while (next_option(&options, &code, &value)) {
		if (code == OPTION_ASSOCIATION && success && !offer->has_address)
			read_association(&value, association_of(question), offer);
		else if (code == OPTION_URL && offer->file[0] == '\0')
			read_url(&value, offer);
		else if (code == OPTION_CLASS && has_class(&value, "HTTPClient"))
			offer->http = true;
		else if (code == OPTION_CLASS && has_class(&value, "PXEClient"))
			pxe = true;
	}
	offer->proxy = !offer->has_address && (offer->http || pxe);
	return true;
}
