// SPDX-License-Identifier: GPL-2.0-or-later
/* What frames are made of: for who makes and reads them. */
#ifndef VIRT_NETBOOT_WIRE_H
#define VIRT_NETBOOT_WIRE_H

#include "frame.h"

enum {
	ETHER_SIZE = 14,
	VLAN_SIZE = 4,
	IP4_SIZE = 20,
	IP6_SIZE = 40,
	UDP_SIZE = 8,
	TCP_SIZE = 20,
	ARP_SIZE = 28, /* of IPv4 over Ethernet */

	TYPE_IP4 = 0x0800,
	TYPE_ARP = 0x0806,
	TYPE_VLAN = 0x8100,
	TYPE_SERVICE_VLAN = 0x88a8,
	TYPE_IP6 = 0x86dd,

	PROTO_ICMP = 1,
	PROTO_TCP = 6,
	PROTO_UDP = 17,
	PROTO_ICMP6 = 58,

	UDP_CHECKSUM_AT = 6,
	TCP_CHECKSUM_AT = 16,
	ICMP6_CHECKSUM_AT = 2,

	NEIGHBOUR_HOPS = 255, /* what was not forwarded by a router [RFC 4861, 7.1] */
};

/* The size of an address. */
size_t wire_address_size(enum ip_family family);

/* Sums of 16-bit words [RFC 1071]; an odd last byte counts as the first half of a word. */
uint64_t wire_add(uint64_t sum, const uint8_t *bytes, size_t length);
unsigned int wire_fold(uint64_t sum);

/* Of the pseudo header: those of both families add up to the same formula. */
uint64_t wire_pseudo_sum(const struct flow *flow, unsigned int protocol, size_t length);

/* Of it and what follows the IP header; 0xffff when the checksum inside is right. */
unsigned int wire_sum(
	const struct flow *flow, unsigned int protocol, const uint8_t *bytes, size_t length);

/* Make a whole frame, the card's header first. @checksum_at: where inside @payload its checksum
 * belongs. What does not fit makes an empty one that is too_long. */
void wire_write(struct packet *out, const struct flow *flow, unsigned int protocol,
	const struct packet *payload, size_t checksum_at);

/* Read what a card gave, up to the end of the IP header; ports are in what follows, which is
 * datagram->data. Return: false if that is no whole packet of this @protocol with at least @least
 * bytes of it, 4 or more. */
bool wire_read(const uint8_t *bytes, size_t length, unsigned int protocol, size_t least,
	struct datagram *datagram);

/* Then, when datagram->length is right: how is its checksum? */
void wire_judge(
	const uint8_t *bytes, size_t length, unsigned int protocol, struct datagram *datagram);

void wire_put_ether(struct packet *out, const uint8_t to[MAC_SIZE], const uint8_t from[MAC_SIZE],
	unsigned int type);

/* An ICMPv6 message. */
struct icmp6 {
	struct flow flow; /* without ports */
	const uint8_t *message;
	size_t length;
};

/* Read what a card gave. Return: false if it is no message of this @type of neighbour discovery, as
 * its sender must make it [RFC 4861], of at least @least bytes; or it has a VLAN tag. */
bool wire_read_neighbour(
	const uint8_t *bytes, size_t length, unsigned int type, size_t least, struct icmp6 *icmp6);

/* Find the link-layer address in such a message, whose options begin at @at [RFC 4861, 4.6.1].
 * Return: false if there is none. */
bool wire_read_mac(
	const struct icmp6 *icmp6, size_t at, unsigned int option, uint8_t mac[MAC_SIZE]);

#endif
