// SPDX-License-Identifier: GPL-2.0-or-later
/* What `check` and `repair` are to look at. Plain data: arguments of the program. */
#ifndef VIRT_NETBOOT_TARGETS_H
#define VIRT_NETBOOT_TARGETS_H

#include <stdbool.h>
#include <stddef.h>

/* Names of one kind of object. */
struct target_names {
	const char **names;
	size_t count;
};

struct targets {
	bool all; /* no names are given */
	struct target_names bridges;
	struct target_names networks;
	struct target_names guests;
	const char *uri; /* of libvirt, or NULL */
};

#endif
