// SPDX-License-Identifier: GPL-2.0-or-later
/* What `virt-netboot check` is asked for. Plain data: arguments of the program. */
#ifndef VIRT_NETBOOT_CHECK_REQUEST_H
#define VIRT_NETBOOT_CHECK_REQUEST_H

#include "look_format.h"

#include <stdbool.h>
#include <stddef.h>

/* Names of one kind of object. */
struct check_names {
	const char **names;
	size_t count;
};

struct check_request {
	bool help;
	bool all;
	bool quiet;
	enum look_format format;
	const char *output; /* a file, or NULL */
	const char *uri;    /* of libvirt, or NULL */
	struct check_names bridges;
	struct check_names networks;
	struct check_names guests;
};

#endif
