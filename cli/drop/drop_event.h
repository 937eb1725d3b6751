// SPDX-License-Identifier: GPL-2.0-or-later
/* The messages about packets that the kernel sends, read. Pure. */
#ifndef VIRT_NETBOOT_DROP_EVENT_H
#define VIRT_NETBOOT_DROP_EVENT_H

#include "drop_seen.h"

#include <linux/netlink.h>

/* One event of nftables' tracing: a rule that a packet met, or the end of a base chain. */
struct drop_event {
	unsigned int id;
	enum drop_layer layer;
	const char *family; /* of the table, static */
	const char *table;  /* inside of the message */
	const char *chain;
	bool rule; /* met; else a policy or a return */
	bool policy;
	unsigned long long handle;
	bool drops;
	bool has_packet; /* the first event of a base chain says more of the packet: */
	enum drop_packet packet;
	unsigned int in;
	unsigned int out;
};

/* Return: false if the message is none. */
bool drop_event_read(const struct nlmsghdr *message, struct drop_event *event);

/* A message of the target NFLOG, or of a legacy table that follows a packet. Return: false if it is
 * none of a packet of @client, which is a MAC address. */
bool drop_line_read(
	const struct nlmsghdr *message, const unsigned char *client, struct drop_line *line);

#endif
