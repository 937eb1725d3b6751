// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whether the kernel has a module, found out without asking the kernel for what the module does:
 * that would load it.
 *
 * depmod(8) writes which files there are, and the kernel's build which modules are built in, both
 * into the directory of the kernel's release. What modprobe.d(5) forbids is not known here: a
 * module whose file is there counts as one that can be loaded.
 */
#ifndef VIRT_NETBOOT_MODULES_H
#define VIRT_NETBOOT_MODULES_H

enum module_state {
	MODULE_UNKNOWN,  /* not loaded and without a file; it may be built in. Asking loads nothing
			  */
	MODULE_ABSENT,   /* neither loaded nor built in, and without a file. Not to be asked for */
	MODULE_LOADABLE, /* not loaded; asking would load it */
	MODULE_PRESENT,  /* loaded or built in */
};

/**
 * module_state() - find out about a module
 * @root:	what is put before the paths: "" for this host
 * @release:	of the kernel, as uname(2) has it
 * @name:	with _ instead of -
 */
enum module_state module_state(const char *root, const char *release, const char *name);

#endif
