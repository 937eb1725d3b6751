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
};

struct servers {
	bool known;
	struct dhcp_server *list;
	size_t count;
};

static struct {
	bool on;
	struct servers servers[IP_FAMILIES];
	struct device *devices[LISTS];
} memory;

void gather_remember(void)
{
	memory.on = true;
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
