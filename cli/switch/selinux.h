// SPDX-License-Identifier: GPL-2.0-or-later
#ifndef VIRT_NETBOOT_SELINUX_H
#define VIRT_NETBOOT_SELINUX_H

#include <stdbool.h>

/**
 * selinux_blocks() - whether SELinux keeps libvirt from running a hook
 * @hook:	"network" or "qemu"
 * @program:	the hook's file
 *
 * libvirt takes a hook that it cannot run for a refusal, so such a hook must not be linked. The
 * rules are those of Fedora's policy [fedora-selinux/selinux-policy
 * policy/modules/contrib/virt.te]: virtnetworkd, where it has a domain of its own, may run what has
 * the type virt_hook_t, and that only with the boolean virt_hooks_unconfined; virtqemud may run
 * programs as they are installed.
 */
bool selinux_blocks(const char *hook, const char *program);

#endif
