// SPDX-License-Identifier: GPL-2.0-or-later
/* The operations that libvirt tells a hook of, and what they mean to us. */
#ifndef VIRT_NETBOOT_OPERATIONS_H
#define VIRT_NETBOOT_OPERATIONS_H

#include "event.h"

#include <stdbool.h>

struct operation {
	const char *name;
	enum event_kind kind;
	bool may_refuse; /* libvirt takes a status other than 0 for a refusal, and nothing runs yet
			  */
	bool may_answer; /* what is written to stdout replaces the XML */
};

/* Both end with a NULL name. network.c and qemu.c say what is done at each. */
extern const struct operation network_operations[];
extern const struct operation qemu_operations[];

#endif
