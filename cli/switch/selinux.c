// SPDX-License-Identifier: GPL-2.0-or-later
#include "selinux.h"

#include "cleanup.h"

#include <string.h>
#include <sys/xattr.h>

#define FOLDER "/sys/fs/selinux/"

/* Files of selinuxfs begin with 1 for "on". */
static bool is_on(const char *path)
{
	CLEANUP(cleanup_file) FILE *file = fopen(path, "re");

	return file && fgetc(file) == '1';
}

/* A label is user:role:type:level. */
static bool has_type(const char *path, const char *type)
{
	char label[256];
	ssize_t length = getxattr(path, "security.selinux", label, sizeof(label) - 1);

	if (length < 0)
		return false;
	label[length] = '\0';
	const char *found = strstr(label, type);
	size_t end = strlen(type);
	return found && found > label && found[-1] == ':' &&
	       (found[end] == ':' || found[end] == '\0');
}

bool selinux_blocks(const char *hook, const char *program)
{
	if (strcmp(hook, "network") != 0 || !is_on(FOLDER "enforce") ||
		!has_type("/usr/sbin/virtnetworkd", "virtnetworkd_exec_t"))
		return false;
	return !has_type(program, "virt_hook_t") || !is_on(FOLDER "booleans/virt_hooks_unconfined");
}
