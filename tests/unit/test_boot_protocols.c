// SPDX-License-Identifier: GPL-2.0-or-later
/* DHCP, DHCPv6 and TFTP as boot firmware speaks them, from bytes and to bytes. */
#include "dhcp.h"

#include "recorded.h"
#include "tftp.h"

static const struct dhcp_question question = {
	.client = {RECORDED_CLIENT}, .transaction = 0x00010203, .arch = DHCP_ARCH_EFI};
static const uint8_t nobody[16];

struct bytes {
	const uint8_t *at;
	size_t length;
};

#define BYTES(text)                                       \
	{                                                 \
		(const uint8_t *)(text), sizeof(text) - 1 \
	}
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- DHCP ----------------------------------------------------------------- */

/* Return: an option of a request, or NULL. */
static const uint8_t *option_of(const struct packet *packet, unsigned int option, size_t *length)
{
	size_t at = 240;

	*length = 0;
	while (at < packet->length && packet->bytes[at] != 255) {
		*length = packet->bytes[at + 1];
		if (packet->bytes[at] == option)
			return packet->bytes + at + 2;
		at += 2 + *length;
	}
	return NULL;
}

static void assert_option(
	const struct packet *packet, unsigned int option, const void *wanted, size_t wanted_length)
{
	size_t length;
	const uint8_t *value = option_of(packet, option, &length);

	assert_non_null(value);
	assert_int_equal(length, wanted_length);
	assert_memory_equal(value, wanted, length);
}

static void test_discover(void **state)
{
	struct dhcp_question asked = question;
	struct packet out, again;
	size_t length;

	(void)state;
	asked.seconds = 70000;
	dhcp_discover(&out, &asked);
	assert_false(out.too_long);
	assert_in_range(out.length, 300, 548);
	assert_int_equal(get32(out.bytes), 0x01010600);
	assert_int_equal(get32(out.bytes + 4), asked.transaction);
	assert_int_equal(get32(out.bytes + 8), 0xffff8000);
	assert_memory_equal(out.bytes + 12, nobody, 16);
	assert_memory_equal(out.bytes + 28, asked.client, MAC_SIZE);
	assert_option(&out, 53, "\x01", 1);
	assert_option(&out, 57, "\x05\xc0", 2);
	assert_option(&out, 60, "PXEClient:Arch:00007:UNDI:003016", 32);
	assert_option(&out, 93, "\0\x07", 2);
	assert_option(&out, 94, "\x01\x03\x10", 3);
	const uint8_t *list = option_of(&out, 55, &length);

	assert_non_null(list);
	for (const char *wanted = "\1\3\6\14\17\21\53\66\74\102\103\200\207"; *wanted; wanted++)
		assert_non_null(memchr(list, (uint8_t)*wanted, length));
	/* The UUID is the client's. */
	const uint8_t *uuid = option_of(&out, 97, &length);

	assert_int_equal(length, 17);
	dhcp_discover(&again, &asked);
	assert_memory_equal(out.bytes, again.bytes, out.length);
	asked.client[5]++;
	dhcp_discover(&again, &asked);
	assert_memory_not_equal(uuid, option_of(&again, 97, &length), length);
}

static void test_discover_of_other_firmware(void **state)
{
	static const uint8_t address[] = {10, 0, 0, 7};
	struct dhcp_question asked = question;
	struct packet out;

	(void)state;
	asked.arch = DHCP_ARCH_HTTP;
	dhcp_discover(&out, &asked);
	assert_option(&out, 60, "HTTPClient:Arch:00016:UNDI:003001", 33);
	assert_option(&out, 93, "\0\x10", 2);
	asked.arch = DHCP_ARCH_BIOS;
	dhcp_boot_request(&out, &asked, address);
	assert_option(&out, 60, "PXEClient:Arch:00000:UNDI:003016", 32);
	assert_option(&out, 53, "\x03", 1);
	assert_int_equal(get16(out.bytes + 10), 0); /* the answer is for the address */
	assert_memory_equal(out.bytes + 12, address, 4);
}

#define OFFERED "\x35\1\2"
#define SERVER "\x36\4\x0a\0\0\1"
#define PXE_CLASS "\x3c\011PXEClient"
#define HTTP_CLASS "\x3c\012HTTPClient"
#define A_URL "\x43\012http://a/b"

/* An answer, and what is wanted of it; texts and addresses that are NULL are empty, or zero. */
struct offer_case {
	const char *name;
	const char *address, *next; /* yiaddr, siaddr */
	struct bytes options;       /* behind the type of an OFFER, unless typed */
	struct bytes file, server;  /* the fields */
	const char *wanted_file, *wanted_name, *wanted_next;
	bool typed, proxy, http;
};

#define ADDRESS .address = "10.0.0.7"

static const struct offer_case offers[] = {
	{"plain", ADDRESS, .options = BYTES(SERVER "\xff")},
	{"fields", ADDRESS, .next = "10.0.0.2", .options = BYTES("\xff"), .file = BYTES("boot.efi"),
		.server = BYTES("tftp"), .wanted_file = "boot.efi", .wanted_name = "tftp",
		.wanted_next = "10.0.0.2"},
	{"options win", ADDRESS, .options = BYTES("\x43\5a.efi\x42\4name\xff"),
		.file = BYTES("boot.efi"), .server = BYTES("tftp"), .wanted_file = "a.efi",
		.wanted_name = "name"},
	{"a NUL ends the name", ADDRESS, .options = BYTES("\x43\013a.efi\0trash\xff"),
		.wanted_file = "a.efi"},
	{"an empty option", ADDRESS, .options = BYTES("\x43\1\0\x42\0\xff"),
		.file = BYTES("boot.efi"), .wanted_file = "boot.efi"},
	{"option 66 is an address", ADDRESS, .options = BYTES("\x42\01010.0.0.3\xff"),
		.wanted_next = "10.0.0.3"},
	{"siaddr wins over it", ADDRESS, .next = "10.0.0.2",
		.options = BYTES("\x42\01010.0.0.3\xff"), .wanted_next = "10.0.0.2"},
	{"sname is an address", ADDRESS, .options = BYTES("\xff"), .server = BYTES("10.0.0.4"),
		.wanted_next = "10.0.0.4"},
	{"no end", ADDRESS, .options = BYTES("\x43\5a.efi"), .wanted_file = "a.efi"},
	{"pads", ADDRESS, .options = BYTES("\0\0\x43\5a.efi\xff"), .wanted_file = "a.efi"},
	{"split", ADDRESS, .options = BYTES("\x43\2a." SERVER "\x43\3efi\xff"),
		.wanted_file = "a.efi"},
	{"overload: file", ADDRESS, .options = BYTES("\x34\1\1\xff"),
		.file = BYTES("\x43\5a.efi\xff"), .server = BYTES("tftp"), .wanted_file = "a.efi",
		.wanted_name = "tftp"},
	{"overload: file, with no name in it", ADDRESS, .options = BYTES("\x34\1\1\xff"),
		.file = BYTES("\x0c\4host\xff")},
	{"overload: sname, with no name in it", ADDRESS, .options = BYTES("\x34\1\2\xff"),
		.server = BYTES("\x0c\4host\xff")},
	{"overload: sname", ADDRESS, .options = BYTES("\x34\1\2\xff"), .file = BYTES("boot.efi"),
		.server = BYTES("\x42\4name\xff"), .wanted_file = "boot.efi",
		.wanted_name = "name"},
	{"overload: both, split over all", ADDRESS, .options = BYTES("\x34\1\3\x43\2a.\xff"),
		.file = BYTES("\103\2ef\xff"), .server = BYTES("\x43\1i\x42\4name\xff"),
		.wanted_file = "a.efi", .wanted_name = "name"},
	{"an option longer than its place", ADDRESS, .options = BYTES(SERVER "\x43\100a.efi"),
		.file = BYTES("boot.efi"), .wanted_file = "boot.efi"},
	{"proxy", .options = BYTES(PXE_CLASS "\xff"), .proxy = true},
	{"HTTP proxy", .options = BYTES(HTTP_CLASS A_URL "\xff"), .wanted_file = "http://a/b",
		.proxy = true, .http = true},
	{"HTTP", ADDRESS, .options = BYTES(HTTP_CLASS A_URL "\xff"), .wanted_file = "http://a/b",
		.http = true},
	{"class of a server with addresses", ADDRESS, .options = BYTES(PXE_CLASS "\xff")},
	{"neither address nor class", .options = BYTES(SERVER "\xff")},
	{"ACK of a port 4011", .next = "10.0.0.2", .options = BYTES("\x35\1\5" PXE_CLASS "\xff"),
		.file = BYTES("boot.efi"), .wanted_file = "boot.efi", .wanted_next = "10.0.0.2",
		.typed = true, .proxy = true},
};

static void put_bytes_at(struct packet *out, size_t at, const struct bytes *bytes)
{
	if (bytes->length > 0)
		memcpy(out->bytes + at, bytes->at, bytes->length);
}

static void make_answer(const struct offer_case *offer, struct packet *out)
{
	packet_clear(out);
	put32(out, 0x02010600);
	put32(out, question.transaction);
	put_zeros(out, 20);
	put(out, question.client, MAC_SIZE);
	put_zeros(out, 10 + 64 + 128);
	put32(out, 0x63825363);
	put(out, OFFERED, offer->typed ? 0 : 3);
	put(out, offer->options.at, offer->options.length);
	if (offer->address)
		inet_pton(AF_INET, offer->address, out->bytes + 16);
	if (offer->next)
		inet_pton(AF_INET, offer->next, out->bytes + 20);
	put_bytes_at(out, 44, &offer->server);
	put_bytes_at(out, 108, &offer->file);
}

static bool is(const char *text, const char *wanted)
{
	return strcmp(text, wanted ? wanted : "") == 0;
}

static void check_offer(const struct offer_case *wanted, const struct dhcp_offer *offer)
{
	char next[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, offer->next_server, next, sizeof(next));
	if (!is(offer->file, wanted->wanted_file) || !is(offer->next_name, wanted->wanted_name) ||
		!is(next, wanted->wanted_next ? wanted->wanted_next : "0.0.0.0"))
		fail_msg("%s: file %s, name %s, next %s", wanted->name, offer->file,
			offer->next_name, next);
	if (offer->proxy != wanted->proxy || offer->http != wanted->http ||
		offer->has_address != (wanted->address != NULL))
		fail_msg("%s: proxy %d, http %d, address %d", wanted->name, offer->proxy,
			offer->http, offer->has_address);
}

static void test_offers(void **state)
{
	struct dhcp_offer offer;
	struct packet out;

	(void)state;
	for (size_t i = 0; i < COUNT(offers); i++) {
		make_answer(&offers[i], &out);
		if (!dhcp_read_offer(out.bytes, out.length, &question, &offer))
			fail_msg("%s: none", offers[i].name);
		check_offer(&offers[i], &offer);
	}
}

/* A proxy's menu: the first item that is not the disk. */
static const struct {
	struct offer_case offer;
	unsigned int wanted;
} menus[] = {
	{{"an item", .options = BYTES(PXE_CLASS "\x2b\x0b\x09\7\x80\1\4boot\xff\xff")}, 0x8001},
	{{"the disk first",
		 .options = BYTES(PXE_CLASS "\x2b\x0f\x09\015\0\0\3dsk\x80\2\4boot\xff")},
		0x8002},
	{{"the disk only", .options = BYTES(PXE_CLASS "\x2b\x08\x09\6\0\0\3dsk\xff")}, 0},
	{{"behind other things", .options = BYTES(PXE_CLASS "\x2b\x0b\6\1\3\x09\6\0\7\3web\xff")},
		7},
	{{"empty", .options = BYTES(PXE_CLASS "\x2b\2\x09\0\xff")}, 0},
	{{"cut", .options = BYTES(PXE_CLASS "\x2b\4\x09\2\x80\1\xff")}, 0},
	{{"a text longer than the menu",
		 .options = BYTES(PXE_CLASS "\x2b\7\x09\5\0\0\xff\x80\3\xff")},
		0},
	{{"longer than its place", .options = BYTES(PXE_CLASS "\x2b\7\x09\x40\x80\1\4bo\xff")}, 0},
	{{"no menu", .options = BYTES(PXE_CLASS "\x2b\3\6\1\3\xff")}, 0},
	{{"of another class", .options = BYTES("\x2b\x0b\x09\7\x80\1\4boot\xff\xff")}, 0},
};

static void test_menus(void **state)
{
	struct dhcp_offer offer;
	struct packet out;

	(void)state;
	for (size_t i = 0; i < COUNT(menus); i++) {
		make_answer(&menus[i].offer, &out);
		if (!dhcp_read_offer(out.bytes, out.length, &question, &offer) ||
			offer.boot_item != menus[i].wanted)
			fail_msg("%s: %x", menus[i].offer.name, offer.boot_item);
	}
}

static void test_menu_request(void **state)
{
	static const uint8_t address[] = {10, 0, 0, 7};
	struct dhcp_question asked = question;
	struct packet out;
	size_t length;

	(void)state;
	asked.boot_item = 0x8001;
	dhcp_boot_request(&out, &asked, address);
	assert_option(&out, 43, "\x47\4\x80\1\0\0\xff", 7);
	dhcp_discover(&out, &asked);
	assert_null(option_of(&out, 43, &length));
	dhcp_boot_request(&out, &question, address);
	assert_null(option_of(&out, 43, &length));
}

/* What is no answer to this question. */
static void test_no_offers(void **state)
{
	static const struct {
		size_t at;
		uint8_t byte;
	} changes[] = {
		{0, 1},   /* a request */
		{1, 6},   /* not Ethernet */
		{2, 16},  /* length of the hardware address */
		{7, 9},   /* transaction */
		{33, 9},  /* client */
		{236, 0}, /* BOOTP without options */
		{242, 1}, /* DISCOVER */
		{240, 54},
	};
	struct dhcp_offer offer;
	struct packet out;

	(void)state;
	for (size_t i = 0; i < COUNT(changes); i++) {
		make_answer(&offers[0], &out);
		out.bytes[changes[i].at] = changes[i].byte;
		if (dhcp_read_offer(out.bytes, out.length, &question, &offer))
			fail_msg("change %zu", i);
	}
}

static void test_nak(void **state)
{
	static const struct offer_case nak = {
		ADDRESS, .options = BYTES("\x35\1\6" SERVER "\xff"), .typed = true};
	struct dhcp_offer offer;
	struct packet out;

	(void)state;
	make_answer(&nak, &out);
	assert_true(dhcp_read_offer(out.bytes, out.length, &question, &offer));
	assert_false(offer.has_address || offer.proxy);
	assert_memory_equal(offer.address, nobody, 16);
	assert_address(offer.server, IPV4, "10.0.0.1");
}

/* A URL in three parts, and one that does not fit. */
static void test_long_file(void **state)
{
	struct dhcp_offer offer;
	struct packet out;

	(void)state;
	for (size_t parts = 1; parts < 6; parts++) {
		const size_t length = parts * 255;

		make_answer(&(struct offer_case){0}, &out);
		for (size_t i = 0; i < parts; i++) {
			put8(&out, 67);
			put8(&out, 255);
			for (size_t j = 0; j < 255; j++)
				put8(&out, (unsigned int)('a' + i));
		}
		put8(&out, 255);
		assert_true(dhcp_read_offer(out.bytes, out.length, &question, &offer));
		assert_int_equal(
			strlen(offer.file), length < DHCP_FILE_SIZE ? length : DHCP_FILE_SIZE - 1);
		for (size_t i = 0; offer.file[i]; i++)
			assert_int_equal(offer.file[i], 'a' + i / 255);
	}
}

static void test_recorded_offers(void **state)
{
	static const struct {
		const char *name, *file;
		bool proxy, http;
		uint16_t from_port;
	} cases[] = {
		{"offer-offload", "boot.ipxe", false, false, 67},
		{"offer-http", "http://192.168.50.1/a.efi", false, true, 67},
		{"offer-proxy", "", true, false, 67},
		{"boot-ack", "boot.efi", true, false, 4011},
	};
	struct dhcp_question asked = question;
	uint8_t bytes[PACKET_SIZE];
	struct dhcp_offer offer;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct datagram datagram = recorded_datagram(cases[i].name, bytes);

		assert_int_equal(datagram.flow.from_port, cases[i].from_port);
		assert_true(dhcp_read_offer(datagram.data, datagram.length, &asked, &offer));
		assert_string_equal(offer.file, cases[i].file);
		assert_string_equal(offer.next_name, "");
		assert_int_equal(offer.proxy, cases[i].proxy);
		assert_int_equal(offer.http, cases[i].http);
		assert_address(offer.server, IPV4, "192.168.50.1");
		assert_address(offer.next_server, IPV4, "192.168.50.1");
		assert_int_equal(offer.has_address, !cases[i].proxy);
		if (offer.has_address) {
			assert_address(offer.address, IPV4, "192.168.50.81");
			assert_address(offer.netmask, IPV4, "255.255.255.0");
			assert_address(offer.router, IPV4, "192.168.50.1");
			assert_int_equal(offer.lease, 3600);
		}
		asked.transaction++;
		assert_false(dhcp_read_offer(datagram.data, datagram.length, &asked, &offer));
		asked.transaction--;
	}
}

/* ---- DHCPv6 --------------------------------------------------------------- */

static void test_solicit(void **state)
{
	static const uint8_t start[] = {1, 1, 2, 3, 0, 1, 0, 10, 0, 3, 0, 1, RECORDED_CLIENT, 0, 3,
		0, 12, 0, 1, 2, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0, 2, 0xff, 0xdc, 0, 6, 0, 6, 0,
		59, 0, 60, 0, 23, 0, 62, 0, 3, 1, 3, 16, 0, 61, 0, 2, 0, 7, 0, 16, 0, 38, 0, 0, 1,
		0x57, 0, 32};
	static const char class[] = "PXEClient:Arch:00007:UNDI:003016";
	struct dhcp_question asked = question;
	struct packet out;

	(void)state;
	asked.seconds = 1000;
	asked.transaction = 0xff010203;
	dhcp6_solicit(&out, &asked);
	assert_int_equal(out.length, sizeof(start) + strlen(class));
	assert_memory_equal(out.bytes, start, sizeof(start));
	assert_memory_equal(out.bytes + sizeof(start), class, strlen(class));
}

#define SERVER6 "\0\2\0\4\0\3\0\1"
#define CLIENT6 "\0\1\0\x0a\0\3\0\1\x52\x54\0\1\2\3"
#define BOTH6 CLIENT6 SERVER6
#define ADDRESS6 "\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\7"
#define TIMES "\0\0\0\0\0\0\0\0"
#define IA(length) "\0\3\0" length "\0\1\2\3" TIMES
#define IAADDR(length, valid) "\0\5\0" length ADDRESS6 "\0\0\0\1\0\0\0" valid
#define STATUS(code) "\0\x0d\0\2\0" code
#define GOOD6 IA("\x28") IAADDR("\x18", "\x0a")
#define URL6 "\0\x3b\0\x0atftp://a/b"
#define PXE_CLASS6 "\0\x10\0\x0f\0\0\1\x57\0\011PXEClient"
#define HTTP_CLASS6 "\0\x10\0\x10\0\0\1\x57\0\012HTTPClient"

static const struct advertise_case {
	const char *name;
	struct bytes options;
	const char *wanted_file; /* or NULL */
	bool none, address, proxy, http;
} advertises[] = {
	{.name = "address", .options = BYTES(BOTH6 GOOD6), .address = true},
	{.name = "with a URL",
		.options = BYTES(BOTH6 URL6 GOOD6),
		.wanted_file = "tftp://a/b",
		.address = true},
	{.name = "success",
		.options = BYTES(BOTH6 STATUS("\0") IA("\x34") IAADDR("\x1e", "\x0a") STATUS("\0")
				STATUS("\0")),
		.address = true},
	{.name = "no addresses, in the association",
		.options = BYTES(BOTH6 IA("\x12") STATUS("\2"))},
	{.name = "no addresses, although there is one",
		.options = BYTES(BOTH6 IA("\x2e") STATUS("\2") IAADDR("\x18", "\x0a"))},
	{.name = "no addresses, at the top", .options = BYTES(BOTH6 GOOD6 STATUS("\2"))},
	{.name = "no addresses, in the address",
		.options = BYTES(BOTH6 IA("\x2e") IAADDR("\x1e", "\x0a") STATUS("\2"))},
	{.name = "no lifetime", .options = BYTES(BOTH6 IA("\x28") IAADDR("\x18", "\0"))},
	{.name = "another association",
		.options = BYTES(BOTH6 "\0\3\0\x28\0\1\2\4" TIMES IAADDR("\x18", "\x0a"))},
	{.name = "the second association",
		.options = BYTES(BOTH6 IA("\x0c") GOOD6),
		.address = true},
	{.name = "short address", .options = BYTES(BOTH6 IA("\x20") "\0\5\0\x10" ADDRESS6)},
	{.name = "proxy",
		.options = BYTES(BOTH6 URL6 PXE_CLASS6),
		.wanted_file = "tftp://a/b",
		.proxy = true},
	{.name = "HTTP", .options = BYTES(BOTH6 HTTP_CLASS6 GOOD6), .address = true, .http = true},
	{.name = "an option longer than what is left", .options = BYTES(BOTH6 "\0\x3b\0\x40tftp")},
	{.name = "no server", .options = BYTES(CLIENT6 GOOD6), .none = true},
	{.name = "no client", .options = BYTES(SERVER6 GOOD6), .none = true},
	{.name = "another client",
		.options = BYTES("\0\1\0\x0a\0\3\0\1\x52\x54\0\1\2\4" SERVER6),
		.none = true},
	{.name = "nothing", .options = BYTES(""), .none = true},
};

static void make_advertise(const struct advertise_case *advertise, struct packet *out)
{
	packet_clear(out);
	put32(out, 0x02010203);
	put(out, advertise->options.at, advertise->options.length);
}

static void check_advertise(const struct advertise_case *wanted, const struct dhcp_offer *offer)
{
	if (offer->has_address != wanted->address || offer->proxy != wanted->proxy ||
		offer->http != wanted->http || !is(offer->file, wanted->wanted_file))
		fail_msg("%s: address %d, proxy %d, http %d, file %s", wanted->name,
			offer->has_address, offer->proxy, offer->http, offer->file);
	if (offer->has_address)
		assert_address(offer->address, IPV6, "fd00::7");
	assert_int_equal(offer->lease, offer->has_address ? 10 : 0);
}

static void test_advertises(void **state)
{
	struct dhcp_offer offer;
	struct packet out;

	(void)state;
	for (size_t i = 0; i < COUNT(advertises); i++) {
		const struct advertise_case *wanted = &advertises[i];

		make_advertise(wanted, &out);
		if (dhcp6_read_advertise(out.bytes, out.length, &question, &offer) == wanted->none)
			fail_msg("%s: answer %d", wanted->name, wanted->none);
		if (wanted->none)
			continue;
		check_advertise(wanted, &offer);
		out.bytes[0] = 7; /* a reply */
		assert_false(dhcp6_read_advertise(out.bytes, out.length, &question, &offer));
	}
}

static void test_recorded_advertise(void **state)
{
	uint8_t bytes[PACKET_SIZE];
	const struct datagram datagram = recorded_datagram("advertise-offload", bytes);
	struct dhcp_offer offer;

	(void)state;
	assert_int_equal(datagram.flow.from_port, 547);
	assert_true(dhcp6_read_advertise(datagram.data, datagram.length, &question, &offer));
	assert_true(offer.has_address);
	assert_address(offer.address, IPV6, "fd00:50::158");
	assert_string_equal(offer.file, "tftp://[fd00:50::1]/boot.ipxe");
	assert_int_equal(offer.lease, 3600);
	assert_false(offer.http || offer.proxy);
}

/* ---- TFTP ----------------------------------------------------------------- */

static void test_tftp_requests(void **state)
{
	static const char wanted[] = "\0\1a/b\0octet\0tsize\0"
				     "0\0blksize\0"
				     "1432";
	char name[600];
	struct packet out;

	(void)state;
	assert_true(tftp_read_request(&out, "a/b"));
	assert_int_equal(out.length, sizeof(wanted));
	assert_memory_equal(out.bytes, wanted, sizeof(wanted));
	memset(name, 'a', sizeof(name));
	name[512 - sizeof(wanted) + 3] = '\0';
	assert_true(tftp_read_request(&out, name));
	assert_int_equal(out.length, 512);
	name[512 - sizeof(wanted) + 3] = 'a';
	name[512 - sizeof(wanted) + 4] = '\0';
	assert_false(tftp_read_request(&out, name));
	tftp_ack(&out, 0x10007);
	assert_int_equal(out.length, 4);
	assert_int_equal(get32(out.bytes), 0x00040007);
	tftp_abort(&out);
	assert_int_equal(get32(out.bytes), 0x00050000);
	assert_int_equal(out.bytes[out.length - 1], 0);
}

/* A message, and what is wanted of it; block_size 0 is the plain one. */
static const struct message_case {
	const char *name;
	struct bytes bytes;
	const char *text; /* or NULL */
	unsigned long long size;
	size_t data_length, block_size;
	enum tftp_kind kind;
	unsigned int number; /* block or code */
	bool none, has_size;
} messages[] = {
	{.name = "data",
		.bytes = BYTES("\0\3\1\2abc"),
		.kind = TFTP_DATA,
		.number = 0x102,
		.data_length = 3},
	{.name = "no data", .bytes = BYTES("\0\3\0\1"), .kind = TFTP_DATA, .number = 1},
	{.name = "short data", .bytes = BYTES("\0\3\0"), .none = true},
	{.name = "error",
		.bytes = BYTES("\0\5\0\1no\0more"),
		.text = "no",
		.kind = TFTP_ERROR,
		.number = 1},
	{.name = "error without an end",
		.bytes = BYTES("\0\5\0\1no"),
		.text = "no",
		.kind = TFTP_ERROR,
		.number = 1},
	{.name = "short error", .bytes = BYTES("\0\5\0"), .none = true},
	{.name = "options",
		.bytes = BYTES("\0\6tsize\0001048576\0blksize\0001432\0"),
		.kind = TFTP_OPTIONS,
		.has_size = true,
		.size = 1048576,
		.block_size = 1432},
	{.name = "in capitals",
		.bytes = BYTES("\0\6TSIZE\0005\0BlkSize\0008\0"),
		.kind = TFTP_OPTIONS,
		.has_size = true,
		.size = 5,
		.block_size = 8},
	{.name = "none", .bytes = BYTES("\0\6"), .kind = TFTP_OPTIONS},
	{.name = "unknown ones", .bytes = BYTES("\0\6window\0x\0"), .kind = TFTP_OPTIONS},
	{.name = "size is no number", .bytes = BYTES("\0\6tsize\0-5\0"), .kind = TFTP_OPTIONS},
	{.name = "size is too large",
		.bytes = BYTES("\0\6tsize\00099999999999999999999999\0"),
		.kind = TFTP_OPTIONS},
	{.name = "block size is too large", .bytes = BYTES("\0\6blksize\0001433\0"), .none = true},
	{.name = "block size is too small", .bytes = BYTES("\0\6blksize\0007\0"), .none = true},
	{.name = "no value", .bytes = BYTES("\0\6tsize\0"), .none = true},
	{.name = "value without an end", .bytes = BYTES("\0\6tsize\0005"), .none = true},
	{.name = "read request", .bytes = BYTES("\0\1a\0octet\0")},
	{.name = "acknowledgement", .bytes = BYTES("\0\4\0\1")},
	{.name = "unknown", .bytes = BYTES("\0\7\0\1"), .none = true},
	{.name = "a byte", .bytes = BYTES("\0"), .none = true},
};

static bool is_message(const struct message_case *wanted, const struct tftp_message *message)
{
	const size_t block_size = wanted->block_size ? wanted->block_size : TFTP_PLAIN_BLOCK_SIZE;

	return message->kind == wanted->kind && message->block + message->code == wanted->number &&
	       message->length == wanted->data_length && is(message->text, wanted->text) &&
	       message->has_size == wanted->has_size && message->size == wanted->size &&
	       message->block_size == block_size;
}

static void test_tftp_messages(void **state)
{
	struct tftp_message message;

	(void)state;
	for (size_t i = 0; i < COUNT(messages); i++) {
		const struct message_case *wanted = &messages[i];
		uint8_t *bytes = exactly(wanted->bytes.at, wanted->bytes.length);

		if (tftp_read(bytes, wanted->bytes.length, &message) == wanted->none)
			fail_msg("%s: read %d", wanted->name, wanted->none);
		if (!wanted->none && !is_message(wanted, &message))
			fail_msg("%s", wanted->name);
		free(bytes);
	}
}

static void test_long_tftp_error(void **state)
{
	uint8_t bytes[512] = {0, 5, 0, 0};
	struct tftp_message message;

	(void)state;
	memset(bytes + 4, 'e', sizeof(bytes) - 4);
	assert_true(tftp_read(bytes, sizeof(bytes), &message));
	assert_int_equal(strlen(message.text), sizeof(message.text) - 1);
}

static void test_recorded_tftp(void **state)
{
	uint8_t bytes[PACKET_SIZE];
	struct datagram datagram = recorded_datagram("tftp-options", bytes);
	struct tftp_message message;

	(void)state;
	assert_true(tftp_read(datagram.data, datagram.length, &message));
	assert_int_equal(message.kind, TFTP_OPTIONS);
	assert_int_equal(message.size, 7);
	assert_int_equal(message.block_size, TFTP_BLOCK_SIZE);
	datagram = recorded_datagram("tftp-data", bytes);
	assert_true(tftp_read(datagram.data, datagram.length, &message));
	assert_int_equal(message.block, 1);
	assert_int_equal(message.length, 7);
	assert_memory_equal(message.data, "#!ipxe\n", 7);
	datagram = recorded_datagram("tftp-error", bytes);
	assert_true(tftp_read(datagram.data, datagram.length, &message));
	assert_int_equal(message.code, 1);
	assert_string_equal(message.text, "file /run/tftp/missing not found for 192.168.50.81");
}

/* ---- What is cut off ------------------------------------------------------ */

/* All readers; what they take from it is another test's. */
static void read_cuts(const uint8_t *bytes, size_t length)
{
	struct tftp_message message;
	struct dhcp_offer offer;

	for (size_t cut = 0; cut <= length; cut++) {
		uint8_t *data = exactly(bytes, cut);

		if (dhcp_read_offer(data, cut, &question, &offer))
			assert_in_range(cut, 243, length);
		dhcp6_read_advertise(data, cut, &question, &offer);
		tftp_read(data, cut, &message);
		free(data);
	}
}

static void test_cut(void **state)
{
	static const char *const names[] = {"offer-offload", "offer-http", "boot-ack",
		"advertise-offload", "tftp-options", "tftp-data", "tftp-error"};
	uint8_t bytes[PACKET_SIZE];
	struct packet out;

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		const struct datagram datagram = recorded_datagram(names[i], bytes);

		read_cuts(datagram.data, datagram.length);
	}
	for (size_t i = 0; i < COUNT(offers); i++) {
		make_answer(&offers[i], &out);
		read_cuts(out.bytes, out.length);
	}
	for (size_t i = 0; i < COUNT(advertises); i++) {
		make_advertise(&advertises[i], &out);
		read_cuts(out.bytes, out.length);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_discover),
		cmocka_unit_test(test_discover_of_other_firmware),
		cmocka_unit_test(test_offers),
		cmocka_unit_test(test_menus),
		cmocka_unit_test(test_menu_request),
		cmocka_unit_test(test_no_offers),
		cmocka_unit_test(test_nak),
		cmocka_unit_test(test_long_file),
		cmocka_unit_test(test_recorded_offers),
		cmocka_unit_test(test_solicit),
		cmocka_unit_test(test_advertises),
		cmocka_unit_test(test_recorded_advertise),
		cmocka_unit_test(test_tftp_requests),
		cmocka_unit_test(test_tftp_messages),
		cmocka_unit_test(test_long_tftp_error),
		cmocka_unit_test(test_recorded_tftp),
		cmocka_unit_test(test_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
