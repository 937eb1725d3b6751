// SPDX-License-Identifier: GPL-2.0-or-later
/* What a host or a router says of a packet that did not get on [RFC 792, RFC 1812, RFC 4443]. */
#ifndef VIRT_NETBOOT_ICMP_H
#define VIRT_NETBOOT_ICMP_H

#include "frame.h"

enum icmp_refusal {
	ICMP_OTHER, /* nothing of that kind, or of another packet */
	ICMP_NO_PORT,
	ICMP_FORBIDDEN,
	ICMP_NO_WAY,
};

/* Read what a card gave. @tcp, @flow: of the packet that is asked about; otherwise it is UDP. */
enum icmp_refusal icmp_read_refusal(
	const uint8_t *bytes, size_t length, bool tcp, const struct flow *flow);

#endif
