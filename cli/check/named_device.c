// SPDX-License-Identifier: GPL-2.0-or-later
#include "named_device.h"

#include "alloc.h"
#include "host.h"
#include "log.h"

#include <errno.h>
#include <string.h>

int named_device_get(const char *what, const char *name, struct bridge_state *device)
{
	int result = ifname_is_valid(name) ? host_bridge_get(name, device) : -ENOENT;

	if (result == 0 && device->kind == BRIDGE_ABSENT)
		result = -ENOENT;
	if (result == -ENOENT)
		log_error("there is no %s '%s' in this network namespace; 'ip link' lists "
			  "what there is",
			what, name);
	else if (result != 0)
		log_error("%s '%s' cannot be read: %s", what, name, strerror(-result));
	return result;
}

struct target_names named_bridges_find(const struct target_names *named)
{
	struct target_names found = {
		.names = alloc_array(named->count, sizeof(*found.names)),
	};
	struct bridge_state bridge;

	for (size_t i = 0; i < named->count; i++) {
		if (named_device_get("bridge", named->names[i], &bridge) == 0)
			found.names[found.count++] = named->names[i];
	}
	return found;
}
