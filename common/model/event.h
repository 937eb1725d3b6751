// SPDX-License-Identifier: GPL-2.0-or-later
/* What libvirt tells a hook of. */
#ifndef VIRT_NETBOOT_EVENT_H
#define VIRT_NETBOOT_EVENT_H

enum event_kind {
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

struct event {
	const char *object; /* the guest's or the network's name: any text */
	const char *operation;
	enum event_kind kind;
};

#endif
