// SPDX-License-Identifier: GPL-2.0-or-later
#include "hook_names.h"

#include "alloc.h"

const char *const hook_names[HOOKS] = {"network", "qemu"};

char *hook_folder(const char *root)
{
	return alloc_format("%s" HOOKDIR, root);
}

char *hook_program(const char *hook)
{
	return alloc_format("virt-netboot-%s-hook", hook);
}
