// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts.h"

#include <stdlib.h>
#include <string.h>

bool bridge_holds(const struct bridge_state *bridge)
{
	return bridge->kind == BRIDGE_LINUX && bridge->stp == STP_KERNEL &&
	       bridge->forward_delay > FORWARD_DELAY_MIN;
}

bool filter_has_ours(const struct filter_state *filter)
{
	return filter->ours[IPV4] != FILL_NONE || filter->ours[IPV6] != FILL_NONE;
}

bool port_is_held(const struct bridge_port *port)
{
	return port->state == PORT_LISTENING || port->state == PORT_LEARNING;
}

unsigned int port_hold_left(const struct bridge_state *bridge, const struct bridge_port *port)
{
	if (!port_is_held(port))
		return 0;
	return port->forward_timer + (port->state == PORT_LISTENING ? bridge->forward_delay : 0);
}

const struct bridge_facts *host_facts_bridge(const struct host_facts *facts, const char *name)
{
	for (size_t i = 0; *name && i < facts->bridge_count; i++) {
		if (strcmp(facts->bridges[i].asked, name) == 0)
			return &facts->bridges[i];
	}
	return NULL;
}

const struct bridge_facts *host_facts_bridge_index(
	const struct host_facts *facts, unsigned int ifindex)
{
	for (size_t i = 0; i < facts->bridge_count; i++) {
		if (facts->bridges[i].state.ifindex == ifindex)
			return &facts->bridges[i];
	}
	return NULL;
}

const struct port_facts *host_facts_port(const struct host_facts *facts, const char *name)
{
	for (size_t i = 0; i < facts->port_count; i++) {
		if (strcmp(facts->ports[i].port.name, name) == 0)
			return &facts->ports[i];
	}
	return NULL;
}

const struct lower_facts *host_facts_lower(const struct host_facts *facts, const char *name)
{
	for (size_t i = 0; i < facts->lower_count; i++) {
		if (strcmp(facts->lowers[i].asked, name) == 0)
			return &facts->lowers[i];
	}
	return NULL;
}

void host_facts_clear(struct host_facts *facts)
{
	free(facts->bridges);
	free(facts->ports);
	free(facts->lowers);
	free(facts->devices);
	*facts = (struct host_facts){0};
}
