// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is sent is what EDK2 sends, option for option [edk2 NetworkPkg/UefiPxeBcDxe/PxeBcDhcp4.c,
 * PxeBcBuildDhcp4Options()], which is what the PXE specification wants of any firmware.
 *
 * An answer's options may go on in the fields of the file and of the server's name (option 52), and
 * an option may be in several parts, which are put together in the order of these three places
 * [RFC 3396, 5]. Each option is looked for from the start, so nothing has to be kept.
 */
#include "dhcp.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

enum {
	BOOT_REQUEST = 1,
	BOOT_REPLY = 2,
	ETHERNET = 1,
	BROADCAST_FLAG = 0x8000,
	COOKIE = 0x63825363,

	TRANSACTION_AT = 4,
	CLIENT_ADDRESS_AT = 16, /* yiaddr */
	NEXT_SERVER_AT = 20,    /* siaddr */
	CLIENT_MAC_AT = 28,     /* chaddr */
	CLIENT_MAC_FIELD = 16,
	SERVER_NAME_AT = 44,
	SERVER_NAME_SIZE = 64,
	FILE_AT = 108,
	FILE_SIZE = 128,
	COOKIE_AT = 236,
	OPTIONS_AT = 240,
	DATAGRAM_MIN = 300, /* [RFC 1542, 2.1] */
	DATAGRAM_MAX = 1472,
};

enum {
	OPTION_PAD = 0,
	OPTION_NETMASK = 1,
	OPTION_ROUTER = 3,
	OPTION_VENDOR = 43,
	OPTION_LEASE = 51,
	OPTION_OVERLOAD = 52,
	OPTION_MESSAGE_TYPE = 53,
	OPTION_SERVER = 54,
	OPTION_PARAMETERS = 55,
	OPTION_MAX_SIZE = 57,
	OPTION_CLASS = 60,
	OPTION_SERVER_NAME = 66,
	OPTION_FILE = 67,
	OPTION_ARCH = 93,
	OPTION_INTERFACE = 94,
	OPTION_UUID = 97,
	OPTION_END = 255,

	/* Inside of OPTION_VENDOR [PXE 2.1, 2.2.2] */
	PXE_MENU = 9,
	PXE_BOOT_ITEM = 71,

	OVERLOAD_FILE = 1,
	OVERLOAD_SERVER_NAME = 2,
};

enum { DISCOVER = 1, OFFER = 2, REQUEST = 3, ACK = 5, NAK = 6 };

/* ---- Questions ------------------------------------------------------------ */

static void put_option(
	struct packet *out, unsigned int option, const void *value, unsigned int length)
{
	put8(out, option);
	put8(out, length);
	put(out, value, length);
}

size_t dhcp_class(enum dhcp_arch arch, char text[DHCP_CLASS_SIZE])
{
	const bool http = arch == DHCP_ARCH_HTTP;
	const int length = snprintf(text, DHCP_CLASS_SIZE, "%s:Arch:%05d:UNDI:%s",
		http ? "HTTPClient" : "PXEClient", (int)arch, http ? "003001" : "003016");

	return (size_t)length;
}

/* The same at any time, and another one for each client. */
static void put_uuid(struct packet *out, const uint8_t client[MAC_SIZE])
{
	static const uint8_t start[] = {0, /* it is a UUID; of version 8 [RFC 9562, 5.8] */
		'n', 'e', 't', 'b', 'o', 'o', 0x80, 't', 0x80, 0};

	put8(out, OPTION_UUID);
	put8(out, sizeof(start) + MAC_SIZE);
	put(out, start, sizeof(start));
	put(out, client, MAC_SIZE);
}

static void put_firmware_options(struct packet *out, const struct dhcp_question *question)
{
	static const uint8_t parameters[] = {1, 2, 3, 4, 5, 6, 12, 13, 15, 17, 18, 22, 23, 28, 40,
		41, 42, 43, 50, 51, 54, 58, 59, 60, 66, 67, 97, 128, 129, 130, 131, 132, 133, 134,
		135};
	const uint8_t max_size[] = {DATAGRAM_MAX >> 8, DATAGRAM_MAX & 0xff};
	char class[DHCP_CLASS_SIZE];
	const uint8_t arch[] = {0, (uint8_t)question->arch};
	const uint8_t interface[] = {1, 3, question->arch == DHCP_ARCH_HTTP ? 1 : 16}; /* UNDI */

	put_option(out, OPTION_MAX_SIZE, max_size, sizeof(max_size));
	put_option(out, OPTION_PARAMETERS, parameters, sizeof(parameters));
	put_uuid(out, question->client);
	put_option(out, OPTION_INTERFACE, interface, sizeof(interface));
	put_option(out, OPTION_ARCH, arch, sizeof(arch));
	put_option(out, OPTION_CLASS, class, (unsigned int)dhcp_class(question->arch, class));
}

/* The item, and the first part of it. */
static void put_boot_item(struct packet *out, unsigned int item)
{
	if (item == 0)
		return;
	put8(out, OPTION_VENDOR);
	put8(out, 7);
	put8(out, PXE_BOOT_ITEM);
	put8(out, 4);
	put16(out, item);
	put16(out, 0);
	put8(out, OPTION_END);
}

static void ask(struct packet *out, const struct dhcp_question *question, uint8_t message_type,
	unsigned int flags, const uint8_t address[4])
{
	packet_clear(out);
	put8(out, BOOT_REQUEST);
	put8(out, ETHERNET);
	put8(out, MAC_SIZE);
	put8(out, 0); /* hops */
	put32(out, question->transaction);
	put16(out, question->seconds < 0xffff ? question->seconds : 0xffff);
	put16(out, flags);
	put(out, address, 4);
	put_zeros(out, CLIENT_MAC_AT - CLIENT_ADDRESS_AT);
	put(out, question->client, MAC_SIZE);
	put_zeros(out, COOKIE_AT - CLIENT_MAC_AT - MAC_SIZE);
	put32(out, COOKIE);
	put_option(out, OPTION_MESSAGE_TYPE, &message_type, 1);
	put_firmware_options(out, question);
	if (message_type == REQUEST)
		put_boot_item(out, question->boot_item);
	put8(out, OPTION_END);
	if (out->length < DATAGRAM_MIN)
		put_zeros(out, DATAGRAM_MIN - out->length);
}

void dhcp_discover(struct packet *out, const struct dhcp_question *question)
{
	static const uint8_t nobody[4];

	ask(out, question, DISCOVER, BROADCAST_FLAG, nobody);
}

void dhcp_boot_request(
	struct packet *out, const struct dhcp_question *question, const uint8_t address[4])
{
	ask(out, question, REQUEST, 0, address);
}

/* ---- Answers -------------------------------------------------------------- */

/* Where options are, one place after the other. */
struct places {
	struct {
		const uint8_t *bytes;
		size_t length;
	} of[3];
	size_t count;
	bool file;        /* is one of them */
	bool server_name; /* likewise */
};

/* The parts of an option, put together. Longer ones are cut, and read as if they ended there. */
struct value {
	uint8_t bytes[DHCP_FILE_SIZE];
	size_t length;
};

static void add_part(struct value *value, const uint8_t *bytes, size_t length)
{
	const size_t room = sizeof(value->bytes) - value->length;
	const size_t taken = length < room ? length : room;

	memcpy(value->bytes + value->length, bytes, taken);
	value->length += taken;
}

static void add_parts(struct value *value, const uint8_t *bytes, size_t length, unsigned int option)
{
	size_t at = 0;

	while (at < length && bytes[at] != OPTION_END) {
		if (bytes[at] == OPTION_PAD) {
			at++;
			continue;
		}
		if (length - at < 2 || bytes[at + 1] > length - at - 2)
			return;
		if (bytes[at] == option)
			add_part(value, bytes + at + 2, bytes[at + 1]);
		at += 2 + (size_t)bytes[at + 1];
	}
}

/* Return: true if it is there, and not empty. */
static bool find(const struct places *places, unsigned int option, struct value *value)
{
	value->length = 0;
	for (size_t i = 0; i < places->count; i++)
		add_parts(value, places->of[i].bytes, places->of[i].length, option);
	return value->length > 0;
}

static void add_place(struct places *places, const uint8_t *bytes, size_t length)
{
	places->of[places->count].bytes = bytes;
	places->of[places->count].length = length;
	places->count++;
}

static struct places find_places(const uint8_t *data, size_t length)
{
	struct places places = {0};
	struct value overload;

	add_place(&places, data + OPTIONS_AT, length - OPTIONS_AT);
	if (!find(&places, OPTION_OVERLOAD, &overload))
		return places;
	places.file = overload.bytes[0] & OVERLOAD_FILE;
	places.server_name = overload.bytes[0] & OVERLOAD_SERVER_NAME;
	if (places.file)
		add_place(&places, data + FILE_AT, FILE_SIZE);
	if (places.server_name)
		add_place(&places, data + SERVER_NAME_AT, SERVER_NAME_SIZE);
	return places;
}

/* The first of several, too. */
static bool find_address(const struct places *places, unsigned int option, uint8_t address[4])
{
	struct value value;

	if (!find(places, option, &value) || value.length < 4)
		return false;
	memcpy(address, value.bytes, 4);
	return true;
}

/* A text ends at its first NUL: servers end options with one, or do not. */
static void copy_text(char text[DHCP_FILE_SIZE], const uint8_t *bytes, size_t length)
{
	const size_t size =
		strnlen((const char *)bytes, length < DHCP_FILE_SIZE ? length : DHCP_FILE_SIZE - 1);

	memcpy(text, bytes, size);
	text[size] = '\0';
}

/* An option wins over the field that is older than it, as in firmware. */
static void read_text(char text[DHCP_FILE_SIZE], const struct places *places, unsigned int option,
	const uint8_t *field, size_t field_size)
{
	struct value value;

	if (find(places, option, &value))
		copy_text(text, value.bytes, value.length);
	if (text[0] == '\0' && field)
		copy_text(text, field, field_size);
}

static bool is_zero(const uint8_t address[4])
{
	return get32(address) == 0;
}

static void read_boot(const uint8_t *data, const struct places *places, struct dhcp_offer *offer)
{
	struct in_addr address;

	memcpy(offer->next_server, data + NEXT_SERVER_AT, 4);
	read_text(offer->next_name, places, OPTION_SERVER_NAME,
		places->server_name ? NULL : data + SERVER_NAME_AT, SERVER_NAME_SIZE);
	if (inet_pton(AF_INET, offer->next_name, &address) == 1) {
		if (is_zero(offer->next_server))
			memcpy(offer->next_server, &address, 4);
		offer->next_name[0] = '\0';
	}
	read_text(
		offer->file, places, OPTION_FILE, places->file ? NULL : data + FILE_AT, FILE_SIZE);
}

/* A menu has a number, a length and a text for each item; what has the number 0 is on the disk. */
static unsigned int first_item(const struct value *menu)
{
	size_t at = 0;

	while (at + 3 <= menu->length) {
		const unsigned int item = get16(menu->bytes + at);

		if (item != 0)
			return item;
		at += 3 + (size_t)menu->bytes[at + 2];
	}
	return 0;
}

static unsigned int read_menu(const struct places *places)
{
	struct value vendor, menu = {.length = 0};

	if (!find(places, OPTION_VENDOR, &vendor))
		return 0;
	add_parts(&menu, vendor.bytes, vendor.length, PXE_MENU);
	return first_item(&menu);
}

static bool has_class(const struct places *places, const char *class)
{
	struct value value;

	return find(places, OPTION_CLASS, &value) && value.length >= strlen(class) &&
	       memcmp(value.bytes, class, strlen(class)) == 0;
}

/* Return: the message's type if it answers this question, or 0. */
static unsigned int answer_type(const uint8_t *data, size_t length,
	const struct dhcp_question *question, struct places *places)
{
	struct value type;

	if (length < OPTIONS_AT || data[0] != BOOT_REPLY || data[1] != ETHERNET ||
		data[2] != MAC_SIZE || get32(data + TRANSACTION_AT) != question->transaction ||
		memcmp(data + CLIENT_MAC_AT, question->client, MAC_SIZE) != 0 ||
		get32(data + COOKIE_AT) != COOKIE)
		return 0;
	*places = find_places(data, length);
	return find(places, OPTION_MESSAGE_TYPE, &type) ? type.bytes[0] : 0;
}

bool dhcp_read_offer(const uint8_t *data, size_t length, const struct dhcp_question *question,
	struct dhcp_offer *offer)
{
	struct places places;
	struct value lease;
	const unsigned int type = answer_type(data, length, question, &places);

	*offer = (struct dhcp_offer){0};
	if (type != OFFER && type != ACK && type != NAK)
		return false;
	find_address(&places, OPTION_SERVER, offer->server);
	if (type == NAK)
		return true;
	memcpy(offer->address, data + CLIENT_ADDRESS_AT, 4);
	offer->has_address = !is_zero(offer->address);
	offer->http = has_class(&places, "HTTPClient");
	offer->proxy = !offer->has_address && (offer->http || has_class(&places, "PXEClient"));
	find_address(&places, OPTION_NETMASK, offer->netmask);
	find_address(&places, OPTION_ROUTER, offer->router);
	if (find(&places, OPTION_LEASE, &lease) && lease.length == 4)
		offer->lease = get32(lease.bytes);
	read_boot(data, &places, offer);
	if (has_class(&places, "PXEClient"))
		offer->boot_item = read_menu(&places);
	return true;
}
