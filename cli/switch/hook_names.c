// SPDX-License-Identifier: GPL-2.0-or-later
#include "hook_names.h"

#include "alloc.h"
#include "cleanup.h"

#include <string.h>

const char *const hook_names[HOOKS] = {"network", "qemu"};

char *hook_folder(const char *root)
{
	return alloc_format("%s" HOOKDIR, root);
}

char *hook_program(const char *hook)
{
	return alloc_format("virt-netboot-%s-hook", hook);
}

bool hook_is_target(const char *target, const char *hook)
{
	CLEANUP(cleanup_free) char *name = alloc_format("/virt-netboot-%s-hook", hook);
	size_t length = strlen(target);

	return length >= strlen(name) && strcmp(target + length - strlen(name), name) == 0;
}
