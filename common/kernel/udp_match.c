// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Three-valued logic: "and" is the lesser of two values, "not" exchanges NEVER and ALWAYS. What it
 * says for certain is true. It may say MAYBE where more could be known: of "not port 68 and not
 * ports 0 to 67 and not ports 69 to 65535", for one.
 */
#include "udp_match.h"

#include <stdint.h>

const struct udp_match udp_match_all = {.of = {ALWAYS, ALWAYS}};
const struct udp_match udp_match_none = {.of = {NEVER, NEVER}};
const struct udp_match udp_match_unknown = {.of = {MAYBE, MAYBE}};

struct udp_match udp_match_if(bool condition)
{
	return condition ? udp_match_all : udp_match_none;
}

struct udp_match udp_match_and(struct udp_match one, struct udp_match other)
{
	for (enum udp_kind kind = 0; kind < UDP_KINDS; kind++) {
		if (one.of[kind] > other.of[kind])
			one.of[kind] = other.of[kind];
	}
	return one;
}

struct udp_match udp_match_not(struct udp_match match)
{
	for (enum udp_kind kind = 0; kind < UDP_KINDS; kind++)
		match.of[kind] = ALWAYS - match.of[kind];
	return match;
}

struct udp_match udp_match_ports(enum ip_family family, unsigned int first, unsigned int last)
{
	unsigned int client = families[family].dhcp_client;
	bool dhcp = first <= client && client <= last;

	if (first > last)
		return udp_match_none;
	if (first == 0 && last == UINT16_MAX)
		return udp_match_all;
	return (struct udp_match){.of = {
					  [UDP_DHCP] = dhcp ? ALWAYS : NEVER,
					  [UDP_OTHER] = dhcp && first == last ? NEVER : MAYBE,
				  }};
}
