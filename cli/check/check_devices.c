// SPDX-License-Identifier: GPL-2.0-or-later
#include "check_devices.h"

#include "alloc.h"
#include "host.h"
#include "log.h"

#include <stdlib.h>
#include <string.h>

void check_devices_read(struct check_devices *devices)
{
	int result = host_links(&devices->links, &devices->count);

	if (result != 0)
		log_error("this host's bridges and their ports cannot be read: %s",
			strerror(-result));
	devices->bridges = alloc_array(devices->count, sizeof(*devices->bridges));
	devices->ports.ports = alloc_array(devices->count, sizeof(*devices->ports.ports));
	for (size_t i = 0; i < devices->count; i++) {
		const struct link_facts *link = &devices->links[i];
		if (link->bridge.kind == BRIDGE_LINUX)
			devices->bridges[devices->bridge_count++] = link->bridge.name;
		if (link->port.bridge)
			devices->ports.ports[devices->ports.count++] = link->port;
	}
}

void check_devices_clear(struct check_devices *devices)
{
	free(devices->links);
	free(devices->bridges);
	free(devices->ports.ports);
	*devices = (struct check_devices){0};
}
