// SPDX-License-Identifier: GPL-2.0-or-later
#include "network.h"

#include <stdlib.h>
#include <string.h>

bool network_is_managed(const struct network *network)
{
	switch (network->forward) {
	case FORWARD_ISOLATED:
	case FORWARD_NAT:
	case FORWARD_ROUTE:
	case FORWARD_OPEN:
		return true;
	default:
		return false;
	}
}

const struct network_group *network_group(const struct network *network, const char *name)
{
	for (size_t i = 0; i < network->group_count; i++) {
		const struct network_group *group = &network->groups[i];
		if (group->name && (name ? strcmp(group->name, name) == 0 : group->is_default))
			return group;
	}
	return NULL;
}

void network_clear(struct network *network)
{
	for (size_t i = 0; i < network->group_count; i++)
		free(network->groups[i].name);
	free(network->groups);
	free(network->name);
	free(network->zone);
	free(network->parents);
	free(network->port.owner_name);
	*network = (struct network){0};
}
