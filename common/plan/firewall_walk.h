// SPDX-License-Identifier: GPL-2.0-or-later
/* What becomes of a DHCP request in a base chain. */
#ifndef VIRT_NETBOOT_FIREWALL_WALK_H
#define VIRT_NETBOOT_FIREWALL_WALK_H

#include "firewall.h"

/* A request; a device that is not known has the empty name. */
struct firewall_packet {
	enum ip_family family;
	const char *devices[FIREWALL_OUT_BRIDGE + 1]; /* by side; NULL if there is none */
};

enum firewall_fate { FATE_GOES_ON, FATE_MAY_BE_DROPPED, FATE_IS_DROPPED };

/* Follow a request through a base chain. */
enum firewall_fate firewall_walk(const struct firewall_facts *facts,
	const struct firewall_chain *base, const struct firewall_packet *packet);

#endif
