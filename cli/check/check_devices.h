/* SPDX-License-Identifier: GPL-2.0-or-later */
/* This host's devices, which are read once, however many bridges and guests there are to check. */
#ifndef VIRT_NETBOOT_CHECK_DEVICES_H
#define VIRT_NETBOOT_CHECK_DEVICES_H

#include "facts.h"

struct check_devices {
	struct link_facts *links;
	size_t count;
	const char **bridges; /* the names of those that are Linux bridges */
	size_t bridge_count;
	struct port_list ports; /* of all of these */
};

/* What cannot be read is said, and then there is none. */
void check_devices_read(struct check_devices *devices);
void check_devices_clear(struct check_devices *devices);

#endif
