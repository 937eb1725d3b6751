// SPDX-License-Identifier: GPL-2.0-or-later
/* Zones of firewalld's that devices are in, as it runs. Its permanent configuration is only read.
 */
#ifndef VIRT_NETBOOT_ZONE_H
#define VIRT_NETBOOT_ZONE_H

#include "facts.h"

/**
 * zone_of() - ask which zone a device is in
 * @zone:	gets its name; empty if it is in none of its own, so that the default zone applies
 *
 * Return: 0; -ENOENT if firewalld does not run; or another negative errno.
 */
int zone_of(const char *device, char zone[ZONE_SIZE]);

/* Likewise, by the permanent configuration: where firewalld puts it when it is reloaded. */
int zone_kept(const char *device, char zone[ZONE_SIZE]);

/* Put a device into a zone, or, if @zone is empty, take it out of the one that it is in; and read
 * back. Return: likewise. */
int zone_set(const char *device, const char *zone);

#endif
