// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * rtnetlink messages about bridges and their ports, built and read by hand: libnl 3.7 has no
 * accessors for STP state, forward delay, root id and port state, and its rtnl_link_change() may
 * report success for a change that it did not make.
 */
#ifndef VIRT_NETBOOT_LINK_H
#define VIRT_NETBOOT_LINK_H

#include "netlink.h"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdint.h>

/* The attributes of a link; @attributes has IFLA_MAX + 1 elements. Return: 0 or -EPROTO, also
 * without a name. */
int link_parse(struct nlmsghdr *header, struct nlattr **attributes);

/* A device's kind ("bridge", "tun", ...), or "" for one without, such as a network card; *@data
 * gets the attributes of the kind, or NULL. */
const char *link_kind(struct nlattr *link_info, struct nlattr **data);

/* The same for what the device is to its master: "bridge" for a port of a Linux bridge. */
const char *link_slave_kind(struct nlattr *link_info, struct nlattr **data);

/**
 * link_get() - ask about one link, whatever else the host has
 * @ifindex:	the link, or 0
 * @name:	its name, if @ifindex is 0
 * @parse:	called with the answer and @argument
 *
 * The answer is spared the statistics. [linux net/core/rtnetlink.c, rtnl_getlink()]
 */
int link_get(unsigned int ifindex, const char *name, netlink_parser *parse, void *argument);

/* All links of the network namespace, without statistics: as netlink_dump(). */
int link_dump(netlink_reset *reset, netlink_parser *parse, void *argument);

/*
 * The request to set one attribute IFLA_BR_... of a bridge; all or nothing of it is done. Return:
 * NULL without memory. It is RTM_NEWLINK without NLM_F_CREATE: RTM_SETLINK ignores IFLA_LINKINFO
 * [linux net/core/rtnetlink.c, do_setlink() and __rtnl_newlink()].
 */
struct nl_msg *link_bridge_request(unsigned int ifindex, int attribute, uint32_t value);

/* The same for one attribute IFLA_BRPORT_... of a port [linux net/bridge/br_netlink.c,
 * br_setlink()]. */
struct nl_msg *link_port_request(unsigned int ifindex, int attribute, uint8_t value);

#endif
