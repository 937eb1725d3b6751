// SPDX-License-Identifier: GPL-2.0-or-later
#include "gather_path.h"

#include "cleanup.h"
#include "host.h"
#include "log.h"
#include "progress.h"

#include <limits.h>
#include <string.h>

/* How long until the uplink forwards, as far as STP is concerned. */
static unsigned int time_to_forward(
	const struct bridge_state *bridge, const struct bridge_port *uplink)
{
	if (uplink->state == PORT_FORWARDING)
		return 0;
	return port_is_held(uplink) ? port_hold_left(bridge, uplink) : UINT_MAX;
}

static void add_uplink(struct path_facts *path, const struct bridge_state *bridge,
	const struct bridge_port *uplink)
{
	if (path->uplinks++ == 0 ||
		time_to_forward(bridge, uplink) < time_to_forward(bridge, &path->uplink))
		path->uplink = *uplink;
}

/* Of all ports but @own, which need not look like a guest's. */
static void add_uplinks(
	struct path_facts *path, const struct bridge_state *bridge, const struct bridge_port *own)
{
	CLEANUP(cleanup_free) struct bridge_port *ports = NULL;
	size_t count;

	progress_step("looking for a bridge's uplinks");
	int result = host_bridge_ports(bridge->ifindex, &ports, &count);
	if (result != 0) {
		log_error("the ports of bridge %s cannot be read: %s", bridge->name,
			strerror(-result));
		return;
	}
	for (size_t i = 0; i < count; i++) {
		if (!ports[i].guest && ports[i].ifindex != own->ifindex)
			add_uplink(path, bridge, &ports[i]);
	}
}

/* A server that is bound to no device may be anywhere. */
static bool is_served(const struct bridge_state *bridge, enum ip_family family)
{
	CLEANUP(cleanup_free) unsigned int *ifindexes = NULL;
	size_t count = 0;
	bool served = false;

	progress_step("looking for DHCP servers");
	int result = host_dhcp_servers(family, &ifindexes, &count);
	if (result != 0)
		log_warning("the sockets of DHCP servers cannot be read: %s", strerror(-result));
	for (size_t i = 0; i < count; i++)
		served = served || ifindexes[i] == 0 || ifindexes[i] == bridge->ifindex;
	return served;
}

void gather_path(struct port_facts *port)
{
	struct path_facts *path = &port->path;

	if (port->port.state == PORT_DISABLED || !bridge_holds(&port->bridge))
		return;
	add_uplinks(path, &port->bridge, &port->port);
	if (path->uplinks > 0 && path->uplink.state != PORT_FORWARDING)
		path->served = is_served(&port->bridge, IPV4) || is_served(&port->bridge, IPV6);
}
