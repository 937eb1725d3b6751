// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What libvirt knows of networks and guests, by its client library. Read only; nothing of libvirt
 * is seen outside of this directory but its XML.
 */
#ifndef VIRT_NETBOOT_LIBVIRT_READ_H
#define VIRT_NETBOOT_LIBVIRT_READ_H

#include <stdbool.h>
#include <stddef.h>

/* A network or a guest. */
struct libvirt_object {
	char *name;
	bool active;    /* the network is started, the guest runs */
	bool autostart; /* of a network: it is started with the daemon; of a guest not asked for */
	char *xml;      /* as it is now; of what is not active, as it would start */
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
 * driver, or it cannot make any. On a terminal a person is told when the daemon takes its time;
 * after half a minute in which it says nothing it is given up.
 *
 * Return: 0; -EINVAL if the URI is refused, after a message; -ENOTCONN if there is no daemon that
 * can be reached, or -ETIMEDOUT if it was given up, both without a message; libvirt_trouble() then
 * says why.
 */
int libvirt_open(const char *uri, struct libvirt **libvirt);
void libvirt_close(struct libvirt **libvirt);

/* Why the last call failed, in a sentence, mostly libvirt's own; never NULL. */
const char *libvirt_trouble(void);

/**
 * libvirt_networks(), libvirt_guests() - read all of them, or one
 * @name:	of the only one, or NULL
 * @list:	filled in, for libvirt_list_clear(), also after an error
 *
 * Return: 0; -ENOENT if there is none of that name; -EIO if libvirt fails, or does not answer: then
 * what was read before is in the list, and libvirt_trouble() says how much is not. One that goes
 * away meanwhile is left out of all.
 */
int libvirt_networks(struct libvirt *libvirt, const char *name, struct libvirt_list *list);
int libvirt_guests(struct libvirt *libvirt, const char *name, struct libvirt_list *list);

void libvirt_list_clear(struct libvirt_list *list);

#endif
