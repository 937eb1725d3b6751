// SPDX-License-Identifier: GPL-2.0-or-later
/* What differs between networks and guests in libvirt's client library. See libvirt_read.h. */
#ifndef VIRT_NETBOOT_LIBVIRT_KINDS_H
#define VIRT_NETBOOT_LIBVIRT_KINDS_H

#include "libvirt_read.h"

#include <libvirt/libvirt.h>

/* virNetworkPtr or virDomainPtr, each to be released. */
struct libvirt_handles {
	void **list;
	size_t count;
};

/* Each function fails with libvirt's last error. */
struct libvirt_kind {
	const char *one; /* "network", for messages */
	const char *many;
	int gone; /* the error that says that there is no such object (any more) */
	int (*list)(virConnectPtr connection, struct libvirt_handles *handles);
	void *(*find)(virConnectPtr connection, const char *name);
	int (*read)(void *handle, struct libvirt_object *object);
	void (*release)(void *handle);
};

extern const struct libvirt_kind libvirt_network_kind;
extern const struct libvirt_kind libvirt_guest_kind;

#endif
