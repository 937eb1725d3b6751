// SPDX-License-Identifier: GPL-2.0-or-later
/* Who has which address: ARP [RFC 826] and neighbour discovery [RFC 4861], both ways. */
#include "frame.h"

#include "wire.h"

#include <string.h>

enum {
	ARP_REQUEST = 1,
	ARP_REPLY = 2,

	SOLICITATION = 135,
	ADVERTISEMENT = 136,
	NEIGHBOUR_SIZE = 24, /* of both, without options */
	TARGET_AT = 8,
	SOURCE_MAC = 1, /* option */
	TARGET_MAC = 2, /* option */

	SOLICITED = 0x40000000,
	OVERRIDE = 0x20000000,
};

static const uint8_t broadcast[MAC_SIZE] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
static const uint8_t nobody[16];

static bool is_for(const uint8_t mac[MAC_SIZE], const uint8_t to[MAC_SIZE])
{
	return (to[0] & 1) || memcmp(to, mac, MAC_SIZE) == 0;
}

bool wire_read_mac(const struct icmp6 *icmp6, size_t at, unsigned int option, uint8_t mac[MAC_SIZE])
{
	while (at < icmp6->length && icmp6->length - at >= 8) {
		const uint8_t *bytes = icmp6->message + at;
		const size_t size = (size_t)bytes[1] * 8;

		if (size == 0 || size > icmp6->length - at)
			return false;
		if (bytes[0] == option) {
			memcpy(mac, bytes + 2, MAC_SIZE);
			return true;
		}
		at += size;
	}
	return false;
}

/* Return: the ARP message of this kind that a card gave, or NULL. */
static const uint8_t *read_arp(const uint8_t *bytes, size_t length, unsigned int operation)
{
	static const uint8_t kind[] = {0, 1, TYPE_IP4 >> 8, TYPE_IP4 & 0xff, MAC_SIZE, 4};
	const uint8_t *frame = bytes + FRAME_CARD_HEADER, *arp = frame + ETHER_SIZE;

	if (length < FRAME_CARD_HEADER + ETHER_SIZE + ARP_SIZE ||
		get16(frame + ETHER_SIZE - 2) != TYPE_ARP || memcmp(arp, kind, sizeof(kind)) != 0 ||
		get16(arp + 6) != operation)
		return NULL;
	return arp;
}

static void write_arp(struct packet *out, const uint8_t to_mac[MAC_SIZE], unsigned int operation,
	const struct frame_identity *from, const uint8_t mac[MAC_SIZE], const uint8_t address[4])
{
	packet_clear(out);
	put_zeros(out, FRAME_CARD_HEADER);
	wire_put_ether(out, to_mac, from->mac, TYPE_ARP);
	put16(out, 1); /* Ethernet */
	put16(out, TYPE_IP4);
	put16(out, MAC_SIZE << 8 | 4);
	put16(out, operation);
	put(out, from->mac, MAC_SIZE);
	put(out, from->has4 ? from->address4 : nobody, 4);
	put(out, mac, MAC_SIZE);
	put(out, address, 4);
}

static void put_neighbour(struct packet *icmp6, unsigned int type, uint32_t flags,
	const uint8_t target[16], unsigned int option, const uint8_t *mac)
{
	packet_clear(icmp6);
	put32(icmp6, (uint32_t)type << 24);
	put32(icmp6, flags);
	put(icmp6, target, 16);
	if (mac) {
		put16(icmp6, option << 8 | 1);
		put(icmp6, mac, MAC_SIZE);
	}
}

/* Who makes sure that nobody has the address has none yet: all are told [RFC 4861, 7.2.4]. */
static void answer_solicitation(
	const struct icmp6 *asked, const struct frame_identity *identity, struct packet *answer)
{
	static const uint8_t all[16] = {0xff, 2, [15] = 1}, all_mac[] = {0x33, 0x33, 0, 0, 0, 1};
	const bool anonymous = memcmp(asked->flow.from, nobody, sizeof(nobody)) == 0;
	struct flow flow = {.family = IPV6};
	struct packet advert;

	memcpy(flow.from_mac, identity->mac, MAC_SIZE);
	memcpy(flow.to_mac, anonymous ? all_mac : asked->flow.from_mac, MAC_SIZE);
	memcpy(flow.from, identity->address6, 16);
	memcpy(flow.to, anonymous ? all : asked->flow.from, 16);
	put_neighbour(&advert, ADVERTISEMENT, anonymous ? OVERRIDE : SOLICITED | OVERRIDE,
		identity->address6, TARGET_MAC, identity->mac);
	wire_write(answer, &flow, PROTO_ICMP6, &advert, ICMP6_CHECKSUM_AT);
}

bool frame_answer_neighbour(const uint8_t *bytes, size_t length,
	const struct frame_identity *identity, struct packet *answer)
{
	struct icmp6 asked;

	if (length < FRAME_CARD_HEADER + ETHER_SIZE ||
		!is_for(identity->mac, bytes + FRAME_CARD_HEADER))
		return false;
	const uint8_t *arp = read_arp(bytes, length, ARP_REQUEST);

	if (arp) {
		if (!identity->has4 || memcmp(arp + 24, identity->address4, 4) != 0)
			return false;
		write_arp(answer, arp + 8, ARP_REPLY, identity, arp + 8, arp + 14);
		return true;
	}
	if (!identity->has6 ||
		!wire_read_neighbour(bytes, length, SOLICITATION, NEIGHBOUR_SIZE, &asked) ||
		memcmp(asked.message + TARGET_AT, identity->address6, 16) != 0)
		return false;
	answer_solicitation(&asked, identity, answer);
	return true;
}

/* To the group that who has the address listens to [RFC 4291, 2.7.1; RFC 2464, 7]. */
static void solicit(
	struct packet *out, const struct frame_identity *identity, const uint8_t address[16])
{
	static const uint8_t group[13] = {0xff, 2, [11] = 1, [12] = 0xff};
	struct flow flow = {.family = IPV6, .to_mac = {0x33, 0x33, 0xff}};
	struct packet icmp6;

	memcpy(flow.from_mac, identity->mac, MAC_SIZE);
	memcpy(flow.to_mac + 3, address + 13, 3);
	memcpy(flow.from, identity->has6 ? identity->address6 : nobody, 16);
	memcpy(flow.to, group, sizeof(group));
	memcpy(flow.to + sizeof(group), address + 13, 3);
	put_neighbour(&icmp6, SOLICITATION, 0, address, SOURCE_MAC,
		identity->has6 ? identity->mac : NULL);
	wire_write(out, &flow, PROTO_ICMP6, &icmp6, ICMP6_CHECKSUM_AT);
}

void frame_write_neighbour_request(struct packet *out, const struct frame_identity *identity,
	enum ip_family family, const uint8_t *address)
{
	if (family == IPV4)
		write_arp(out, broadcast, ARP_REQUEST, identity, nobody, address);
	else
		solicit(out, identity, address);
}

/* The sender's own where an advertisement does not say it. */
static bool read_advertisement(
	const uint8_t *bytes, size_t length, const uint8_t *address, uint8_t mac[MAC_SIZE])
{
	struct icmp6 advert;

	if (!wire_read_neighbour(bytes, length, ADVERTISEMENT, NEIGHBOUR_SIZE, &advert) ||
		memcmp(advert.message + TARGET_AT, address, 16) != 0)
		return false;
	if (!wire_read_mac(&advert, NEIGHBOUR_SIZE, TARGET_MAC, mac))
		memcpy(mac, advert.flow.from_mac, MAC_SIZE);
	return true;
}

bool frame_read_neighbour(const uint8_t *bytes, size_t length, enum ip_family family,
	const uint8_t *address, uint8_t mac[MAC_SIZE])
{
	uint8_t found[MAC_SIZE];

	if (family == IPV4) {
		const uint8_t *arp = read_arp(bytes, length, ARP_REPLY);

		if (!arp || memcmp(arp + 14, address, 4) != 0)
			return false;
		memcpy(found, arp + 8, MAC_SIZE);
	} else if (!read_advertisement(bytes, length, address, found)) {
		return false;
	}
	if (found[0] & 1) /* a group: nobody's own */
		return false;
	memcpy(mac, found, MAC_SIZE);
	return true;
}

void frame_link_local(const uint8_t mac[MAC_SIZE], uint8_t address[16])
{
	const uint8_t made[16] = {
		0xfe, 0x80, [8] = mac[0] ^ 2U, mac[1], mac[2], 0xff, 0xfe, mac[3], mac[4], mac[5]};

	memcpy(address, made, sizeof(made));
}
