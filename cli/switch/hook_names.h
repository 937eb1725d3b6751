// SPDX-License-Identifier: GPL-2.0-or-later
/* The hooks' names, and where libvirt looks for them. */
#ifndef VIRT_NETBOOT_HOOK_NAMES_H
#define VIRT_NETBOOT_HOOK_NAMES_H

#include <stdbool.h>

#define HOOKS 2

/* The hooks' names, which are those of libvirt's drivers. */
extern const char *const hook_names[HOOKS];

/* Where libvirt looks, in the tree of files @root ("" for this host's own). The caller frees. */
char *hook_folder(const char *root);

/* The name of our program for a hook, without its folder. The caller frees. */
char *hook_program(const char *hook);

/* True if a link that leads there leads to our program, wherever an installation has put it. */
bool hook_is_target(const char *target, const char *hook);

#endif
