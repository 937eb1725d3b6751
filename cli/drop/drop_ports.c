// SPDX-License-Identifier: GPL-2.0-or-later
#include "drop_ports.h"

#include "alloc.h"
#include "character.h"
#include "cleanup.h"
#include "drop_leaving.h"
#include "log.h"

#include <errno.h>
#include <string.h>

static void add_device(struct drop_seen *seen, const struct bridge_port *port)
{
	seen->devices = alloc_one_more(seen->devices, seen->device_count, sizeof(*seen->devices));
	struct drop_device *device = &seen->devices[seen->device_count++];
	device->ifindex = port->ifindex;
	device->guest = port->guest;
	memcpy(device->name, port->name, sizeof(device->name));
}

int drop_find_ports(const struct drop_wish *wish, struct drop_seen *seen)
{
	struct bridge_state bridge = {0};
	struct bridge_port port = {0};
	CLEANUP(cleanup_free) struct bridge_port *ports = NULL;
	size_t count = 0;
	int result = host_port_get(wish->port, &port);

	if (result == 0 && *wish->bridge)
		result = host_bridge_get(wish->bridge, &bridge);
	if (result == 0 && (port.ifindex == 0 || (*wish->bridge && bridge.ifindex == 0)))
		result = -ENODEV;
	if (result == 0 && bridge.ifindex)
		result = host_bridge_ports(bridge.ifindex, &ports, &count);
	seen->port = port.ifindex;
	seen->bridge = bridge.ifindex;
	for (size_t i = 0; result == 0 && i < count; i++)
		add_device(seen, &ports[i]);
	if (result != 0)
		log_warning("the ports of %s cannot be read: %s",
			TEXT_NAME(*wish->bridge ? wish->bridge : wish->port), strerror(-result));
	return result;
}

static bool has_device(const struct drop_seen *seen, unsigned int ifindex)
{
	for (size_t i = 0; i < seen->device_count; i++) {
		if (seen->devices[i].ifindex == ifindex)
			return true;
	}
	return false;
}

void drop_find_new_ports(struct drop_seen *seen)
{
	for (; seen->trips_known < seen->trip_count; seen->trips_known++) {
		unsigned int out = seen->trips[seen->trips_known].out;
		struct bridge_port port;
		if (out && !has_device(seen, out) && host_port_get_index(out, &port) == 0)
			add_device(seen, &port);
	}
}

static enum drop_gate gate_of(
	const struct bridge_port *own, unsigned int pvid, const struct bridge_port *port)
{
	struct vlan_membership vlan;

	if (port->state != PORT_FORWARDING)
		return DROP_GATE_CLOSED;
	if (own->isolated && port->isolated)
		return DROP_GATE_ISOLATED;
	if (port->no_broadcasts)
		return DROP_GATE_NO_BROADCASTS;
	if (pvid && host_vlan_get(port->ifindex, pvid, &vlan) == 0 && !vlan.member)
		return DROP_GATE_OTHER_VLAN;
	return DROP_GATE_UNKNOWN;
}

void drop_find_gates(struct drop_seen *seen)
{
	struct bridge_state bridge;
	struct bridge_port own;
	struct vlan_membership vlan = {0};

	if (!seen->bridge || !drop_is_kept_in(seen) ||
		host_bridge_get_index(seen->bridge, &bridge) != 0 ||
		host_port_get_index(seen->port, &own) != 0 ||
		(bridge.vlan_filtering && host_vlan_get(seen->port, 0, &vlan) != 0))
		return;
	for (size_t i = 0; i < seen->device_count; i++) {
		struct bridge_port port;
		if (host_port_get_index(seen->devices[i].ifindex, &port) == 0)
			seen->devices[i].gate =
				gate_of(&own, bridge.vlan_filtering ? vlan.pvid : 0, &port);
	}
}
