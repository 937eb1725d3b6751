// SPDX-License-Identifier: GPL-2.0-or-later
/* Where on this host an address is, through the routing table: one look-up, however many addresses
 * and devices there are. */
#ifndef VIRT_NETBOOT_LOCAL_ROUTE_H
#define VIRT_NETBOOT_LOCAL_ROUTE_H

#include "family.h"

/* Return: the index of the device that has @address, or whose network's broadcast address it is; 0
 * if it is no address of this host's. */
unsigned int local_route_device(enum ip_family family, const void *address);

#endif
