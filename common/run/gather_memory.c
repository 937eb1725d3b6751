// SPDX-License-Identifier: GPL-2.0-or-later
#include "gather_memory.h"

#include "alloc.h"

#include <stdlib.h>
#include <string.h>

/* Lists of devices, by their indexes. */
#define LISTS 1024

struct device {
	struct device *next;
	unsigned int ifindex;
	bool known; /* and so is the way out, if there is one */
	int result;
	struct bridge_state state;
	unsigned int *way;
	size_t way_count;
	bool ports_known;
	struct bridge_port *ports; /* of a bridge */
	size_t port_count;
	struct bridge_state counted; /* ports_known is false until then */
};

struct servers {
	bool known;
	struct dhcp_server *list;
	size_t count;
};

static struct {
	bool on;
	bool ports_on;
	struct servers servers[IP_FAMILIES];
	struct device *devices[LISTS];
} memory;

void gather_remember(void)
{
	memory.on = true;
	memory.ports_on = true;
}

void gather_remember_ports(void)
{
	gather_forget();
	memory.ports_on = true;
}

void gather_forget(void)
{
	for (enum ip_family family = 0; family < IP_FAMILIES; family++)
		free(memory.servers[family].list);
	for (size_t i = 0; i < LISTS; i++) {
		while (memory.devices[i]) {
			struct device *device = memory.devices[i];
			memory.devices[i] = device->next;
			free(device->way);
			free(device->ports);
			free(device);
		}
	}
	memset(&memory, 0, sizeof(memory));
}

/* The array of @count elements of @size bytes once more; the caller frees. */
static void *copy_array(const void *array, size_t count, size_t size)
{
	void *copy = alloc_array(count, size);

	if (count > 0)
		memcpy(copy, array, count * size);
	return copy;
}

/* What could not be read is asked for again, and said again. */
int gather_dhcp_servers(enum ip_family family, struct dhcp_server **servers, size_t *count)
{
	struct servers *known = &memory.servers[family];

	if (!memory.on)
		return host_dhcp_servers(family, servers, count);
	if (!known->known) {
		int result = host_dhcp_servers(family, servers, count);
		if (result != 0)
			return result;
		*known = (struct servers){.known = true, .list = *servers, .count = *count};
	}
	*servers = copy_array(known->list, known->count, sizeof(*known->list));
	*count = known->count;
	return 0;
}

/* The device's place in the memory. */
static struct device *find(unsigned int ifindex)
{
	struct device **list = &memory.devices[ifindex % LISTS];

	for (struct device *device = *list; device; device = device->next) {
		if (device->ifindex == ifindex)
			return device;
	}
	struct device *added = alloc_array(1, sizeof(*added));
	added->ifindex = ifindex;
	added->next = *list;
	*list = added;
	return added;
}

int gather_device(unsigned int ifindex, struct bridge_state *device)
{
	if (!memory.on)
		return host_bridge_get_index(ifindex, device);
	struct device *known = find(ifindex);
	if (!known->known)
		known->result = host_bridge_get_index(ifindex, &known->state);
	known->known = true;
	*device = known->state;
	return known->result;
}

int gather_way_out(unsigned int ifindex, unsigned int **way, size_t *count)
{
	if (!memory.on)
		return host_way_out(ifindex, way, count);
	struct device *known = find(ifindex);
	if (!known->way) {
		int result = host_way_out(ifindex, &known->way, &known->way_count);
		if (result != 0) {
			*way = known->way;
			*count = known->way_count;
			known->way = NULL;
			return result;
		}
	}
	*way = copy_array(known->way, known->way_count, sizeof(**way));
	*count = known->way_count;
	return 0;
}

int gather_bridge_ports(unsigned int bridge, struct bridge_port **ports, size_t *count)
{
	if (!memory.ports_on)
		return host_bridge_ports(bridge, ports, count);
	struct device *known = find(bridge);
	if (!known->ports_known) {
		int result = host_bridge_ports(bridge, ports, count);
		if (result != 0)
			return result;
		known->ports_known = true;
		known->ports = *ports;
		known->port_count = *count;
	}
	*ports = copy_array(known->ports, known->port_count, sizeof(**ports));
	*count = known->port_count;
	return 0;
}

int gather_bridge_count(struct bridge_state *bridge)
{
	if (!memory.ports_on)
		return host_bridge_count_ports(bridge);
	struct device *known = find(bridge->ifindex);
	if (!known->counted.ports_known) {
		known->counted = *bridge;
		int result = host_bridge_count_ports(&known->counted);
		if (result != 0)
			return result;
	}
	bridge->ports_known = true;
	bridge->guest_ports = known->counted.guest_ports;
	bridge->other_ports = known->counted.other_ports;
	return 0;
}
