// SPDX-License-Identifier: GPL-2.0-or-later
#include "libvirt_version.h"

#include <stdio.h>

/* "libvirtd (libvirt) 9.0.0", with or without a path in front. */
#define ASK                                                                               \
	"{ /usr/sbin/libvirtd --version || /usr/sbin/virtqemud --version; } 2>/dev/null " \
	"</dev/null"

bool libvirt_runs_hook_folders(const char *root)
{
	unsigned int major = 0;
	unsigned int minor = 0;

	if (*root)
		return true;
	FILE *answer = popen(ASK, "re"); // NOLINT(cert-env33-c): a constant
	if (!answer)
		return true;
	// NOLINTNEXTLINE(cert-err34-c): a number that does not fit is no version of libvirt's
	int found = fscanf(answer, "%*[^(](libvirt) %u.%u", &major, &minor);
	pclose(answer);
	return found != 2 || major > 6 || (major == 6 && minor >= 5);
}
