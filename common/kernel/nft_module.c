// SPDX-License-Identifier: GPL-2.0-or-later
#include "nft_module.h"

#include "cleanup.h"

#include <string.h>
#include <sys/utsname.h>

/* A line is "kernel/net/netfilter/nf_tables.ko.xz: kernel/..." [depmod(8)]. */
static bool is_about(const char *line)
{
	static const char name[] = "/nf_tables.ko";
	const char *found = strstr(line, name);

	return found && found < strchrnul(line, ':');
}

/* What is built in has no file. */
static bool has_file(void)
{
	struct utsname kernel;
	char path[sizeof(kernel.release) + 64];
	char line[1024];

	if (uname(&kernel) != 0)
		return false;
	snprintf(path, sizeof(path), "/lib/modules/%s/modules.dep", kernel.release);
	CLEANUP(cleanup_file) FILE *file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file)) {
		if (is_about(line))
			return true;
	}
	return false;
}

bool nft_module_is_unused(void)
{
	return access("/sys/module/nf_tables", F_OK) != 0 && has_file();
}
