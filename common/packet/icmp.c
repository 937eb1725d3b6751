// SPDX-License-Identifier: GPL-2.0-or-later
#include "icmp.h"

#include "wire.h"

#include <string.h>

enum {
	MESSAGE_SIZE = 8, /* before the packet that it is about */
	PORTS_SIZE = 4,

	UNREACHABLE = 3,
	PORT_UNREACHABLE = 3,
	FRAGMENTATION_NEEDED = 4,
	NETWORK_PROHIBITED = 9,
	HOST_PROHIBITED = 10,
	PROHIBITED = 13,

	UNREACHABLE6 = 1,
	PROHIBITED6 = 1,
	PORT_UNREACHABLE6 = 4,
	POLICY6 = 5,
	REJECTED6 = 6,
};

static enum icmp_refusal refusal4(const uint8_t *message)
{
	if (message[0] != UNREACHABLE)
		return ICMP_OTHER;
	switch (message[1]) {
	case PORT_UNREACHABLE:
		return ICMP_NO_PORT;
	case NETWORK_PROHIBITED:
	case HOST_PROHIBITED:
	case PROHIBITED:
		return ICMP_FORBIDDEN;
	case FRAGMENTATION_NEEDED:
		return ICMP_OTHER;
	default:
		return ICMP_NO_WAY;
	}
}

static enum icmp_refusal refusal6(const uint8_t *message)
{
	if (message[0] != UNREACHABLE6)
		return ICMP_OTHER;
	switch (message[1]) {
	case PORT_UNREACHABLE6:
		return ICMP_NO_PORT;
	case PROHIBITED6:
	case POLICY6:
	case REJECTED6:
		return ICMP_FORBIDDEN;
	default:
		return ICMP_NO_WAY;
	}
}

/* The beginning of a packet, of which no more than the ports need to be there: is it of this flow?
 * Whoever has not seen it does not know the ports. */
static bool is_about(
	const uint8_t *ip, size_t length, unsigned int protocol, const struct flow *flow)
{
	const bool ip4 = flow->family == IPV4;
	const size_t size = ip4 ? 4 : 16, from_at = ip4 ? 12 : 8, protocol_at = ip4 ? 9 : 6;
	size_t header = IP6_SIZE;

	if (length < IP4_SIZE || ip[0] >> 4 != (ip4 ? 4 : 6))
		return false;
	if (ip4)
		header = (size_t)(ip[0] & 15U) * 4;
	return header >= IP4_SIZE && length >= header + PORTS_SIZE && ip[protocol_at] == protocol &&
	       memcmp(ip + from_at, flow->from, size) == 0 &&
	       memcmp(ip + from_at + size, flow->to, size) == 0 &&
	       get16(ip + header) == flow->from_port && get16(ip + header + 2) == flow->to_port;
}

enum icmp_refusal icmp_read_refusal(
	const uint8_t *bytes, size_t length, bool tcp, const struct flow *flow)
{
	const bool ip4 = flow->family == IPV4;
	struct datagram icmp;

	if (!wire_read(bytes, length, ip4 ? PROTO_ICMP : PROTO_ICMP6, MESSAGE_SIZE, &icmp) ||
		icmp.flow.family != flow->family ||
		!is_about(icmp.data + MESSAGE_SIZE, icmp.length - MESSAGE_SIZE,
			tcp ? PROTO_TCP : PROTO_UDP, flow))
		return ICMP_OTHER;
	return ip4 ? refusal4(icmp.data) : refusal6(icmp.data);
}
