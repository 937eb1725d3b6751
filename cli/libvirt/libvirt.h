// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What libvirt knows of networks and guests, by its client library. Read only; nothing of libvirt
 * is seen outside of this directory but its XML.
 */
#ifndef VIRT_NETBOOT_LIBVIRT_H
#define VIRT_NETBOOT_LIBVIRT_H

#include <stdbool.h>
#include <stddef.h>

/* A network or a guest. */
struct libvirt_object {
	char *name;
	bool active; /* the network is started, the guest runs */
	char *xml;   /* as it is now; of what is not active, as it would start */
};

struct libvirt_list {
	struct libvirt_object *objects; /* by name */
	size_t count;
};

struct libvirt;

/**
 * libvirt_open() - connect to libvirt's daemon
 * @uri:	as for virsh --connect; NULL for the daemon of this host, qemu:///system
 * @libvirt:	gets the connection, for libvirt_close()
 *
 * What is not this host's own is refused: its XML names bridges of another machine, or of a test
 * driver, or it cannot make any.
 *
 * Return: 0; -EINVAL if the URI is refused, after a message; -ENOTCONN if there is no daemon that
 * can be reached, without a message; libvirt_trouble() then has libvirt's own.
 */
int libvirt_open(const char *uri, struct libvirt **libvirt);
void libvirt_close(struct libvirt **libvirt);

/* What libvirt said of the last call that failed; never NULL. */
const char *libvirt_trouble(void);

/**
 * libvirt_networks(), libvirt_guests() - read all of them, or one
 * @name:	of the only one, or NULL
 * @list:	filled in, for libvirt_list_clear(), also after an error
 *
 * Return: 0; -ENOENT if there is none of that name; -EIO if libvirt fails. One that goes away
 * meanwhile is left out of all.
 */
int libvirt_networks(struct libvirt *libvirt, const char *name, struct libvirt_list *list);
int libvirt_guests(struct libvirt *libvirt, const char *name, struct libvirt_list *list);

void libvirt_list_clear(struct libvirt_list *list);

#endif
