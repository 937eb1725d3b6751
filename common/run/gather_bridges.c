// SPDX-License-Identifier: GPL-2.0-or-later
#include "gather_parts.h"

#include "alloc.h"
#include "gather.h"
#include "gather_memory.h"
#include "host.h"
#include "log.h"
#include "progress.h"

#include <errno.h>
#include <string.h>

void gather_count_ports(struct bridge_state *bridge)
{
	progress_step("counting a bridge's ports");
	int result = gather_bridge_count(bridge);
	if (result != 0)
		log_error("the ports of bridge %s cannot be read: %s", bridge->name,
			strerror(-result));
}

/* Whether transmit checksumming is off by us is asked at every event, whatever the policy says
 * today: an administrator who switched it on meanwhile may switch it off later. Return: the facts
 * about it. */
struct bridge_facts *gather_append_bridge(
	struct host_facts *facts, const char *name, const struct bridge_state *state)
{
	struct bridge_facts bridge = {.state = *state};

	memcpy(bridge.asked, name, strlen(name) + 1);
	if (state->kind == BRIDGE_LINUX)
		(void)host_tx_checksum_is_ours(
			state->name, state->ifindex, &bridge.tx_checksum_ours);
	facts->bridges = alloc_one_more(facts->bridges, facts->bridge_count, sizeof(bridge));
	facts->bridges[facts->bridge_count] = bridge;
	return &facts->bridges[facts->bridge_count++];
}

/* Return: the facts about the bridge, if it is one of @facts now and was not before, or NULL. */
struct bridge_facts *gather_bridge(struct host_facts *facts, const char *name)
{
	struct bridge_state bridge;

	if (!*name || host_facts_bridge(facts, name))
		return NULL;
	progress_step("reading a bridge");
	int result = host_bridge_get(name, &bridge);
	if (result != 0) {
		log_error("bridge %s cannot be read: %s", name, strerror(-result));
		return NULL;
	}
	return gather_append_bridge(facts, name, &bridge);
}

/* The bridge that the port is on, asked again only if it is not known yet. */
static int port_bridge(
	const struct host_facts *facts, const struct bridge_port *port, struct bridge_state *bridge)
{
	for (size_t i = 0; i < facts->bridge_count; i++) {
		if (facts->bridges[i].state.ifindex == port->bridge) {
			*bridge = facts->bridges[i].state;
			return 0;
		}
	}
	return host_bridge_get_index(port->bridge, bridge);
}

/* What is neither a tap nor a macvtap nor a port of a Linux bridge is nothing to us. Return: 0;
 * -ENODEV if its bridge has gone meanwhile, and there is nothing to be said; or another negative
 * errno. */
static int add_port(struct host_facts *facts, const struct bridge_port *port)
{
	struct port_facts added = {.port = *port};
	int result = 0;

	if (port->bridge == 0 && !port->macvtap && !port->tap)
		return 0;
	if (port->bridge != 0)
		result = port_bridge(facts, port, &added.bridge);
	if (result != 0)
		return result;
	facts->ports = alloc_one_more(facts->ports, facts->port_count, sizeof(added));
	facts->ports[facts->port_count++] = added;
	return 0;
}

void gather_guest_port(struct host_facts *facts, const char *name)
{
	struct bridge_port port;

	progress_step("reading a guest's port");
	int result = host_port_get(name, &port);
	if (result == 0)
		result = add_port(facts, &port);
	if (result != 0 && result != -ENODEV)
		log_error("port %s cannot be read: %s", name, strerror(-result));
}

int gather_watched_port(
	unsigned int bridge, const unsigned char mac[MAC_SIZE], struct host_facts *facts)
{
	struct bridge_port port;

	*facts = (struct host_facts){.stp_program = host_has_stp_program()};
	int result = host_port_find(bridge, mac, &port);
	return result == 0 ? add_port(facts, &port) : result;
}

void gather_network_port(struct host_facts *facts, const struct bridge_state *bridge,
	const struct network_port *owner)
{
	unsigned char mac[MAC_SIZE];
	struct bridge_port port;

	if (!tap_mac(owner->mac, mac))
		return;
	progress_step("looking for a guest's port");
	int result = host_port_find(bridge->ifindex, mac, &port);
	if (result == 0)
		result = add_port(facts, &port);
	if (result != 0 && result != -ENODEV)
		log_error("the port of %s on bridge %s cannot be read: %s", owner->mac,
			bridge->name, strerror(-result));
}
