// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What another program may have ahead of a filter of ours, so that packets do not come to it.
 */
#ifndef VIRT_NETBOOT_FILTERS_BEFORE_H
#define VIRT_NETBOOT_FILTERS_BEFORE_H

#include "host.h"
#include "netlink.h"

/*
 * How many tcx programs a device has. They are run before clsact and ingress, and a verdict of
 * theirs other than TCX_NEXT is the last one [linux net/core/dev.c, sch_handle_ingress()]. What a
 * program returns nobody can know. 0 also where that cannot be asked: before 6.6 there were none.
 */
unsigned int tcx_programs(unsigned int ifindex, enum filter_hook hook);

/*
 * True if a message of a dump is about a filter behind which packets that ours are for may not come
 * to the next one. What is not understood may do anything.
 */
bool filter_may_end(struct nlmsghdr *header);

#endif
