// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What tells a device from every other, also from one that is made later and gets the same ifindex.
 *
 * The kernel hands out no ifindex twice, unless whoever makes a device asks for that very number
 * (`ip link add index N`), or a device from another network namespace brings it along [linux
 * net/core/dev.c, dev_index_reserve(), __dev_change_net_namespace()]. Name and address are no help:
 * both can be the same again, and both change while a bridge lives, the address with each port
 * that comes or goes. What no other device has is the number of its folder in sysfs: 64 bits, which
 * are handed out once until the next boot, in all network namespaces together, and stay with a
 * device that is renamed [linux fs/kernfs/dir.c, __kernfs_new_node()]. Before Linux 5.5 it is 31
 * bits, handed out by turns.
 *
 * What is left of the risk: libvirtd may run where /sys is not mounted, or shows another network
 * namespace. Then that number is 0, and a device that was made by ifindex in the same network
 * namespace is taken for the one before. Or, worse, there is a device with this name and ifindex in
 * that other namespace: then it is that one's number.
 */
#ifndef VIRT_NETBOOT_DEVICE_KEY_H
#define VIRT_NETBOOT_DEVICE_KEY_H

#include <stdbool.h>
#include <stdint.h>

/* Each is 0 where there is no such thing. */
struct device_key {
	uint64_t boot;              /* of boot_id: the rest holds until the next boot only */
	uint64_t network_namespace; /* its cookie, since Linux 5.14: its inode number is used again
				     */
	uint64_t device;            /* its folder in sysfs */
};

/* The device that has this ifindex now, or none. Return: 0 or a negative errno, if there is no
 * telling at the moment. */
int device_key_read(unsigned int ifindex, struct device_key *key);

bool device_key_is(const struct device_key *key, const struct device_key *other);

#endif
