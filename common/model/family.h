// SPDX-License-Identifier: GPL-2.0-or-later
/* The two address families: what differs between them has its place here and nowhere else. */
#ifndef VIRT_NETBOOT_FAMILY_H
#define VIRT_NETBOOT_FAMILY_H

#include <stdint.h>

enum ip_family { IPV4, IPV6, IP_FAMILIES };

struct family {
	const char *dhcp;     /* "DHCP", "DHCPv6": as people call it */
	const char *iptables; /* the program, and the name of the mechanism in messages */
	const char *module;   /* the kernel's legacy table */
	uint16_t dhcp_server; /* UDP port */
	uint16_t dhcp_client; /* UDP port */
};

/* Indexed by enum ip_family. */
extern const struct family families[IP_FAMILIES];

#endif
