// SPDX-License-Identifier: GPL-2.0-or-later
/* All devices of the network namespace. */
#include "alloc.h"
#include "host.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>

int host_devices(struct device_facts **devices, size_t *count)
{
	struct if_nameindex *list = if_nameindex();

	*devices = NULL;
	*count = 0;
	if (!list)
		return -errno;
	for (const struct if_nameindex *entry = list; entry->if_name; entry++) {
		*devices = alloc_one_more(*devices, *count, sizeof(**devices));
		struct device_facts *device = &(*devices)[(*count)++];
		memcpy(device->name, entry->if_name, strlen(entry->if_name) + 1);
		device->ifindex = entry->if_index;
	}
	if_freenameindex(list);
	return 0;
}
