// SPDX-License-Identifier: GPL-2.0-or-later
/* The unit of systemd that runs `virt-netboot repair --all` at boot, and after restarts of what
 * changes rules and bridges. */
#ifndef VIRT_NETBOOT_AT_BOOT_H
#define VIRT_NETBOOT_AT_BOOT_H

#define AT_BOOT_UNIT "virt-netboot-repair.service"

enum at_boot {
	AT_BOOT_OFF,
	AT_BOOT_ON,
	AT_BOOT_MASKED, /* systemd does not start it, whatever wants it */
};

/* Whether systemd of the tree at @root ("" for this host) runs it, by its links. */
enum at_boot at_boot_find(const char *root);

/**
 * at_boot_enable() - have systemctl(1) enable the unit
 *
 * Return: 0, also if it was enabled, or a negative errno after a message: -ENOENT if there is no
 * systemctl, -EIO if that has failed, which says why, and -EXDEV if the tree's units are not in it.
 */
int at_boot_enable(const char *root);

/* Have it disabled, and stopped if it runs. Return: as at_boot_enable(). */
int at_boot_disable(const char *root);

#endif
