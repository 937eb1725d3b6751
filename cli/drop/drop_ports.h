// SPDX-License-Identifier: GPL-2.0-or-later
/* The ports of the bridge, read of this host. */
#ifndef VIRT_NETBOOT_DROP_PORTS_H
#define VIRT_NETBOOT_DROP_PORTS_H

#include "drop.h"
#include "drop_seen.h"

/* Fill in port, bridge and devices. Return: 0 or a negative errno, after a message. */
int drop_find_ports(const struct drop_wish *wish, struct drop_seen *seen);

/* Add those that have come since. */
void drop_find_new_ports(struct drop_seen *seen);

/* Find out how they are set, where that matters: the bridge handed requests to none. */
void drop_find_gates(struct drop_seen *seen);

#endif
