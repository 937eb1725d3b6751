// SPDX-License-Identifier: GPL-2.0-or-later
/* From nftables' events to the way that each packet of ours took. Pure. */
#ifndef VIRT_NETBOOT_DROP_FOLLOW_H
#define VIRT_NETBOOT_DROP_FOLLOW_H

#include "drop_event.h"

/* The names of our own chains: of each hook the first, and the last. "prerouting", ... */
extern const char *const drop_hook_names[DROP_HOOKS];
#define DROP_FIRST "_first"
#define DROP_LAST "_last"

/* Take the next event. What packets of others met is left out. */
void drop_follow(struct drop_seen *seen, const struct drop_event *event);

#endif
