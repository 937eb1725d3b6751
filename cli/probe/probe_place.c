// SPDX-License-Identifier: GPL-2.0-or-later
#include "probe_place_parts.h"

#include "alloc.h"
#include "cleanup.h"
#include "cure.h"
#include "host.h"
#include "log.h"
#include "named_device.h"

#include <errno.h>
#include <string.h>

int place_refuse_openvswitch(const char *bridge)
{
	log_error("'%s' is a bridge of Open vSwitch, where no probe can be made; start a guest "
		  "there that boots from the network, and watch its port: tcpdump -eni PORT port "
		  "67 or port 68",
		bridge);
	return -ENOTSUP;
}

static int refuse_down(const char *what, const char *name)
{
	CLEANUP(cleanup_free) char *command = cure_command("ip link set dev %s up", name);

	log_error("%s '%s' is down, so nothing passes it%s%s", what, name,
		command ? "; switch it on: " : "", command ? command : "");
	return -ENOTSUP;
}

int place_on_bridge(const char *name, struct probe_place *place)
{
	struct bridge_state *bridge = &place->bridge;
	int result = named_device_get("bridge", name, bridge);

	if (result != 0)
		return result;
	if (bridge->kind == BRIDGE_OPENVSWITCH)
		return place_refuse_openvswitch(name);
	if (bridge->kind != BRIDGE_LINUX) {
		log_error("'%s' is not a bridge; for a macvtap on it use --direct", name);
		return -ENOTSUP;
	}
	if (bridge->down)
		return refuse_down("bridge", name);
	result = host_bridge_count_ports(bridge);
	if (result != 0)
		log_error("the ports of bridge '%s' cannot be read: %s", name, strerror(-result));
	place->direct = false;
	place->ifindex = bridge->ifindex;
	memcpy(place->device, bridge->name, IFNAME_SIZE);
	return result;
}

/* A port of a bridge hands all that comes in to the bridge. */
static int refuse_port(const struct bridge_port *port)
{
	struct bridge_state bridge;
	bool known = host_bridge_get_index(port->bridge, &bridge) == 0;

	log_error("device '%s' is a port of bridge '%s', so there can be no macvtap on it; use "
		  "--bridge",
		port->name, known ? bridge.name : "?");
	return -ENOTSUP;
}

/* The mode as a text that stays. */
static const char *find_mode(const char *name)
{
	static const char *const modes[] = {"bridge", "private", "vepa"};

	for (size_t i = 0; name && i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (strcmp(modes[i], name) == 0)
			return modes[i];
	}
	return name ? NULL : "vepa"; /* [libvirt docs/formatdomain.rst] */
}

int place_on_parent(const char *name, const char *mode, struct probe_place *place)
{
	struct bridge_state device;
	struct bridge_port port;
	int result = named_device_get("device", name, &device);

	if (result != 0)
		return result;
	place->mode = find_mode(mode);
	if (!place->mode) {
		log_error("a macvtap in mode '%s' has device '%s' for itself, so no probe can be "
			  "made there; start a guest there that boots from the network",
			mode, name);
		return -ENOTSUP;
	}
	if (device.down)
		return refuse_down("device", name);
	result = host_port_get(name, &port);
	if (result != 0)
		log_error("device '%s' cannot be read: %s", name, strerror(-result));
	else if (port.bridge)
		result = refuse_port(&port);
	place->direct = true;
	place->ifindex = device.ifindex;
	memcpy(place->device, device.name, IFNAME_SIZE);
	return result;
}

static int place_by_libvirt(const struct probe_request *request, struct probe_place *place)
{
	CLEANUP(libvirt_close) struct libvirt *libvirt = NULL;
	int result = libvirt_open(request->uri, &libvirt);

	if (result == -ENOTCONN || result == -ETIMEDOUT)
		log_error("libvirt's daemon cannot be reached: %s; without it, name the bridge: "
			  "--bridge",
			libvirt_trouble());
	if (result != 0)
		return result;
	return request->target == PROBE_GUEST ? place_by_guest(libvirt, request, place)
					      : place_by_network(libvirt, request, place);
}

static int place_anywhere(const struct probe_request *request, struct probe_place *place)
{
	switch (request->target) {
	case PROBE_BRIDGE:
		return place_on_bridge(request->name, place);
	case PROBE_DIRECT:
		/* The mode in which it hears other guests there, and this host's macvlans. */
		return place_on_parent(request->name, "bridge", place);
	default:
		return place_by_libvirt(request, place);
	}
}

/* A bridge that does not filter VLANs passes all frames as they are, also to a port that is said to
 * be in a VLAN. */
static int choose_vlan(const struct probe_request *request, struct probe_place *place)
{
	bool possible = !place->direct && place->bridge.vlan_filtering;

	if (request->vlan)
		place->vlan = request->vlan;
	if (possible || place->vlan == 0)
		return 0;
	place->vlan = 0;
	if (!request->vlan)
		return 0;
	if (place->direct)
		log_error("a macvtap is in no VLAN; instead of --vlan %u name the device of that "
			  "VLAN, which is on '%s'",
			request->vlan, place->device);
	else
		log_error("bridge '%s' does not filter VLANs; instead of --vlan %u name the "
			  "bridge of that VLAN",
			place->device, request->vlan);
	return -ENOTSUP;
}

/* The bridge would send here what is for whoever has the MAC address, and keep what is for the
 * probe from it. Beyond an uplink it may be an earlier probe's, at another bridge of this host. */
static int refuse_used_mac(const struct probe_request *request, const struct probe_place *place)
{
	struct bridge_port port = {0};
	unsigned int ifindex = 0;

	if (!request->has_mac || place->direct ||
		host_bridge_find_mac(place->ifindex, request->mac, &ifindex) != 0 || ifindex == 0)
		return 0;
	if (ifindex == place->ifindex) {
		log_error("--mac must not be the MAC address of bridge '%s' or of one of its ports",
			place->device);
		return -EADDRINUSE;
	}
	if (host_port_get_index(ifindex, &port) != 0 ||
		(!port.guest && host_outside_sender(ifindex) != OUTSIDE_NAMESPACE))
		return 0;
	log_error("--mac must not be a MAC address in use: port '%s' has it; to ask for a guest "
		  "that runs, use --domain",
		port.name);
	return -EADDRINUSE;
}

int probe_place_find(const struct probe_request *request, struct probe_place *place)
{
	*place = (struct probe_place){0};
	int result = place_anywhere(request, place);
	if (result == 0)
		result = choose_vlan(request, place);
	return result == 0 ? refuse_used_mac(request, place) : result;
}
