// SPDX-License-Identifier: GPL-2.0-or-later
#include "gather_path.h"

#include "alloc.h"
#include "cleanup.h"
#include "gather_memory.h"
#include "gather_servers.h"
#include "host.h"
#include "log.h"
#include "progress.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* How long until the uplink forwards, as far as STP is concerned. */
static unsigned int time_to_forward(
	const struct bridge_state *bridge, const struct bridge_port *uplink)
{
	if (uplink->state == PORT_FORWARDING)
		return 0;
	return port_is_held(uplink) ? port_hold_left(bridge, uplink) : UINT_MAX;
}

/* All ports of a bridge but the guest's own, which need not look like a guest's. */
struct other_ports {
	struct bridge_port *list;
	size_t count;
};

static void read_other_ports(struct other_ports *others, const struct port_facts *port)
{
	progress_step("looking for a bridge's uplinks");
	int result = gather_bridge_ports(port->bridge.ifindex, &others->list, &others->count);
	if (result != 0) {
		log_error("the ports of bridge %s cannot be read: %s", port->bridge.name,
			strerror(-result));
		others->count = 0;
	}
	for (size_t i = 0; i < others->count; i++) {
		if (others->list[i].ifindex == port->port.ifindex)
			others->list[i--] = others->list[--others->count];
	}
}

/* The same of those that are known. */
static void pick_other_ports(
	struct other_ports *others, const struct port_facts *port, const struct port_list *known)
{
	for (size_t i = 0; i < known->count; i++) {
		if (known->ports[i].bridge != port->bridge.ifindex)
			continue;
		others->list = alloc_one_more(others->list, others->count, sizeof(*others->list));
		others->list[others->count++] = known->ports[i];
	}
}

static void add_uplinks(struct path_facts *path, const struct bridge_state *bridge,
	const struct other_ports *others)
{
	for (size_t i = 0; i < others->count; i++) {
		const struct bridge_port *uplink = &others->list[i];
		if (uplink->guest)
			continue;
		if (path->uplinks++ == 0 ||
			time_to_forward(bridge, uplink) < time_to_forward(bridge, &path->uplink))
			path->uplink = *uplink;
	}
}

/* Where a server of this host is: on the bridge itself, or also on what leads to it. One that is
 * bound to no device may be anywhere. */
enum server_place { ON_BRIDGE, ON_BRIDGE_OR_ABOVE };

/* The servers of this host, found when first asked for. */
struct servers {
	bool found[ON_BRIDGE_OR_ABOVE + 1][IP_FAMILIES];
	struct server_list lists[ON_BRIDGE_OR_ABOVE + 1][IP_FAMILIES];
};

static const struct server_list *find_servers(
	struct servers *servers, enum server_place place, enum ip_family family)
{
	struct server_list *list = &servers->lists[place][family];
	const struct host_facts none = {0};

	if (servers->found[place][family])
		return list;
	servers->found[place][family] = true;
	gather_find_servers(family, list);
	if (place == ON_BRIDGE_OR_ABOVE)
		gather_follow_servers(&none, list);
	return list;
}

static void servers_clear(struct servers *servers)
{
	for (enum server_place place = 0; place <= ON_BRIDGE_OR_ABOVE; place++) {
		for (enum ip_family family = 0; family < IP_FAMILIES; family++)
			cleanup_server_list(&servers->lists[place][family]);
	}
}

static bool serves(const struct server_list *servers, const struct bridge_state *bridge)
{
	for (size_t i = 0; i < servers->count; i++) {
		if (servers->list[i].device == 0 || servers->list[i].device == bridge->ifindex)
			return true;
	}
	return false;
}

static bool is_served(
	const struct bridge_state *bridge, enum server_place place, struct servers *servers)
{
	return serves(find_servers(servers, place, IPV4), bridge) ||
	       serves(find_servers(servers, place, IPV6), bridge);
}

/* How many ports are asked for their VLANs at most: beyond that, others may well be in it. */
#define VLAN_QUESTIONS 64

static int get_vlan(const struct bridge_port *port, unsigned int vid, struct vlan_membership *vlan)
{
	int result = host_vlan_get(port->ifindex, vid, vlan);

	if (result != 0 && result != -EOPNOTSUPP && result != -ENODEV)
		log_error("the VLANs of %s cannot be read: %s", port->name, strerror(-result));
	return result;
}

/* Packets leave without a tag, but those that come without one go to another VLAN: a one-way
 * street. */
static bool carries(const struct vlan_membership *vlan, unsigned int vid)
{
	return vlan->member && (!vlan->untagged || vlan->pvid == vid);
}

/* The host itself is in it by a VLAN device, or because its server is on the bridge. */
static bool bridge_carries(
	const struct bridge_state *bridge, unsigned int vid, struct servers *servers)
{
	struct vlan_membership vlan = {0};

	if (host_vlan_get(bridge->ifindex, vid, &vlan) != 0 || !vlan.member)
		return false;
	return vlan.pvid != vid || is_served(bridge, ON_BRIDGE, servers);
}

/* Who of the guests' ports, or of the others, is in the VLAN. */
static bool any_carries(
	const struct other_ports *others, bool guests, unsigned int vid, unsigned int *questions)
{
	struct vlan_membership vlan = {0};

	for (size_t i = 0; i < others->count; i++) {
		if (others->list[i].guest != guests)
			continue;
		if ((*questions)++ == VLAN_QUESTIONS ||
			get_vlan(&others->list[i], vid, &vlan) != 0 || carries(&vlan, vid))
			return true;
	}
	return false;
}

static enum vlan_company find_company(const struct bridge_state *bridge,
	const struct other_ports *others, unsigned int vid, struct servers *servers)
{
	unsigned int questions = 0;

	if (vid == 0)
		return VLAN_NOBODY;
	if (bridge_carries(bridge, vid, servers) || any_carries(others, false, vid, &questions))
		return VLAN_OTHERS;
	return any_carries(others, true, vid, &questions) ? VLAN_GUESTS : VLAN_NOBODY;
}

/* The VLAN of a port that is still to come is known beforehand. */
static int get_own_vlan(const struct port_facts *port, struct vlan_membership *vlan)
{
	unsigned int pvid = port->bridge.default_pvid;

	if (port->port.ifindex != 0)
		return get_vlan(&port->port, 0, vlan);
	*vlan = (struct vlan_membership){.pvid = pvid, .member = pvid != 0, .untagged = true};
	return 0;
}

static void add_vlan(
	struct port_facts *port, const struct other_ports *others, struct servers *servers)
{
	struct path_facts *path = &port->path;
	struct vlan_membership vlan = {0};

	progress_step("looking for a port's VLAN");
	if (get_own_vlan(port, &vlan) != 0)
		return;
	path->vlan_known = true;
	path->pvid = vlan.pvid;
	path->trunk = vlan.pvid == 0 && vlan.member;
	path->company = find_company(&port->bridge, others, vlan.pvid, servers);
	if (path->uplinks > 0 && host_vlan_get(path->uplink.ifindex, 0, &vlan) == 0)
		path->uplink_pvid = vlan.pvid;
}

static void add_path(
	struct port_facts *port, const struct other_ports *others, struct servers *servers)
{
	struct path_facts *path = &port->path;

	add_uplinks(path, &port->bridge, others);
	if (path->uplinks > 0 && path->uplink.state != PORT_FORWARDING)
		path->served = is_served(&port->bridge, ON_BRIDGE_OR_ABOVE, servers);
	if (port->bridge.vlan_filtering)
		add_vlan(port, others, servers);
}

static void read_path(struct port_facts *port, struct servers *servers)
{
	struct other_ports others = {0};

	read_other_ports(&others, port);
	add_path(port, &others, servers);
	free(others.list);
}

void gather_paths(struct host_facts *facts)
{
	CLEANUP(servers_clear) struct servers servers = {0};

	for (size_t i = 0; i < facts->port_count; i++) {
		struct port_facts *port = &facts->ports[i];
		if (port->port.state != PORT_DISABLED &&
			(bridge_holds(&port->bridge) || port->bridge.vlan_filtering))
			read_path(port, &servers);
	}
}

static struct port_facts *add_newcomer(
	const struct guest_nic *nic, const struct bridge_state *bridge, struct host_facts *facts)
{
	facts->ports = alloc_one_more(facts->ports, facts->port_count, sizeof(*facts->ports));
	struct port_facts *port = &facts->ports[facts->port_count++];

	port->port.bridge = bridge->ifindex;
	memcpy(port->port.name, nic->target, IFNAME_SIZE);
	port->bridge = *bridge;
	/* Since 11.0 libvirt puts the port into the VLAN that the XML names; before, such a guest
	 * does not start. Which VLAN a trunk has for packets without a tag is not known, nor
	 * which a port group of the network names. */
	if (nic->vlan_trunk || (nic->vlan == 0 && nic->vlan_of_network))
		port->bridge.vlan_filtering = false;
	else if (nic->vlan > 0)
		port->bridge.default_pvid = nic->vlan;
	return port;
}

void gather_newcomer_paths(
	const struct guest *guest, const struct port_list *known, struct host_facts *facts)
{
	CLEANUP(servers_clear) struct servers servers = {0};

	for (size_t i = 0; i < guest->nic_count; i++) {
		const struct bridge_facts *bridge = host_facts_bridge(facts, guest->nics[i].bridge);
		struct other_ports others = {0};
		if (!bridge || bridge->state.kind != BRIDGE_LINUX)
			continue;
		struct port_facts *port = add_newcomer(&guest->nics[i], &bridge->state, facts);
		pick_other_ports(&others, port, known);
		add_path(port, &others, &servers);
		free(others.list);
	}
}
