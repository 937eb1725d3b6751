// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What libvirt tells a hook: "OBJECT OPERATION SUBOPERATION EXTRA" as arguments, "-"
 * for an empty one, and XML on standard input without a size [libvirt
 * src/util/virhook.c, docs/hooks.rst]. Knows neither XML nor netlink.
 */
#ifndef VIRT_NETBOOT_EVENT_H
#define VIRT_NETBOOT_EVENT_H

#include <stddef.h>

/* The largest XML that is read. The largest guest libvirt itself accepts is far smaller. */
#define EVENT_XML_MAX (16U << 20)

enum event_kind {
	EVENT_UNKNOWN,
	EVENT_IGNORED, /* known to libvirt, nothing to do for us */
	EVENT_NETWORK_START,
	EVENT_NETWORK_ACTIVE, /* started, updated, a port was made: the bridge is there */
	EVENT_NETWORK_STOPPED,
	EVENT_NETWORK_PORT_DELETED,
	EVENT_GUEST_PREPARE,
	EVENT_GUEST_START,
	EVENT_GUEST_RECONNECT,
	EVENT_GUEST_RELEASE,
	EVENT_GUEST_ARRIVE, /* migrate, restore: its XML can be replaced */
};

/* One line of a hook's table of operations; the table ends with a NULL name. */
struct operation {
	const char *name;
	enum event_kind kind;
};

struct event {
	const char *object; /* the guest's or the network's name: any text */
	const char *operation;
	enum event_kind kind;
};

/**
 * event_from_arguments() - understand a hook's arguments
 * @argc, @argv:	as main() got them
 * @operations:		the hook's table
 * @event:		filled in; its strings are those of @argv
 *
 * Arguments after OPERATION are not needed and may be absent.
 *
 * Return: 0, or -EINVAL if OBJECT or OPERATION is missing.
 */
int event_from_arguments(
	int argc, char **argv, const struct operation *operations, struct event *event);

/**
 * event_read_xml() - read @fd to its end
 * @fd:		where from
 * @xml:	gets the bytes; the caller frees
 * @length:	gets their number
 *
 * Return: 0, -EFBIG for more than EVENT_XML_MAX bytes, or another negative errno.
 */
int event_read_xml(int fd, char **xml, size_t *length);

#endif
