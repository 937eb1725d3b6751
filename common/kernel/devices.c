// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * All devices of the network namespace, through rtnetlink. if_nameindex(3) fails where one of them
 * has more alternative names than fit into its buffer.
 */
#include "alloc.h"
#include "host.h"
#include "link.h"

#include <errno.h>
#include <string.h>

struct list {
	struct device_facts *devices;
	size_t count;
};

static int parse_device(struct nlmsghdr *header, void *argument)
{
	struct list *list = argument;
	const struct ifinfomsg *link = nlmsg_data(header);
	struct nlattr *attributes[IFLA_MAX + 1];
	struct nlattr *data;

	if (link_parse(header, attributes) < 0)
		return -EPROTO;
	list->devices = alloc_one_more(list->devices, list->count, sizeof(*list->devices));
	struct device_facts *device = &list->devices[list->count++];
	nla_strlcpy(device->name, attributes[IFLA_IFNAME], sizeof(device->name));
	device->ifindex = (unsigned int)link->ifi_index;
	device->is_bridge = strcmp(link_kind(attributes[IFLA_LINKINFO], &data), "bridge") == 0;
	return 0;
}

static void reset_devices(void *argument)
{
	struct list *list = argument;

	list->count = 0;
}

int host_devices(struct device_facts **devices, size_t *count)
{
	struct list list = {0};
	int result = link_dump(reset_devices, parse_device, &list);

	*devices = list.devices;
	*count = list.count;
	return result;
}
