// SPDX-License-Identifier: GPL-2.0-or-later
/* What the configuration says of the hooks' links. */
#ifndef VIRT_NETBOOT_WANTS_DROP_INS_H
#define VIRT_NETBOOT_WANTS_DROP_INS_H

#include <stdbool.h>

/* True if the links are to be in network.d and qemu.d: `place` in virt-netboot.conf(5), in the tree
 * of files @root. */
bool wants_drop_ins(const char *root);

#endif
