// SPDX-License-Identifier: GPL-2.0-or-later
/* By which ports of the bridge requests left. Pure. */
#ifndef VIRT_NETBOOT_DROP_LEAVING_H
#define VIRT_NETBOOT_DROP_LEAVING_H

#include "drop_seen.h"

/* The ports by which requests left. If the kernel dropped some on their way out, it is known by
 * which only if there is one, or if it was all of them. */
struct drop_leaving {
	unsigned int *ports;
	size_t count;
	size_t copies;
	size_t dropped;
};

struct drop_leaving drop_find_leaving(const struct drop_seen *seen);
void drop_leaving_clear(struct drop_leaving *leaving);

bool drop_has_left_through(const struct drop_leaving *leaving, unsigned int port);

/* The port with this index, or NULL. */
const struct drop_device *drop_find_device(const struct drop_seen *seen, unsigned int ifindex);

bool drop_is_guest(const struct drop_seen *seen, unsigned int port);

/* True if requests entered the bridge, and it handed them to no other port. */
bool drop_is_kept_in(const struct drop_seen *seen);

#endif
