// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Names of network interfaces as they come from XML, checked at the border.
 */
#ifndef VIRT_NETBOOT_IFNAME_H
#define VIRT_NETBOOT_IFNAME_H

#include <stdbool.h>

/* As the kernel's IFNAMSIZ: at most 15 bytes and a NUL. An empty name means "not known". */
#define IFNAME_SIZE 16

/*
 * True for a name that the kernel accepts [net/core/dev.c, dev_valid_name()], and so does libvirt.
 * It may hold any other byte: log.h shows what must not be shown as it is. A longer alternative
 * name is none to libvirt [libvirt src/util/virnetdev.c, virNetDevSetupControlFull()].
 */
bool ifname_is_valid(const char *name);

#endif
