// SPDX-License-Identifier: GPL-2.0-or-later
/* What rtnetlink says of a link, as a port of a bridge. */
#ifndef VIRT_NETBOOT_BRIDGE_PORT_H
#define VIRT_NETBOOT_BRIDGE_PORT_H

#include "host.h"
#include "link.h"

/* A netlink_parser for RTM_NEWLINK; @argument is a struct bridge_port, zeroed. */
int bridge_port_parse(struct nlmsghdr *header, void *argument);

#endif
