// SPDX-License-Identifier: GPL-2.0-or-later
#ifndef VIRT_NETBOOT_LIBVIRT_VERSION_H
#define VIRT_NETBOOT_LIBVIRT_VERSION_H

#include <stdbool.h>

/*
 * False if the libvirt that is installed is older than 6.5, and so runs nothing in
 * /etc/libvirt/hooks/NAME.d. True where none is installed yet, and for a tree of files that is not
 * this host's own, whose programs are not run: @root is then not "".
 */
bool libvirt_runs_hook_folders(const char *root);

#endif
