// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Packets, from bytes and to bytes. Those in tests/fuzz/corpus/packet were recorded: what dnsmasq
 * 2.90 sent on a bridge of Linux 6.18 to the client below, as a card got it.
 */
#include "test.h"

#include "dhcp.h"
#include "tftp.h"
#include "wire.h"

#include <arpa/inet.h>

#define CORPUS "tests/fuzz/corpus/packet/"

#define CLIENT 0x52, 0x54, 0, 1, 2, 3

static const struct dhcp_question question = {
	.client = {CLIENT}, .transaction = 0x00010203, .arch = DHCP_ARCH_EFI};
static const uint8_t nobody[16];

/* Bytes of exactly that size, so that a sanitizer sees what reads beyond them; freed by the
 * caller. */
static uint8_t *exactly(const uint8_t *bytes, size_t length)
{
	uint8_t *copy = malloc(length ? length : 1);

	assert_non_null(copy);
	memcpy(copy, bytes, length);
	return copy;
}

static size_t recorded(const char *name, uint8_t bytes[PACKET_SIZE])
{
	char path[128];

	snprintf(path, sizeof(path), CORPUS "%s", name);
	FILE *file = fopen(path, "re");

	assert_non_null(file);
	const size_t length = fread(bytes, 1, PACKET_SIZE, file);

	fclose(file);
	assert_in_range(length, FRAME_CARD_HEADER + ETHER_SIZE, PACKET_SIZE - 1);
	return length;
}

/* The datagram in it; @bytes has to stay. */
static struct datagram recorded_datagram(const char *name, uint8_t bytes[PACKET_SIZE])
{
	const size_t length = recorded(name, bytes);
	struct datagram datagram;

	assert_true(frame_read_udp(bytes, length, &datagram));
	return datagram;
}

static void assert_address(const uint8_t *address, enum ip_family family, const char *wanted)
{
	char text[INET6_ADDRSTRLEN];

	inet_ntop(family == IPV4 ? AF_INET : AF_INET6, address, text, sizeof(text));
	assert_string_equal(text, wanted);
}

/* ---- Bytes ---------------------------------------------------------------- */

static void test_bytes(void **state)
{
	static const uint8_t wanted[] = {'a', 0, 0, 1, 2, 3, 0xf4, 5, 6, 7};
	struct packet packet;

	(void)state;
	packet_clear(&packet);
	put(&packet, "a", 1);
	put_zeros(&packet, 2);
	put8(&packet, 1);
	put16(&packet, 0x0203);
	put32(&packet, 0xf4050607);
	assert_int_equal(packet.length, sizeof(wanted));
	assert_memory_equal(packet.bytes, wanted, sizeof(wanted));
	assert_int_equal(get16(wanted + 4), 0x0203);
	assert_int_equal(get32(wanted + 6), 0xf4050607);
	set16(packet.bytes, 0x1fffe);
	assert_int_equal(get16(packet.bytes), 0xfffe);
}

static void test_too_long(void **state)
{
	struct packet packet;

	(void)state;
	packet_clear(&packet);
	put_zeros(&packet, PACKET_SIZE - 1);
	assert_false(packet.too_long);
	put16(&packet, 1);
	assert_true(packet.too_long);
	assert_int_equal(packet.length, PACKET_SIZE - 1);
	put8(&packet, 1);
	assert_int_equal(packet.length, PACKET_SIZE);
	put_zeros(&packet, SIZE_MAX);
	assert_int_equal(packet.length, PACKET_SIZE);
	packet_clear(&packet);
	assert_false(packet.too_long);
}

/* ---- Frames --------------------------------------------------------------- */

static struct flow a_flow(enum ip_family family)
{
	struct flow flow = {.family = family,
		.from_mac = {CLIENT},
		.to_mac = {2, 0, 0, 0, 0, 9},
		.from_port = 68,
		.to_port = 67};

	inet_pton(family == IPV4 ? AF_INET : AF_INET6, family == IPV4 ? "10.0.0.7" : "fd00::7",
		flow.from);
	inet_pton(family == IPV4 ? AF_INET : AF_INET6, family == IPV4 ? "10.0.0.1" : "fd00::1",
		flow.to);
	return flow;
}

static void write_text(struct packet *out, enum ip_family family, const char *text)
{
	const struct flow flow = a_flow(family);
	struct packet data;

	packet_clear(&data);
	put(&data, text, strlen(text));
	frame_write_udp(out, &flow, &data);
}

static void test_write_and_read(void **state)
{
	static const char *const texts[] = {"", "odd", "even"};
	struct datagram datagram;
	struct packet out;

	(void)state;
	for (int family = 0; family < IP_FAMILIES; family++) {
		const struct flow flow = a_flow((enum ip_family)family);

		for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
			write_text(&out, (enum ip_family)family, texts[i]);
			assert_true(frame_read_udp(out.bytes, out.length, &datagram));
			assert_memory_equal(&datagram.flow, &flow, sizeof(flow));
			assert_int_equal(datagram.length, strlen(texts[i]));
			assert_memory_equal(datagram.data, texts[i], datagram.length);
			assert_false(datagram.partial || datagram.tagged);
			assert_int_equal(datagram.offload, FRAME_CHECKSUM_OK);
			assert_int_equal(datagram.firmware, FRAME_CHECKSUM_OK);
		}
	}
}

/* A sum that comes out as zero is sent as the other zero. */
static void test_checksum_is_never_zero(void **state)
{
	const struct flow flow = a_flow(IPV4);
	struct datagram datagram;
	struct packet data, out;

	(void)state;
	packet_clear(&data);
	put16(&data, 0);
	frame_write_udp(&out, &flow, &data);
	const size_t udp_at = FRAME_CARD_HEADER + ETHER_SIZE + IP4_SIZE;

	set16(data.bytes, get16(out.bytes + udp_at + UDP_CHECKSUM_AT));
	frame_write_udp(&out, &flow, &data);
	assert_int_equal(get16(out.bytes + udp_at + UDP_CHECKSUM_AT), 0xffff);
	assert_true(frame_read_udp(out.bytes, out.length, &datagram));
	assert_int_equal(datagram.offload, FRAME_CHECKSUM_OK);
}

static void test_write_too_long(void **state)
{
	const struct flow flow = a_flow(IPV4);
	struct packet data, out;

	(void)state;
	packet_clear(&data);
	put_zeros(&data, PACKET_SIZE - FRAME_CARD_HEADER - ETHER_SIZE - IP4_SIZE - UDP_SIZE);
	frame_write_udp(&out, &flow, &data);
	assert_int_equal(out.length, PACKET_SIZE);
	put8(&data, 0);
	frame_write_udp(&out, &flow, &data);
	assert_true(out.too_long);
	assert_int_equal(out.length, 0);
}

/* What is in a checksum's field. */
enum field { COMPLETE, PSEUDO, ZERO, WRONG };

enum { HERE = 0xffff }; /* csum_start: the UDP header */

struct view {
	const char *name;
	enum ip_family family;
	enum field field;
	bool partial;
	unsigned int gso_type;
	unsigned int start;
	unsigned int offset;
	enum frame_checksum offload, firmware;
};

static void set_host16(uint8_t *bytes, unsigned int value)
{
	const uint16_t host = (uint16_t)value;

	memcpy(bytes, &host, sizeof(host));
}

static void make_view(const struct view *view, struct packet *out)
{
	const struct flow flow = a_flow(view->family);
	const size_t udp_at = ETHER_SIZE + (view->family == IPV4 ? IP4_SIZE : IP6_SIZE);

	write_text(out, view->family, "checked");
	uint8_t *field = out->bytes + FRAME_CARD_HEADER + udp_at + UDP_CHECKSUM_AT;
	const unsigned int complete = get16(field);
	const unsigned int values[] = {
		[COMPLETE] = complete,
		[PSEUDO] = wire_fold(wire_pseudo_sum(&flow, PROTO_UDP, UDP_SIZE + 7)),
		[ZERO] = 0,
		[WRONG] = complete ^ 0x100,
	};

	set16(field, values[view->field]);
	out->bytes[0] = view->partial;
	out->bytes[1] = (uint8_t)view->gso_type;
	set_host16(out->bytes + 6, view->start == HERE ? (unsigned int)udp_at : view->start);
	set_host16(out->bytes + 8, view->offset);
}

#define NONE FRAME_CHECKSUM_ZERO
#define GOOD FRAME_CHECKSUM_OK
#define BAD FRAME_CHECKSUM_BAD

static void test_checksums(void **state)
{
	static const struct view views[] = {
		{"complete", IPV4, COMPLETE, false, 0, 0, 0, GOOD, GOOD},
		{"complete, IPv6", IPV6, COMPLETE, false, 0, 0, 0, GOOD, GOOD},
		{"damaged", IPV4, WRONG, false, 0, 0, 0, BAD, BAD},
		{"damaged, IPv6", IPV6, WRONG, false, 0, 0, 0, BAD, BAD},
		{"not computed", IPV4, ZERO, false, 0, 0, 0, NONE, NONE},
		{"not computed, IPv6", IPV6, ZERO, false, 0, 0, 0, BAD, BAD},
		{"pseudo header's, but nobody says so", IPV4, PSEUDO, false, 0, 0, 0, BAD, BAD},
		{"partial", IPV4, PSEUDO, true, 0, HERE, 6, BAD, GOOD},
		{"partial, IPv6", IPV6, PSEUDO, true, 0, HERE, 6, BAD, GOOD},
		{"partial, then udp checksum set 0", IPV4, ZERO, true, 0, HERE, 6, NONE, BAD},
		{"the same, IPv6", IPV6, ZERO, true, 0, HERE, 6, BAD, BAD},
		{"complete, but called partial", IPV4, COMPLETE, true, 0, HERE, 6, GOOD, BAD},
		{"damaged, and called partial", IPV4, WRONG, true, 0, HERE, 6, BAD, BAD},
		{"beyond the frame", IPV4, PSEUDO, true, 0, 0x4000, 6, BAD, BAD},
		{"field beyond the frame", IPV4, PSEUDO, true, 0, HERE, 0x4000, BAD, BAD},
		{"field in the Ethernet header", IPV4, COMPLETE, true, 0, 0, 6, GOOD, BAD},
		{"field in the data", IPV4, COMPLETE, true, 0, HERE, 9, GOOD, BAD},
		{"field in the data of what is not computed", IPV4, ZERO, true, 0, HERE, 9, NONE,
			NONE},
		{"large, to be cut", IPV4, PSEUDO, true, 5, HERE, 6, GOOD, GOOD},
		{"large, to be cut, IPv6", IPV6, PSEUDO, true, 5, HERE, 6, GOOD, GOOD},
	};
	struct datagram datagram;
	struct packet out;

	(void)state;
	for (size_t i = 0; i < sizeof(views) / sizeof(views[0]); i++) {
		const struct view *view = &views[i];

		make_view(view, &out);
		if (!frame_read_udp(out.bytes, out.length, &datagram) ||
			datagram.partial != view->partial || datagram.offload != view->offload ||
			datagram.firmware != view->firmware)
			fail_msg("%s: offload %d, firmware %d", view->name, datagram.offload,
				datagram.firmware);
	}
}

#undef NONE
#undef GOOD
#undef BAD

/* The kernel sums up what is behind the datagram, too. */
static void test_checksum_of_padding(void **state)
{
	static const struct view partial = {
		.family = IPV4, .field = PSEUDO, .partial = true, .start = HERE, .offset = 6};
	struct datagram datagram;
	struct packet out;

	(void)state;
	make_view(&partial, &out);
	put_zeros(&out, 5);
	assert_true(frame_read_udp(out.bytes, out.length, &datagram));
	assert_int_equal(datagram.firmware, FRAME_CHECKSUM_OK);
	out.bytes[out.length - 1] = 1;
	assert_true(frame_read_udp(out.bytes, out.length, &datagram));
	assert_int_equal(datagram.firmware, FRAME_CHECKSUM_BAD);
}

/* The same answers with and without offload: the second ones were completed by the kernel. */
static void test_recorded_checksums(void **state)
{
	static const char *const names[][2] = {
		{"offer-offload", "offer-firmware"}, {"advertise-offload", "advertise-firmware"}};
	uint8_t bytes[PACKET_SIZE];
	struct datagram datagram;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		datagram = recorded_datagram(names[i][0], bytes);
		assert_true(datagram.partial);
		assert_int_equal(datagram.offload, FRAME_CHECKSUM_BAD);
		assert_int_equal(datagram.firmware, FRAME_CHECKSUM_OK);
		datagram = recorded_datagram(names[i][1], bytes);
		assert_false(datagram.partial);
		assert_int_equal(datagram.offload, FRAME_CHECKSUM_OK);
		assert_int_equal(datagram.firmware, FRAME_CHECKSUM_OK);
	}
}

/* Put @count VLAN tags into a frame. */
static void tag(struct packet *frame, unsigned int count)
{
	const struct packet old = *frame;
	const size_t addresses = FRAME_CARD_HEADER + ETHER_SIZE - 2;

	frame->length = addresses;
	for (unsigned int i = 0; i < count; i++) {
		put16(frame, i + 1 == count ? TYPE_VLAN : TYPE_SERVICE_VLAN);
		put16(frame, 0xe000 + 7 + i);
	}
	put(frame, old.bytes + addresses, old.length - addresses);
}

static void test_tags(void **state)
{
	struct datagram datagram;
	struct packet out;

	(void)state;
	for (unsigned int count = 1; count <= 3; count++) {
		write_text(&out, IPV6, "tagged");
		tag(&out, count);
		assert_int_equal(frame_read_udp(out.bytes, out.length, &datagram), count <= 2);
		if (count == 3)
			continue;
		assert_true(datagram.tagged);
		assert_int_equal(datagram.vlan, 7);
		assert_memory_equal(datagram.data, "tagged", 6);
		assert_int_equal(datagram.offload, FRAME_CHECKSUM_OK);
	}
}

/* One byte of a frame is another one: then it is no UDP datagram. */
static void test_no_datagrams(void **state)
{
	static const struct {
		enum ip_family family;
		size_t at; /* behind the Ethernet header */
		uint8_t byte;
	} changes[] = {
		{IPV4, 0, 0x65}, /* version */
		{IPV4, 0, 0x44}, /* header's length */
		{IPV4, 0, 0x4f},
		{IPV4, 3, 255}, /* total length */
		{IPV4, 3, 19},
		{IPV4, 6, 0x20}, /* more fragments */
		{IPV4, 7, 1},    /* fragment offset */
		{IPV4, 9, 6},    /* TCP */
		{IPV4, IP4_SIZE + 5, 7},
		{IPV4, IP4_SIZE + 4, 1},
		{IPV6, 0, 0x40},
		{IPV6, 5, 255},
		{IPV6, 5, 7},
		{IPV6, 6, 44}, /* a fragment */
		{IPV6, IP6_SIZE + 5, 255},
	};
	struct datagram datagram;
	struct packet out;

	(void)state;
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		write_text(&out, changes[i].family, "data");
		out.bytes[FRAME_CARD_HEADER + ETHER_SIZE + changes[i].at] = changes[i].byte;
		if (frame_read_udp(out.bytes, out.length, &datagram))
			fail_msg("change %zu", i);
	}
}

/* ---- ARP and neighbour discovery ------------------------------------------ */

static struct frame_identity an_identity(void)
{
	struct frame_identity identity = {.mac = {2, 0, 0, 0, 0, 5}, .has4 = true, .has6 = true};

	inet_pton(AF_INET, "10.0.0.5", identity.address4);
	frame_link_local(identity.mac, identity.address6);
	return identity;
}

static void test_link_local(void **state)
{
	const struct frame_identity identity = an_identity();

	(void)state;
	assert_address(identity.address6, IPV6, "fe80::ff:fe00:5");
}

/* One card asks, another one answers, and the first one reads it. */
static void test_neighbours(void **state)
{
	const struct frame_identity answers = an_identity();
	struct frame_identity asks = {.mac = {CLIENT}};
	struct packet request, answer;
	uint8_t mac[MAC_SIZE];

	(void)state;
	inet_pton(AF_INET, "10.0.0.7", asks.address4);
	frame_link_local(asks.mac, asks.address6);
	for (int i = 0; i < 4; i++) {
		const enum ip_family family = i % 2 ? IPV6 : IPV4;
		const uint8_t *address = family == IPV4 ? answers.address4 : answers.address6;
		const uint8_t *other = family == IPV4 ? asks.address4 : asks.address6;

		asks.has4 = asks.has6 = i < 2;
		frame_write_neighbour_request(&request, &asks, family, address);
		assert_true(
			frame_answer_neighbour(request.bytes, request.length, &answers, &answer));
		assert_true(
			frame_read_neighbour(answer.bytes, answer.length, family, address, mac));
		assert_memory_equal(mac, answers.mac, MAC_SIZE);
		assert_false(frame_read_neighbour(answer.bytes, answer.length, family, other, mac));
		assert_false(
			frame_read_neighbour(request.bytes, request.length, family, address, mac));
		assert_false(
			frame_answer_neighbour(answer.bytes, answer.length, &answers, &request));
	}
}

static void test_neighbours_of_others(void **state)
{
	struct frame_identity us = an_identity(), asks = {.mac = {CLIENT}, .has4 = true};
	struct packet request, answer;

	(void)state;
	for (int family = 0; family < IP_FAMILIES; family++) {
		const uint8_t *address = family == IPV4 ? us.address4 : us.address6;

		frame_write_neighbour_request(&request, &asks, (enum ip_family)family, address);
		us.has4 = us.has6 = false;
		assert_false(frame_answer_neighbour(request.bytes, request.length, &us, &answer));
		us.has4 = us.has6 = true;
		/* To another card. */
		request.bytes[FRAME_CARD_HEADER] = 2;
		assert_false(frame_answer_neighbour(request.bytes, request.length, &us, &answer));
		frame_write_neighbour_request(&request, &asks, (enum ip_family)family, address);
		tag(&request, 1);
		assert_false(frame_answer_neighbour(request.bytes, request.length, &us, &answer));
	}
}

static void test_recorded_neighbours(void **state)
{
	struct frame_identity identity = {.mac = {CLIENT}, .has4 = true, .has6 = true};
	uint8_t bytes[PACKET_SIZE], address[16], mac[MAC_SIZE];
	struct packet answer;
	size_t length;

	(void)state;
	frame_link_local(identity.mac, identity.address6);
	inet_pton(AF_INET, "192.168.50.77", identity.address4);
	length = recorded("arp-request", bytes);
	assert_true(frame_answer_neighbour(bytes, length, &identity, &answer));
	length = recorded("nd-request", bytes);
	assert_true(frame_answer_neighbour(bytes, length, &identity, &answer));
	bytes[length - 1] ^= 1; /* the sum is wrong then */
	assert_false(frame_answer_neighbour(bytes, length, &identity, &answer));
	length = recorded("arp-reply", bytes);
	inet_pton(AF_INET, "192.168.50.1", address);
	assert_true(frame_read_neighbour(bytes, length, IPV4, address, mac));
	assert_memory_equal(mac, bytes + FRAME_CARD_HEADER + MAC_SIZE, MAC_SIZE);
	bytes[FRAME_CARD_HEADER + ETHER_SIZE + 8] |= 1;
	assert_false(frame_read_neighbour(bytes, length, IPV4, address, mac));
	length = recorded("nd-reply", bytes);
	inet_pton(AF_INET6, "fd00:50::1", address);
	assert_true(frame_read_neighbour(bytes, length, IPV6, address, mac));
	assert_memory_equal(mac, bytes + FRAME_CARD_HEADER + MAC_SIZE, MAC_SIZE);
}

/* ---- Routers -------------------------------------------------------------- */

static void test_router(void **state)
{
	uint8_t bytes[PACKET_SIZE];
	const size_t length = recorded("router", bytes);
	uint8_t *ip = bytes + FRAME_CARD_HEADER + ETHER_SIZE;
	struct router_advert advert;

	(void)state;
	assert_true(router_read(bytes, length, &advert));
	assert_true(advert.managed && advert.other);
	assert_memory_equal(advert.address, ip + 8, 16);
	ip[7] = 64; /* came by way of a router */
	assert_false(router_read(bytes, length, &advert));
	ip[7] = 255;
	ip[IP6_SIZE + 5] = 0;
	assert_false(router_read(bytes, length, &advert));
	set16(ip + IP6_SIZE + 2, get16(ip + IP6_SIZE + 2) + 0xc0);
	assert_true(router_read(bytes, length, &advert));
	assert_false(advert.managed || advert.other);
}

static void test_router_solicitation(void **state)
{
	static const uint8_t mac[] = {CLIENT}, to[] = {0x33, 0x33, 0, 0, 0, 2};
	struct router_advert advert;
	struct icmp6 icmp6;
	struct packet out;
	uint8_t found[MAC_SIZE];

	(void)state;
	router_solicit(&out, mac);
	assert_true(wire_read_neighbour(out.bytes, out.length, 133, 16, &icmp6));
	assert_memory_equal(icmp6.flow.to_mac, to, MAC_SIZE);
	assert_address(icmp6.flow.from, IPV6, "fe80::5054:ff:fe01:203");
	assert_address(icmp6.flow.to, IPV6, "ff02::2");
	assert_true(wire_read_mac(&icmp6, 8, 1, found));
	assert_memory_equal(found, mac, MAC_SIZE);
	assert_false(router_read(out.bytes, out.length, &advert));
}

/* ---- DHCP ----------------------------------------------------------------- */

#define BYTES(text) (const uint8_t *)(text), sizeof(text) - 1

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

struct offer_case {
	const char *name;
	const char *address; /* NULL: 0.0.0.0 */
	const uint8_t *options;
	size_t options_length;
	const uint8_t *file; /* field; may be NULL */
	size_t file_length;
	const uint8_t *server; /* field; may be NULL */
	size_t server_length;
	const char *next;
	/* wanted */
	const char *wanted_file, *wanted_name, *wanted_next;
	bool proxy, http;
};

static void make_answer(const struct offer_case *offer, struct packet *out)
{
	packet_clear(out);
	put32(out, 0x02010600);
	put32(out, question.transaction);
	put_zeros(out, 20);
	put(out, question.client, MAC_SIZE);
	put_zeros(out, 10 + 64 + 128);
	put32(out, 0x63825363);
	put(out, offer->options, offer->options_length);
	if (offer->address)
		inet_pton(AF_INET, offer->address, out->bytes + 16);
	if (offer->next)
		inet_pton(AF_INET, offer->next, out->bytes + 20);
	if (offer->server)
		memcpy(out->bytes + 44, offer->server, offer->server_length);
	if (offer->file)
		memcpy(out->bytes + 108, offer->file, offer->file_length);
}

static const struct offer_case offers[] = {
	{"plain", "10.0.0.7", BYTES(OFFERED SERVER "\xff"), NULL, 0, NULL, 0, NULL, "", "",
		"0.0.0.0", false, false},
	{"fields", "10.0.0.7", BYTES(OFFERED SERVER "\xff"), BYTES("boot.efi"), BYTES("tftp"),
		"10.0.0.2", "boot.efi", "tftp", "10.0.0.2", false, false},
	{"options win", "10.0.0.7", BYTES(OFFERED "\x43\5a.efi\x42\4name\xff"), BYTES("boot.efi"),
		BYTES("tftp"), "10.0.0.2", "a.efi", "name", "10.0.0.2", false, false},
	{"a NUL ends the name", "10.0.0.7",
		BYTES(OFFERED "\x43\x0b"
			      "a.efi\0trash\xff"),
		NULL, 0, NULL, 0, NULL, "a.efi", "", "0.0.0.0", false, false},
	{"an empty option", "10.0.0.7", BYTES(OFFERED "\x43\1\0\x42\0\xff"), BYTES("boot.efi"),
		NULL, 0, NULL, "boot.efi", "", "0.0.0.0", false, false},
	{"option 66 is an address", "10.0.0.7",
		BYTES(OFFERED "\x42\x08"
			      "10.0.0.3\xff"),
		NULL, 0, NULL, 0, NULL, "", "", "10.0.0.3", false, false},
	{"siaddr wins over it", "10.0.0.7",
		BYTES(OFFERED "\x42\x08"
			      "10.0.0.3\xff"),
		NULL, 0, NULL, 0, "10.0.0.2", "", "", "10.0.0.2", false, false},
	{"sname is an address", "10.0.0.7", BYTES(OFFERED "\xff"), NULL, 0, BYTES("10.0.0.4"), NULL,
		"", "", "10.0.0.4", false, false},
	{"no end", "10.0.0.7", BYTES(OFFERED "\x43\5a.efi"), NULL, 0, NULL, 0, NULL, "a.efi", "",
		"0.0.0.0", false, false},
	{"pads", "10.0.0.7", BYTES("\0\0" OFFERED "\0\0\x43\5a.efi\xff"), NULL, 0, NULL, 0, NULL,
		"a.efi", "", "0.0.0.0", false, false},
	{"split", "10.0.0.7", BYTES(OFFERED "\x43\2a." SERVER "\x43\3efi\xff"), NULL, 0, NULL, 0,
		NULL, "a.efi", "", "0.0.0.0", false, false},
	{"overload: file", "10.0.0.7", BYTES(OFFERED "\x34\1\1\xff"), BYTES("\x43\5a.efi\xff"),
		BYTES("tftp"), NULL, "a.efi", "tftp", "0.0.0.0", false, false},
	{"overload: sname", "10.0.0.7", BYTES(OFFERED "\x34\1\2\xff"), BYTES("boot.efi"),
		BYTES("\x42\4name\xff"), NULL, "boot.efi", "name", "0.0.0.0", false, false},
	{"overload: both, split over all", "10.0.0.7", BYTES(OFFERED "\x34\1\3\x43\2a.\xff"),
		BYTES("\x43\2"
		      "ef\xff"),
		BYTES("\x43\1i\x42\4name\xff"), NULL, "a.efi", "name", "0.0.0.0", false, false},
	{"an option longer than its place", "10.0.0.7",
		BYTES(OFFERED SERVER "\x43\x40"
				     "a.efi"),
		BYTES("boot.efi"), NULL, 0, NULL, "boot.efi", "", "0.0.0.0", false, false},
	{"proxy", NULL, BYTES(OFFERED "\x3c\x09PXEClient\xff"), NULL, 0, NULL, 0, NULL, "", "",
		"0.0.0.0", true, false},
	{"HTTP proxy", NULL, BYTES(OFFERED "\x3c\x0aHTTPClient\x43\x0ahttp://a/b\xff"), NULL, 0,
		NULL, 0, NULL, "http://a/b", "", "0.0.0.0", true, true},
	{"HTTP", "10.0.0.7", BYTES(OFFERED "\x3c\x0aHTTPClient\x43\x0ahttp://a/b\xff"), NULL, 0,
		NULL, 0, NULL, "http://a/b", "", "0.0.0.0", false, true},
	{"class of a server with addresses", "10.0.0.7", BYTES(OFFERED "\x3c\x09PXEClient\xff"),
		NULL, 0, NULL, 0, NULL, "", "", "0.0.0.0", false, false},
	{"neither address nor class", NULL, BYTES(OFFERED SERVER "\xff"), NULL, 0, NULL, 0, NULL,
		"", "", "0.0.0.0", false, false},
	{"ACK of a port 4011", NULL, BYTES("\x35\1\5\x3c\x09PXEClient\xff"), BYTES("boot.efi"),
		NULL, 0, "10.0.0.2", "boot.efi", "", "10.0.0.2", true, false},
};

static void test_offers(void **state)
{
	struct dhcp_offer offer;
	struct packet out;
	char next[INET_ADDRSTRLEN];

	(void)state;
	for (size_t i = 0; i < sizeof(offers) / sizeof(offers[0]); i++) {
		const struct offer_case *wanted = &offers[i];

		make_answer(wanted, &out);
		if (!dhcp_read_offer(out.bytes, out.length, &question, &offer))
			fail_msg("%s: none", wanted->name);
		inet_ntop(AF_INET, offer.next_server, next, sizeof(next));
		if (strcmp(offer.file, wanted->wanted_file) != 0 ||
			strcmp(offer.next_name, wanted->wanted_name) != 0 ||
			strcmp(next, wanted->wanted_next) != 0)
			fail_msg("%s: file %s, name %s, next %s", wanted->name, offer.file,
				offer.next_name, next);
		if (offer.proxy != wanted->proxy || offer.http != wanted->http ||
			offer.has_address != (wanted->address != NULL))
			fail_msg("%s: proxy %d, http %d, address %d", wanted->name, offer.proxy,
				offer.http, offer.has_address);
	}
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
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		make_answer(&offers[0], &out);
		out.bytes[changes[i].at] = changes[i].byte;
		if (dhcp_read_offer(out.bytes, out.length, &question, &offer))
			fail_msg("change %zu", i);
	}
}

static void test_nak(void **state)
{
	static const struct offer_case nak = {.address = "10.0.0.7",
		.options = (const uint8_t *)"\x35\1\6" SERVER "\xff",
		.options_length = 10};
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

		make_answer(&(struct offer_case){.options = (const uint8_t *)OFFERED,
				    .options_length = 3},
			&out);
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
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
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
	static const uint8_t start[] = {1, 1, 2, 3, 0, 1, 0, 10, 0, 3, 0, 1, CLIENT, 0, 3, 0, 12, 0,
		1, 2, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0, 2, 0xff, 0xdc, 0, 6, 0, 6, 0, 59, 0, 60,
		0, 23, 0, 62, 0, 3, 1, 3, 16, 0, 61, 0, 2, 0, 7, 0, 16, 0, 38, 0, 0, 1, 0x57, 0,
		32};
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
#define ADDRESS6 "\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\7"
#define TIMES "\0\0\0\0\0\0\0\0"
#define IA(length) "\0\3\0" length "\0\1\2\3" TIMES
#define IAADDR(length, valid) "\0\5\0" length ADDRESS6 "\0\0\0\1\0\0\0" valid
#define STATUS(code) "\0\x0d\0\2\0" code
#define URL "\0\x3b\0\x0atftp://a/b"

static void test_advertises(void **state)
{
	static const struct {
		const char *name;
		const uint8_t *options;
		size_t length;
		bool none, has_address, proxy, http;
		const char *file;
	} cases[] = {
		{"address", BYTES(CLIENT6 SERVER6 IA("\x28") IAADDR("\x18", "\x0a")), false, true,
			false, false, ""},
		{"with a URL", BYTES(CLIENT6 SERVER6 URL IA("\x28") IAADDR("\x18", "\x0a")), false,
			true, false, false, "tftp://a/b"},
		{"success",
			BYTES(CLIENT6 SERVER6 STATUS("\0") IA("\x34") IAADDR("\x1e", "\x0a")
					STATUS("\0") STATUS("\0")),
			false, true, false, false, ""},
		{"no addresses, in the association", BYTES(CLIENT6 SERVER6 IA("\x12") STATUS("\2")),
			false, false, false, false, ""},
		{"no addresses, at the top",
			BYTES(CLIENT6 SERVER6 IA("\x28") IAADDR("\x18", "\x0a") STATUS("\2")),
			false, false, false, false, ""},
		{"no addresses, in the address",
			BYTES(CLIENT6 SERVER6 IA("\x2e") IAADDR("\x1e", "\x0a") STATUS("\2")),
			false, false, false, false, ""},
		{"no lifetime", BYTES(CLIENT6 SERVER6 IA("\x28") IAADDR("\x18", "\0")), false,
			false, false, false, ""},
		{"another association",
			BYTES(CLIENT6 SERVER6 "\0\3\0\x28\0\1\2\4" TIMES IAADDR("\x18", "\x0a")),
			false, false, false, false, ""},
		{"the second association",
			BYTES(CLIENT6 SERVER6 IA("\x0c") IA("\x28") IAADDR("\x18", "\x0a")), false,
			true, false, false, ""},
		{"short address", BYTES(CLIENT6 SERVER6 IA("\x20") "\0\5\0\x10" ADDRESS6), false,
			false, false, false, ""},
		{"proxy", BYTES(CLIENT6 SERVER6 URL "\0\x10\0\x0f\0\0\1\x57\0\x09PXEClient"), false,
			false, true, false, "tftp://a/b"},
		{"HTTP",
			BYTES(CLIENT6 SERVER6 "\0\x10\0\x10\0\0\1\x57\0\x0aHTTPClient" IA("\x28")
					IAADDR("\x18", "\x0a")),
			false, true, false, true, ""},
		{"an option longer than what is left", BYTES(CLIENT6 SERVER6 "\0\x3b\0\x40tftp"),
			false, false, false, false, ""},
		{"no server", BYTES(CLIENT6 IA("\x28") IAADDR("\x18", "\x0a")), .none = true},
		{"no client", BYTES(SERVER6 IA("\x28") IAADDR("\x18", "\x0a")), .none = true},
		{"another client", BYTES("\0\1\0\x0a\0\3\0\1\x52\x54\0\1\2\4" SERVER6),
			.none = true},
		{"nothing", BYTES(""), .none = true},
	};
	struct dhcp_offer offer;
	struct packet out;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		packet_clear(&out);
		put32(&out, 0x02010203);
		put(&out, cases[i].options, cases[i].length);
		if (dhcp6_read_advertise(out.bytes, out.length, &question, &offer) == cases[i].none)
			fail_msg("%s: answer %d", cases[i].name, cases[i].none);
		if (cases[i].none)
			continue;
		if (offer.has_address != cases[i].has_address || offer.proxy != cases[i].proxy ||
			offer.http != cases[i].http || strcmp(offer.file, cases[i].file) != 0)
			fail_msg("%s: address %d, proxy %d, http %d, file %s", cases[i].name,
				offer.has_address, offer.proxy, offer.http, offer.file);
		if (offer.has_address)
			assert_address(offer.address, IPV6, "fd00::7");
		assert_int_equal(offer.lease, offer.has_address ? 10 : 0);
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

static void test_tftp_messages(void **state)
{
	static const struct {
		const char *name;
		const uint8_t *bytes;
		size_t length;
		bool none;
		enum tftp_kind kind;
		unsigned int number; /* block or code */
		size_t data_length;
		const char *text;
		bool has_size;
		unsigned long long size;
		size_t block_size;
	} cases[] = {
		{"data", BYTES("\0\3\1\2abc"), false, TFTP_DATA, 0x102, 3, "", false, 0, 512},
		{"no data", BYTES("\0\3\0\1"), false, TFTP_DATA, 1, 0, "", false, 0, 512},
		{"short data", BYTES("\0\3\0"), .none = true},
		{"error", BYTES("\0\5\0\1no\0more"), false, TFTP_ERROR, 1, 0, "no", false, 0, 512},
		{"error without an end", BYTES("\0\5\0\1no"), false, TFTP_ERROR, 1, 0, "no", false,
			0, 512},
		{"short error", BYTES("\0\5\0"), .none = true},
		{"options",
			BYTES("\0\6tsize\0"
			      "1048576\0blksize\0"
			      "1432\0"),
			false, TFTP_OPTIONS, 0, 0, "", true, 1048576, 1432},
		{"in capitals",
			BYTES("\0\6TSIZE\0"
			      "5\0BlkSize\0"
			      "8\0"),
			false, TFTP_OPTIONS, 0, 0, "", true, 5, 8},
		{"none", BYTES("\0\6"), false, TFTP_OPTIONS, 0, 0, "", false, 0, 512},
		{"unknown ones", BYTES("\0\6window\0x\0"), false, TFTP_OPTIONS, 0, 0, "", false, 0,
			512},
		{"size is no number", BYTES("\0\6tsize\0-5\0"), false, TFTP_OPTIONS, 0, 0, "",
			false, 0, 512},
		{"size is too large",
			BYTES("\0\6tsize\0"
			      "99999999999999999999999\0"),
			false, TFTP_OPTIONS, 0, 0, "", false, 0, 512},
		{"block size is too large",
			BYTES("\0\6blksize\0"
			      "1433\0"),
			.none = true},
		{"block size is too small",
			BYTES("\0\6blksize\0"
			      "7\0"),
			.none = true},
		{"no value", BYTES("\0\6tsize\0"), .none = true},
		{"value without an end",
			BYTES("\0\6tsize\0"
			      "5"),
			.none = true},
		{"read request", BYTES("\0\1a\0octet\0"), false, TFTP_OTHER, 0, 0, "", false, 0,
			512},
		{"acknowledgement", BYTES("\0\4\0\1"), false, TFTP_OTHER, 0, 0, "", false, 0, 512},
		{"unknown", BYTES("\0\7\0\1"), .none = true},
		{"a byte", BYTES("\0"), .none = true},
	};
	struct tftp_message message;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t *bytes = exactly(cases[i].bytes, cases[i].length);

		if (tftp_read(bytes, cases[i].length, &message) == cases[i].none)
			fail_msg("%s: read %d", cases[i].name, cases[i].none);
		if (!cases[i].none && (message.kind != cases[i].kind ||
					      message.block + message.code != cases[i].number ||
					      message.length != cases[i].data_length ||
					      strcmp(message.text, cases[i].text) != 0 ||
					      message.has_size != cases[i].has_size ||
					      message.size != cases[i].size ||
					      message.block_size != cases[i].block_size))
			fail_msg("%s", cases[i].name);
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

/* All readers of a datagram's data; what they take from it is another test's. */
static void read_data(const uint8_t *bytes, size_t length)
{
	uint8_t *data = exactly(bytes, length);
	struct tftp_message message;
	struct dhcp_offer offer;

	dhcp_read_offer(data, length, &question, &offer);
	dhcp6_read_advertise(data, length, &question, &offer);
	tftp_read(data, length, &message);
	free(data);
}

static void read_cut(const uint8_t *bytes, size_t length)
{
	struct frame_identity identity = {.mac = {CLIENT}, .has4 = true, .has6 = true};
	uint8_t *frame = exactly(bytes, length), mac[MAC_SIZE];
	struct router_advert advert;
	struct datagram datagram;
	struct packet answer;

	frame_link_local(identity.mac, identity.address6);
	inet_pton(AF_INET, "192.168.50.77", identity.address4);
	assert_false(frame_read_udp(frame, length, &datagram));
	assert_false(router_read(frame, length, &advert));
	assert_false(frame_answer_neighbour(frame, length, &identity, &answer));
	assert_false(frame_read_neighbour(frame, length, IPV4, identity.address4, mac));
	assert_false(frame_read_neighbour(frame, length, IPV6, identity.address6, mac));
	free(frame);
}

static void test_cut(void **state)
{
	static const char *const names[] = {"offer-offload", "offer-http", "boot-ack",
		"advertise-offload", "router", "arp-reply", "arp-request", "nd-reply", "nd-request",
		"tftp-options", "tftp-data", "tftp-error"};
	uint8_t bytes[PACKET_SIZE];
	struct datagram datagram;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const size_t length = recorded(names[i], bytes);

		for (size_t cut = 0; cut < length; cut++)
			read_cut(bytes, cut);
		if (!frame_read_udp(bytes, length, &datagram))
			continue;
		for (size_t cut = 0; cut <= datagram.length; cut++)
			read_data(datagram.data, cut);
	}
	for (size_t i = 0; i < sizeof(offers) / sizeof(offers[0]); i++) {
		struct packet out;

		make_answer(&offers[i], &out);
		for (size_t cut = 0; cut <= out.length; cut++)
			read_data(out.bytes, cut);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_write_and_read),
		cmocka_unit_test(test_checksum_is_never_zero),
		cmocka_unit_test(test_write_too_long),
		cmocka_unit_test(test_checksums),
		cmocka_unit_test(test_checksum_of_padding),
		cmocka_unit_test(test_recorded_checksums),
		cmocka_unit_test(test_tags),
		cmocka_unit_test(test_no_datagrams),
		cmocka_unit_test(test_link_local),
		cmocka_unit_test(test_neighbours),
		cmocka_unit_test(test_neighbours_of_others),
		cmocka_unit_test(test_recorded_neighbours),
		cmocka_unit_test(test_router),
		cmocka_unit_test(test_router_solicitation),
		cmocka_unit_test(test_discover),
		cmocka_unit_test(test_discover_of_other_firmware),
		cmocka_unit_test(test_offers),
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
