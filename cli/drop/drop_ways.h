// SPDX-License-Identifier: GPL-2.0-or-later
/* Which ways are closed for a packet that ends somewhere, and whether that matters. Pure. */
#ifndef VIRT_NETBOOT_DROP_WAYS_H
#define VIRT_NETBOOT_DROP_WAYS_H

#include "drop.h"
#include "drop_leaving.h"

/* Which ways a packet can no longer go. */
struct drop_ways {
	bool host;
	bool through;
	bool answer;
};

/* True if a server of this host gets requests by UDP from a device. */
bool drop_has_listener(const struct drop_seen *seen, unsigned int device);

/* A request in the IP layer of this host. The device is the bridge, or one on it; beside a macvtap
 * there may be several. */
bool drop_is_at_host(const struct drop_trip *trip);

/* The device of this host that the packet came to, or would have. */
unsigned int drop_device_of(const struct drop_seen *seen, const struct drop_trip *trip);

/**
 * drop_choose_way() - which way to say of those that are closed
 * @device:	that of this host that the packet came to
 * @out:	the port by which it was to leave, or 0
 *
 * Return: false if it does not matter.
 */
bool drop_choose_way(const struct drop_seen *seen, const struct drop_leaving *leaving,
	struct drop_ways ways, unsigned int device, unsigned int out, enum drop_way *way);

/* The same of a packet that ended in a hook. */
bool drop_choose_way_of(const struct drop_seen *seen, const struct drop_leaving *leaving,
	const struct drop_trip *trip, enum drop_way *way);

#endif
