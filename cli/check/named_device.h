// SPDX-License-Identifier: GPL-2.0-or-later
/* Devices that somebody has named on the command line. One that does not exist is an error, as a
 * network or guest of libvirt's is. */
#ifndef VIRT_NETBOOT_NAMED_DEVICE_H
#define VIRT_NETBOOT_NAMED_DEVICE_H

#include "facts.h"
#include "targets.h"

/* Read the device that is named as a @what: "bridge". Return: 0; or a negative errno after a
 * message: -ENOENT if there is none. */
int named_device_get(const char *what, const char *name, struct bridge_state *device);

/* Those of the named bridges that exist, whatever they are; of each other one a message is given.
 * The caller frees the array; the names stay the same. */
struct target_names named_bridges_find(const struct target_names *named);

#endif
