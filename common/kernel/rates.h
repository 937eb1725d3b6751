// SPDX-License-Identifier: GPL-2.0-or-later
/* Limits of traffic control as libvirt makes them. */
#ifndef VIRT_NETBOOT_RATES_H
#define VIRT_NETBOOT_RATES_H

#include "netlink.h"

/* How many bytes a second the police lets through that a message of a dump of filters is about; 0
 * if it is about none. */
unsigned long long police_rate(struct nlmsghdr *header);

#endif
