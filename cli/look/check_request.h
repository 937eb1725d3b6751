// SPDX-License-Identifier: GPL-2.0-or-later
/* What `virt-netboot check` is asked for. Plain data: arguments of the program. */
#ifndef VIRT_NETBOOT_CHECK_REQUEST_H
#define VIRT_NETBOOT_CHECK_REQUEST_H

#include "look_format.h"
#include "targets.h"

struct check_request {
	struct targets targets;
	bool quiet;
	enum look_format format;
	const char *output; /* a file, or NULL */
};

#endif
