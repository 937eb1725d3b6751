// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The qdisc of a device that queues nothing and has filters: clsact or ingress, through rtnetlink.
 * A device has room for one of the two.
 */
#ifndef VIRT_NETBOOT_QDISC_H
#define VIRT_NETBOOT_QDISC_H

#include "netlink.h"

/* What a device has at that place. */
enum place { PLACE_FREE, PLACE_CLSACT, PLACE_INGRESS, PLACE_OTHER };

/* Return: 0 or a negative errno. */
int qdisc_read_place(unsigned int ifindex, enum place *place);

/* The request to make, delete or show one; @kind may be NULL. Return: NULL without memory. */
struct nl_msg *qdisc_request(int type, int flags, unsigned int ifindex, const char *kind);

/* Delete the qdisc of that kind, with all filters in it, in one step. Return: 0 or a negative
 * errno. */
int qdisc_delete(unsigned int ifindex, const char *kind);

#endif
