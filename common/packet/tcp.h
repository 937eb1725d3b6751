// SPDX-License-Identifier: GPL-2.0-or-later
/* TCP segments in frames, as a guest's card sends and gets them [RFC 9293]. */
#ifndef VIRT_NETBOOT_TCP_H
#define VIRT_NETBOOT_TCP_H

#include "frame.h"

enum { TCP_FIN = 1, TCP_SYN = 2, TCP_RST = 4, TCP_PSH = 8, TCP_ACK = 16 };

/* What fits into a frame on every link that IPv6 may use, options left out [RFC 8200, 5]; and what
 * is sent to who says nothing [RFC 9293, 3.7.1]. */
#define TCP_SEGMENT_SIZE 1220
#define TCP_DEFAULT_SEGMENT_SIZE 536

struct tcp_segment {
	unsigned int flags;
	uint32_t sequence;
	uint32_t acknowledged; /* with TCP_ACK */
	unsigned int window;
	unsigned int segment_size; /* with TCP_SYN: as the option says; 0 if there is none */
};

/* With @length bytes of data. What does not fit makes an empty frame that is too_long. */
void tcp_write(struct packet *out, const struct flow *flow, const struct tcp_segment *segment,
	const uint8_t *data, size_t length);

/* Read what a card gave; @datagram: ports, data, and how the checksum is, which has no ZERO.
 * Return: false if it is no whole segment. */
bool tcp_read(const uint8_t *bytes, size_t length, struct datagram *datagram,
	struct tcp_segment *segment);

#endif
