// SPDX-License-Identifier: GPL-2.0-or-later
/* Frames, from bytes and to bytes: checksums, neighbours, routers. */
#include "recorded.h"

#include "dhcp.h"

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
		.from_mac = {RECORDED_CLIENT},
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

/* As the card's header has it. */
static void set_host16(uint8_t *bytes, unsigned int value)
{
	const uint16_t host = (uint16_t)value;

	memcpy(bytes, &host, sizeof(host));
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
	/* Nor is one that the kernel completes. */
	set16(out.bytes + udp_at + UDP_CHECKSUM_AT,
		wire_fold(wire_pseudo_sum(&flow, PROTO_UDP, UDP_SIZE + 2)));
	out.bytes[0] = 1;
	set_host16(out.bytes + 6, ETHER_SIZE + IP4_SIZE);
	set_host16(out.bytes + 8, UDP_CHECKSUM_AT);
	assert_true(frame_read_udp(out.bytes, out.length, &datagram));
	assert_int_equal(datagram.firmware, FRAME_CHECKSUM_OK);
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

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct datagram datagram = recorded_datagram(names[i][0], bytes);

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
		uint16_t at; /* behind the Ethernet header */
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
	struct frame_identity asks = {.mac = {RECORDED_CLIENT}};
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
		frame_write_neighbour_request(&request, &asks, family, other);
		assert_false(
			frame_answer_neighbour(request.bytes, request.length, &answers, &answer));
	}
}

static void test_neighbours_of_others(void **state)
{
	struct frame_identity us = an_identity(), asks = {.mac = {RECORDED_CLIENT}, .has4 = true};
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

/* Options that do not end, or are not there: then the frame's own sender is meant. */
static void test_neighbour_options(void **state)
{
	static const uint8_t options[][2] = {{2, 0}, {2, 2}, {1, 1}, {9, 0}};
	uint8_t bytes[PACKET_SIZE], address[16], mac[MAC_SIZE];
	const size_t length = recorded("nd-reply", bytes);
	uint8_t *option = bytes + length - 8;

	(void)state;
	inet_pton(AF_INET6, "fd00:50::1", address);
	bytes[0] = 1; /* without a look at the sum */
	memset(option + 2, 4, MAC_SIZE);
	assert_true(frame_read_neighbour(bytes, length, IPV6, address, mac));
	assert_memory_equal(mac, option + 2, MAC_SIZE);
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		memcpy(option, options[i], 2);
		assert_true(frame_read_neighbour(bytes, length, IPV6, address, mac));
		assert_memory_equal(mac, bytes + FRAME_CARD_HEADER + MAC_SIZE, MAC_SIZE);
	}
}

static void test_recorded_neighbours(void **state)
{
	struct frame_identity identity = {.mac = {RECORDED_CLIENT}, .has4 = true, .has6 = true};
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
	bytes[0] = 1; /* without a look at the sum */
	ip[8] = 0xfd; /* no link-local address */
	assert_false(router_read(bytes, length, &advert));
}

static void test_router_solicitation(void **state)
{
	static const uint8_t mac[] = {RECORDED_CLIENT}, to[] = {0x33, 0x33, 0, 0, 0, 2};
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

/* ---- What is cut off ------------------------------------------------------ */

/* Nothing is read of a frame that is not whole. */
static void read_cut(const uint8_t *bytes, size_t length)
{
	struct frame_identity identity = {.mac = {RECORDED_CLIENT}, .has4 = true, .has6 = true};
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
	static const char *const names[] = {"offer-offload", "advertise-offload", "router",
		"arp-reply", "arp-request", "nd-reply", "nd-request", "tftp-data"};
	uint8_t bytes[PACKET_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const size_t length = recorded(names[i], bytes);

		for (size_t cut = 0; cut < length; cut++)
			read_cut(bytes, cut);
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
		cmocka_unit_test(test_neighbour_options),
		cmocka_unit_test(test_recorded_neighbours),
		cmocka_unit_test(test_router),
		cmocka_unit_test(test_router_solicitation),
		cmocka_unit_test(test_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
