// SPDX-License-Identifier: GPL-2.0-or-later
/* What ethtool(8) asks of a device. All return 0 or a negative errno. */
#ifndef VIRT_NETBOOT_ETHTOOL_H
#define VIRT_NETBOOT_ETHTOOL_H

#include <linux/ethtool.h>
#include <stdint.h>

/* Read or write one value: ETHTOOL_GTXCSUM, ETHTOOL_STXCSUM, ... */
int ethtool_value(const char *name, uint32_t command, uint32_t *value);

#define ETHTOOL_DRIVER_SIZE 32

/* The name of the device's driver. */
int ethtool_driver(const char *name, char driver[ETHTOOL_DRIVER_SIZE]);

#endif
