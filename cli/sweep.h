// SPDX-License-Identifier: GPL-2.0-or-later
#ifndef VIRT_NETBOOT_SWEEP_H
#define VIRT_NETBOOT_SWEEP_H

/*
 * Take all that is ours out of the kernel, in this network namespace: rules, filters, and transmit
 * checksumming that we switched off. Nobody else's is touched. In a chroot nothing is done, for the
 * network is not that of what is installed there. What the hooks did to ports and bridges stays
 * until these are configured anew.
 *
 * Return: 0, or the first negative errno, each after a message.
 */
int sweep(void);

#endif
