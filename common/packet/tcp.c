// SPDX-License-Identifier: GPL-2.0-or-later
#include "tcp.h"

#include "wire.h"

enum {
	SEQUENCE_AT = 4,
	ACKNOWLEDGED_AT = 8,
	OFFSET_AT = 12, /* of the data, in the upper half of the byte, in words of 4 bytes */
	FLAGS_AT = 13,
	WINDOW_AT = 14,

	OPTION_END = 0,
	OPTION_NONE = 1,
	OPTION_SEGMENT_SIZE = 2,
	SEGMENT_SIZE_SIZE = 4,
};

void tcp_write(struct packet *out, const struct flow *flow, const struct tcp_segment *segment,
	const uint8_t *data, size_t length)
{
	const size_t options = segment->segment_size ? SEGMENT_SIZE_SIZE : 0;
	struct packet tcp;

	packet_clear(&tcp);
	put16(&tcp, flow->from_port);
	put16(&tcp, flow->to_port);
	put32(&tcp, segment->sequence);
	put32(&tcp, segment->flags & TCP_ACK ? segment->acknowledged : 0);
	put8(&tcp, (unsigned int)((TCP_SIZE + options) / 4) << 4);
	put8(&tcp, segment->flags);
	put16(&tcp, segment->window);
	put32(&tcp, 0); /* checksum; nothing is urgent */
	if (options) {
		put16(&tcp, OPTION_SEGMENT_SIZE << 8 | SEGMENT_SIZE_SIZE);
		put16(&tcp, segment->segment_size);
	}
	put(&tcp, data, length);
	wire_write(out, flow, PROTO_TCP, &tcp, TCP_CHECKSUM_AT);
}

/* Options after one that cannot be right are not read. */
static unsigned int read_segment_size(const uint8_t *bytes, size_t length)
{
	size_t at = 0;

	while (at < length && bytes[at] != OPTION_END) {
		if (bytes[at] == OPTION_NONE) {
			at++;
			continue;
		}
		if (length - at < 2 || bytes[at + 1] < 2 || bytes[at + 1] > length - at)
			return 0;
		if (bytes[at] == OPTION_SEGMENT_SIZE && bytes[at + 1] == SEGMENT_SIZE_SIZE)
			return get16(bytes + at + 2);
		at += bytes[at + 1];
	}
	return 0;
}

bool tcp_read(
	const uint8_t *bytes, size_t length, struct datagram *datagram, struct tcp_segment *segment)
{
	*segment = (struct tcp_segment){0};
	if (!wire_read(bytes, length, PROTO_TCP, TCP_SIZE, datagram))
		return false;
	const uint8_t *tcp = datagram->data;
	const size_t header = (size_t)(tcp[OFFSET_AT] >> 4) * 4;

	if (header < TCP_SIZE || header > datagram->length)
		return false;
	wire_judge(bytes, length, PROTO_TCP, datagram);
	segment->flags = tcp[FLAGS_AT];
	segment->sequence = get32(tcp + SEQUENCE_AT);
	if (segment->flags & TCP_ACK)
		segment->acknowledged = get32(tcp + ACKNOWLEDGED_AT);
	segment->window = get16(tcp + WINDOW_AT);
	if (segment->flags & TCP_SYN)
		segment->segment_size = read_segment_size(tcp + TCP_SIZE, header - TCP_SIZE);
	datagram->data += header;
	datagram->length -= header;
	return true;
}
