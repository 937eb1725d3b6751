// SPDX-License-Identifier: GPL-2.0-or-later
/* Asks for IPv6 routers, and reads what they say [RFC 4861, 4.1 and 4.2]. */
#include "dhcp.h"

#include "wire.h"

#include <string.h>

enum {
	ROUTER_SOLICITATION = 133,
	ROUTER_ADVERTISEMENT = 134,
	ROUTER_SIZE = 16, /* of an advertisement, without options */
	FLAGS_AT = 5,
	MANAGED = 0x80,
	OTHER = 0x40,
};

void router_solicit(struct packet *out, const uint8_t mac[MAC_SIZE])
{
	struct flow flow = {
		.family = IPV6,
		.to_mac = {0x33, 0x33, [5] = 2},
		.to = {0xff, 2, [15] = 2}, /* all routers */
	};
	struct packet icmp6;

	memcpy(flow.from_mac, mac, MAC_SIZE);
	frame_link_local(mac, flow.from);
	packet_clear(&icmp6);
	put32(&icmp6, (uint32_t)ROUTER_SOLICITATION << 24);
	put32(&icmp6, 0);
	put16(&icmp6, 0x0101); /* link-layer address of the source */
	put(&icmp6, mac, MAC_SIZE);
	wire_write(out, &flow, PROTO_ICMP6, &icmp6, ICMP6_CHECKSUM_AT);
}

bool router_read(const uint8_t *bytes, size_t length, struct router_advert *advert)
{
	struct icmp6 icmp6;

	*advert = (struct router_advert){0};
	if (!wire_read_neighbour(bytes, length, ROUTER_ADVERTISEMENT, ROUTER_SIZE, &icmp6) ||
		icmp6.flow.from[0] != 0xfe || (icmp6.flow.from[1] & 0xc0) != 0x80)
		return false;
	memcpy(advert->address, icmp6.flow.from, sizeof(advert->address));
	advert->managed = icmp6.message[FLAGS_AT] & MANAGED;
	advert->other = icmp6.message[FLAGS_AT] & OTHER;
	return true;
}
