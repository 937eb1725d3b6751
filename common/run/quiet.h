// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * When others have left a device's qdiscs alone.
 *
 * libvirt changes a limit by two programs that it runs one after the other: one takes the qdisc
 * away, the other adds its own, and fails if there is one. So a device of a guest that runs is not
 * touched until its qdiscs have been left alone for 2 s. The kernel tells of each change before
 * that has returned to whoever made it, so what is left of the danger is a change between the last
 * look at what it told and our own request.
 */
#ifndef VIRT_NETBOOT_QUIET_H
#define VIRT_NETBOOT_QUIET_H

#include <stddef.h>

/* Milliseconds for which a device's qdiscs are to be left alone. */
#define QUIET 2000

struct quiet_change;

struct quiet {
	int watch; /* of host_qdisc_watch(); whoever opened it closes it */
	struct quiet_change *changes;
	size_t count;
};

/* Take note of what changes within so many milliseconds; 0: of what has changed meanwhile. */
void quiet_note(struct quiet *quiet, long long timeout);

/* Milliseconds until the device may be touched. Nothing is known of what was before the first
 * quiet_note(), which is to be one of QUIET. */
long long quiet_left(const struct quiet *quiet, unsigned int ifindex);

void quiet_clear(struct quiet *quiet);

#endif
