// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which of the UDP that this host sends through one device, in one address family, meets a
 * condition. Two kinds of packets are told apart, and of each kind it is said whether all of its
 * packets do, or none, or perhaps some. A condition that is not understood may be met by any.
 *
 *     -o virbr0 -p udp --dport 68      DHCP: always    all other UDP: never
 *     -o virbr0 -p udp --dport 60:70   DHCP: always    all other UDP: maybe
 *     -o virbr0 -m mark --mark 1       DHCP: maybe     all other UDP: maybe
 */
#ifndef VIRT_NETBOOT_UDP_MATCH_H
#define VIRT_NETBOOT_UDP_MATCH_H

#include "facts.h"

enum truth { NEVER, MAYBE, ALWAYS };

/* By their destination: the port of DHCP clients, or any other. */
enum udp_kind { UDP_DHCP, UDP_OTHER, UDP_KINDS };

struct udp_match {
	enum truth of[UDP_KINDS];
};

extern const struct udp_match udp_match_all;
extern const struct udp_match udp_match_none;
extern const struct udp_match udp_match_unknown;

/* All packets, or none. */
struct udp_match udp_match_if(bool condition);

/* What meets both conditions. */
struct udp_match udp_match_and(struct udp_match one, struct udp_match other);

/* What does not meet the condition. */
struct udp_match udp_match_not(struct udp_match match);

/* Destination ports from @first to @last; none if @last is less. */
struct udp_match udp_match_ports(enum ip_family family, unsigned int first, unsigned int last);

#endif
