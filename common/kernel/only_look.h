// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A process that only looks (host_only_look()): what each request to the kernel has to know before
 * it is made.
 *
 * The kernel loads modules for whoever asks for what they do, and a request by the name of a device
 * that is not there loads the module that is called so.
 */
#ifndef VIRT_NETBOOT_ONLY_LOOK_H
#define VIRT_NETBOOT_ONLY_LOOK_H

#include "modules.h"

#include <stdbool.h>

/* Those that requests of ours may load. */
enum look_module {
	LOOK_ACT_CSUM,
	LOOK_XT_CHECKSUM,
	LOOK_IP_TABLES,
	LOOK_IPTABLE_MANGLE,
	LOOK_IP6_TABLES,
	LOOK_IP6TABLE_MANGLE,
	LOOK_NF_TABLES,
	LOOK_INET_DIAG,
	LOOK_UDP_DIAG,
	LOOK_AF_PACKET_DIAG,
	LOOK_MODULES
};

/* True if this process only looks. */
bool look_only(void);

/* What is known of a module. Asked for again and again, it reads files only while the module is not
 * loaded and can be. */
enum module_state look_module(enum look_module module);

/* True if a request must not be made, because it would load this module, or what it needs. */
bool look_forbids(enum look_module module);

/*
 * True if an ioctl(2) for this device must not be made, because there is no such device: the kernel
 * then loads the module "netdev-NAME", or even NAME [linux net/core/dev_ioctl.c, dev_load()].
 */
bool look_forbids_device(const char *name);

#endif
