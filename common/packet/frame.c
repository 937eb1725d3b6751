// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What comes in is anything: each length is compared with what is left, and nothing is written to.
 *
 * A frame that a card gives says in its header whether the checksum is still to be completed, from
 * where on (csum_start) and where it goes (csum_offset), both in the byte order of the host [linux
 * include/uapi/linux/virtio_net.h, include/linux/virtio_net.h virtio_net_hdr_from_skb()].
 */
#include "frame.h"

#include "wire.h"

#include <string.h>

/* Of the card's header. */
enum {
	FLAGS_AT = 0,
	GSO_TYPE_AT = 1,
	CSUM_START_AT = 6,
	CSUM_OFFSET_AT = 8,

	NEEDS_CSUM = 1, /* VIRTIO_NET_HDR_F_NEEDS_CSUM */
	GSO_NONE = 0,   /* VIRTIO_NET_HDR_GSO_NONE */
};

enum { TAGS_MAX = 2, IP4_DEFAULT_HOPS = 64 };

size_t wire_address_size(enum ip_family family)
{
	return family == IPV4 ? 4 : 16;
}

/* ---- Checksums ------------------------------------------------------------ */

uint64_t wire_add(uint64_t sum, const uint8_t *bytes, size_t length)
{
	for (; length > 1; bytes += 2, length -= 2)
		sum += get16(bytes);
	return length ? sum + ((uint64_t)bytes[0] << 8) : sum;
}

unsigned int wire_fold(uint64_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (unsigned int)sum;
}

uint64_t wire_pseudo_sum(const struct flow *flow, unsigned int protocol, size_t length)
{
	const size_t size = wire_address_size(flow->family);

	return wire_add(wire_add((uint64_t)protocol + length, flow->from, size), flow->to, size);
}

unsigned int wire_sum(
	const struct flow *flow, unsigned int protocol, const uint8_t *bytes, size_t length)
{
	return wire_fold(wire_add(wire_pseudo_sum(flow, protocol, length), bytes, length));
}

/* ---- Writing -------------------------------------------------------------- */

void wire_put_ether(struct packet *out, const uint8_t to[MAC_SIZE], const uint8_t from[MAC_SIZE],
	unsigned int type)
{
	put(out, to, MAC_SIZE);
	put(out, from, MAC_SIZE);
	put16(out, type);
}

static void put_ip4(
	struct packet *out, const struct flow *flow, unsigned int protocol, size_t length)
{
	struct packet header;

	packet_clear(&header);
	put16(&header, 0x4500);
	put16(&header, (unsigned int)(IP4_SIZE + length));
	put32(&header, 0); /* no fragments */
	put8(&header, IP4_DEFAULT_HOPS);
	put8(&header, protocol);
	put16(&header, 0);
	put(&header, flow->from, 4);
	put(&header, flow->to, 4);
	set16(header.bytes + 10, ~wire_fold(wire_add(0, header.bytes, IP4_SIZE)));
	put(out, header.bytes, IP4_SIZE);
}

static void put_ip6(
	struct packet *out, const struct flow *flow, unsigned int protocol, size_t length)
{
	put32(out, 0x60000000);
	put16(out, (unsigned int)length);
	put8(out, protocol);
	put8(out, NEIGHBOUR_HOPS);
	put(out, flow->from, 16);
	put(out, flow->to, 16);
}

void wire_write(struct packet *out, const struct flow *flow, unsigned int protocol,
	const struct packet *payload, size_t checksum_at)
{
	const bool ip4 = flow->family == IPV4;
	const unsigned int checksum =
		~wire_sum(flow, protocol, payload->bytes, payload->length) & 0xffff;

	packet_clear(out);
	put_zeros(out, FRAME_CARD_HEADER);
	wire_put_ether(out, flow->to_mac, flow->from_mac, ip4 ? TYPE_IP4 : TYPE_IP6);
	(ip4 ? put_ip4 : put_ip6)(out, flow, protocol, payload->length);
	const size_t start = out->length;
	put(out, payload->bytes, payload->length);
	if (out->too_long || payload->too_long) {
		out->length = 0;
		out->too_long = true;
		return;
	}
	/* Zero would say that it was not computed [RFC 768]. */
	set16(out->bytes + start + checksum_at, checksum ? checksum : 0xffff);
}

void frame_write_udp(struct packet *out, const struct flow *flow, const struct packet *data)
{
	struct packet udp;

	packet_clear(&udp);
	put16(&udp, flow->from_port);
	put16(&udp, flow->to_port);
	put16(&udp, (unsigned int)(UDP_SIZE + data->length));
	put16(&udp, 0);
	put(&udp, data->bytes, data->length);
	udp.too_long = udp.too_long || data->too_long;
	wire_write(out, flow, PROTO_UDP, &udp, UDP_CHECKSUM_AT);
}

/* ---- Reading -------------------------------------------------------------- */

/* What follows the headers that have been read, and what they say of it. */
struct body {
	struct flow flow;
	const uint8_t *bytes;
	size_t length;
	unsigned int protocol;
	unsigned int hops;
	unsigned int tags;
	unsigned int vlan; /* of the outermost tag */
};

/* Return: false if there is no whole header, or it is a fragment. */
static bool read_ip4(struct body *body)
{
	const uint8_t *ip = body->bytes;

	if (body->length < IP4_SIZE || ip[0] >> 4 != 4)
		return false;
	const size_t header = (size_t)(ip[0] & 15U) * 4, total = get16(ip + 2);

	if (header < IP4_SIZE || header > total || total > body->length ||
		(get16(ip + 6) & 0x3fff) != 0)
		return false;
	body->flow.family = IPV4;
	memcpy(body->flow.from, ip + 12, 4);
	memcpy(body->flow.to, ip + 16, 4);
	body->protocol = ip[9];
	body->hops = ip[8];
	body->bytes += header;
	body->length = total - header;
	return true;
}

/* The same. What has extension headers is another protocol. */
static bool read_ip6(struct body *body)
{
	const uint8_t *ip = body->bytes;

	if (body->length < IP6_SIZE || ip[0] >> 4 != 6 || get16(ip + 4) > body->length - IP6_SIZE)
		return false;
	body->flow.family = IPV6;
	memcpy(body->flow.from, ip + 8, 16);
	memcpy(body->flow.to, ip + 24, 16);
	body->protocol = ip[6];
	body->hops = ip[7];
	body->bytes += IP6_SIZE;
	body->length = get16(ip + 4);
	return true;
}

static bool read_headers(const uint8_t *frame, size_t length, struct body *body)
{
	size_t at = ETHER_SIZE;

	*body = (struct body){0};
	if (length < ETHER_SIZE)
		return false;
	unsigned int type = get16(frame + at - 2);

	for (; type == TYPE_VLAN || type == TYPE_SERVICE_VLAN; type = get16(frame + at - 2)) {
		if (body->tags == TAGS_MAX || length - at < VLAN_SIZE)
			return false;
		if (body->tags++ == 0)
			body->vlan = get16(frame + at) & 0xfff;
		at += VLAN_SIZE;
	}
	memcpy(body->flow.to_mac, frame, MAC_SIZE);
	memcpy(body->flow.from_mac, frame + MAC_SIZE, MAC_SIZE);
	body->bytes = frame + at;
	body->length = length - at;
	return (type == TYPE_IP4 && read_ip4(body)) || (type == TYPE_IP6 && read_ip6(body));
}

/* What carries a checksum, in which two bytes are others than those that were read. */
struct patched {
	const uint8_t *bytes;
	size_t at;
	unsigned int value;
};

static unsigned int patched_byte(const struct patched *patched, size_t at)
{
	if (at == patched->at)
		return patched->value >> 8;
	return at == patched->at + 1 ? patched->value & 0xff : patched->bytes[at];
}

static enum frame_checksum judge(
	const struct datagram *datagram, unsigned int protocol, const struct patched *patched)
{
	const struct flow *flow = &datagram->flow;
	uint64_t sum = wire_pseudo_sum(flow, protocol, datagram->length);

	/* In UDP, zero says that it was not computed [RFC 768; RFC 8200, 8.1]. */
	if (protocol == PROTO_UDP && patched_byte(patched, UDP_CHECKSUM_AT) == 0 &&
		patched_byte(patched, UDP_CHECKSUM_AT + 1) == 0)
		return flow->family == IPV4 ? FRAME_CHECKSUM_ZERO : FRAME_CHECKSUM_BAD;
	for (size_t i = 0; i < datagram->length; i++)
		sum += (uint64_t)patched_byte(patched, i) << (i % 2 ? 0 : 8);
	return wire_fold(sum) == 0xffff ? FRAME_CHECKSUM_OK : FRAME_CHECKSUM_BAD;
}

static unsigned int card16(const uint8_t *header)
{
	uint16_t value;

	memcpy(&value, header, sizeof(value));
	return value;
}

/*
 * What the kernel makes of a checksum that is partial, when the driver does not take such: it sums
 * up all from csum_start to the end of the frame, what is after the datagram, too, and whatever is
 * in the field. Zero becomes 0xffff. It drops the frame if the two places are not in it [linux
 * net/core/dev.c, skb_checksum_help()]. A field before the UDP or TCP header is one of a header
 * that is spoilt by it.
 */
static enum frame_checksum completed(
	const uint8_t *bytes, size_t length, const struct datagram *datagram, unsigned int protocol)
{
	const uint8_t *frame = bytes + FRAME_CARD_HEADER;
	const size_t size = length - FRAME_CARD_HEADER, at = (size_t)(datagram->data - frame);
	const size_t start = card16(bytes + CSUM_START_AT);
	const size_t field = start + card16(bytes + CSUM_OFFSET_AT);

	if (field + 2 > size || field < at)
		return FRAME_CHECKSUM_BAD;
	const unsigned int sum = ~wire_fold(wire_add(0, frame + start, size - start)) & 0xffff;
	const struct patched patched = {datagram->data, field - at, sum ? sum : 0xffff};

	return judge(datagram, protocol, &patched);
}

/* What is in a large packet that the card's driver cuts is complete only when that is done. */
void wire_judge(
	const uint8_t *bytes, size_t length, unsigned int protocol, struct datagram *datagram)
{
	const struct patched as_it_is = {datagram->data, SIZE_MAX - 1, 0};

	datagram->partial = bytes[FLAGS_AT] & NEEDS_CSUM;
	datagram->offload = FRAME_CHECKSUM_OK;
	datagram->firmware = FRAME_CHECKSUM_OK;
	if (bytes[GSO_TYPE_AT] != GSO_NONE)
		return;
	datagram->offload = judge(datagram, protocol, &as_it_is);
	datagram->firmware = datagram->partial ? completed(bytes, length, datagram, protocol)
					       : datagram->offload;
}

bool wire_read(const uint8_t *bytes, size_t length, unsigned int protocol, size_t least,
	struct datagram *datagram)
{
	struct body body;

	*datagram = (struct datagram){0};
	if (length < FRAME_CARD_HEADER ||
		!read_headers(bytes + FRAME_CARD_HEADER, length - FRAME_CARD_HEADER, &body) ||
		body.protocol != protocol || body.length < least)
		return false;
	datagram->flow = body.flow;
	datagram->flow.from_port = (uint16_t)get16(body.bytes);
	datagram->flow.to_port = (uint16_t)get16(body.bytes + 2);
	datagram->data = body.bytes;
	datagram->length = body.length;
	datagram->tagged = body.tags > 0;
	datagram->vlan = body.vlan;
	return true;
}

bool frame_read_udp(const uint8_t *bytes, size_t length, struct datagram *datagram)
{
	if (!wire_read(bytes, length, PROTO_UDP, UDP_SIZE, datagram))
		return false;
	const size_t size = get16(datagram->data + 4);

	if (size < UDP_SIZE || size > datagram->length)
		return false;
	datagram->length = size;
	wire_judge(bytes, length, PROTO_UDP, datagram);
	datagram->data += UDP_SIZE;
	datagram->length -= UDP_SIZE;
	return true;
}

bool wire_read_neighbour(
	const uint8_t *bytes, size_t length, unsigned int type, size_t least, struct icmp6 *icmp6)
{
	struct body body;

	if (length < FRAME_CARD_HEADER ||
		!read_headers(bytes + FRAME_CARD_HEADER, length - FRAME_CARD_HEADER, &body) ||
		body.tags > 0 || body.flow.family != IPV6 || body.protocol != PROTO_ICMP6 ||
		body.hops != NEIGHBOUR_HOPS || body.length < least || body.bytes[0] != type ||
		body.bytes[1] != 0)
		return false;
	*icmp6 = (struct icmp6){body.flow, body.bytes, body.length};
	/* A sibling guest may have left the sum to its card, too. */
	return (bytes[FLAGS_AT] & NEEDS_CSUM) ||
	       wire_sum(&body.flow, PROTO_ICMP6, body.bytes, body.length) == 0xffff;
}
