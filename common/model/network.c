// SPDX-License-Identifier: GPL-2.0-or-later
#include "network.h"

#include <stdlib.h>

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

void network_clear(struct network *network)
{
	free(network->name);
	free(network->parents);
	free(network->port.owner_name);
	*network = (struct network){0};
}
