// SPDX-License-Identifier: GPL-2.0-or-later
#include "network_xml.h"

#include "alloc.h"
#include "dnsmasq_options.h"
#include "words.h"
#include "xml.h"

#include <errno.h>
#include <string.h>

/* [libvirt src/conf/network_conf.c, virNetworkForward] */
static const struct word forward_modes[] = {
	{"bridge", FORWARD_BRIDGE},
	{"hostdev", FORWARD_HOSTDEV},
	{"nat", FORWARD_NAT},
	{"open", FORWARD_OPEN},
	{"passthrough", FORWARD_PASSTHROUGH},
	{"private", FORWARD_PRIVATE},
	{"route", FORWARD_ROUTE},
	{"vepa", FORWARD_VEPA},
	{NULL, 0},
};

static enum forward_mode read_forward(const xmlNode *forward)
{
	const char *mode = xml_attribute(forward, "mode");

	if (!forward)
		return FORWARD_ISOLATED;
	/* <forward/> without a mode is NAT [libvirt docs/formatnetwork.rst] */
	return mode ? (enum forward_mode)word_value(forward_modes, mode, FORWARD_OTHER)
		    : FORWARD_NAT;
}

static void add_parent(const xmlNode *node, struct network *network)
{
	struct network_parent parent = {0};

	xml_ifname(node, "dev", parent.name);
	if (!*parent.name)
		return;
	for (size_t i = 0; i < network->parent_count; i++) {
		if (strcmp(network->parents[i].name, parent.name) == 0)
			return;
	}
	network->parents = alloc_one_more(network->parents, network->parent_count, sizeof(parent));
	network->parents[network->parent_count++] = parent;
}

/* Of a pool, libvirt names the first device in both places. */
static void read_parents(const xmlNode *forward, struct network *network)
{
	const xmlNode *interface = xml_child(forward, "interface");

	add_parent(forward, network);
	for (; interface; interface = xml_next(interface))
		add_parent(interface, network);
}

static void read_services(const xmlNode *network, struct network_service *services)
{
	for (const xmlNode *ip = xml_child(network, "ip"); ip; ip = xml_next(ip)) {
		bool is_ipv6 = xml_attribute_is(ip, "family", "ipv6");
		struct network_service *service = &services[is_ipv6 ? IPV6 : IPV4];

		service->dhcp |= xml_child(ip, "dhcp") != NULL;
		service->tftp |= xml_child(ip, "tftp") != NULL;
	}
	dnsmasq_options_read(network, services);
}

/* libvirt merges what the network, its port groups and the interface say [libvirt
 * src/util/virnetdevvportprofile.c, virNetDevVPortProfileMerge3()]; the bridge is one for all. */
static bool read_openvswitch(const xmlNode *root, const xmlNode *network)
{
	const xmlNode *group = xml_child(network, "portgroup");

	while (group && !xml_is_openvswitch(group))
		group = xml_next(group);
	return group || xml_is_openvswitch(network) ||
	       xml_is_openvswitch(xml_child(root, "networkport")) ||
	       xml_is_openvswitch(xml_child(root, "interface"));
}

static bool read_vlan(const xmlNode *network)
{
	const xmlNode *group = xml_child(network, "portgroup");

	while (group && !xml_child(group, "vlan"))
		group = xml_next(group);
	return group || xml_child(network, "vlan");
}

static void add_group(const xmlNode *element, bool itself, struct network *network)
{
	struct network_group group = {
		.name = itself ? NULL : alloc_copy(xml_attribute(element, "name")),
		.is_default = xml_attribute_is(element, "default", "yes"),
		.vlan = xml_vlan(element),
	};

	network->groups = alloc_one_more(network->groups, network->group_count, sizeof(group));
	network->groups[network->group_count++] = group;
}

static void read_groups(const xmlNode *element, struct network *network)
{
	const xmlNode *group = xml_child(element, "portgroup");

	add_group(element, true, network);
	for (; group; group = xml_next(group))
		add_group(group, false, network);
}

/* @element has the MAC address, @place says where the port is plugged in, as @plug. */
static void read_port(const xmlNode *owner, const xmlNode *element, const char *plug,
	const xmlNode *place, struct network_port *port)
{
	port->owner_name = xml_text(xml_child(owner, "name"));
	xml_mac(element, port->mac);
	if (plug && strcmp(plug, "direct") == 0) {
		xml_ifname(place, "dev", port->lower);
		port->reaches_macvlans = xml_attribute_is(place, "mode", "bridge");
	}
}

static void read_networkport(const xmlNode *networkport, struct network_port *port)
{
	const xmlNode *plug = xml_child(networkport, "plug");

	read_port(xml_child(networkport, "owner"), networkport, xml_attribute(plug, "type"), plug,
		port);
}

/* Before libvirt 5.5: <interface> as in a guest, and the guest. */
static void read_plugged(const xmlNode *root, struct network_port *port)
{
	const xmlNode *interface = xml_child(root, "interface");

	read_port(xml_child(root, "domain"), interface, xml_attribute(interface, "type"),
		xml_child(interface, "source"), port);
}

int network_xml_read(const xmlNode *root, struct network *network)
{
	*network = (struct network){0};
	if (!root)
		return -EINVAL;
	const xmlNode *element = xml_is(root, "network") ? root : xml_child(root, "network");
	if (!element)
		return -EINVAL;

	const xmlNode *bridge = xml_child(element, "bridge");
	network->name = xml_text(xml_child(element, "name"));
	network->forward = read_forward(xml_child(element, "forward"));
	read_parents(xml_child(element, "forward"), network);
	xml_ifname(xml_child(xml_child(element, "forward"), "pf"), "dev", network->pf);
	xml_ifname(bridge, "name", network->bridge);
	network->zone = alloc_copy(xml_attribute(bridge, "zone"));
	network->openvswitch = read_openvswitch(root, element);
	network->vlan = read_vlan(element);
	network->manages_fdb = xml_attribute_is(bridge, "macTableManager", "libvirt");
	network->isolated = xml_attribute_is(xml_child(element, "port"), "isolated", "yes");
	read_groups(element, network);
	network->stp = !xml_attribute_is(bridge, "stp", "off");
	network->delay = xml_number(bridge, "delay", 0);
	read_services(element, network->service);

	if (xml_child(root, "networkport"))
		read_networkport(xml_child(root, "networkport"), &network->port);
	else if (xml_child(root, "interface"))
		read_plugged(root, &network->port);
	xml_ifnames_end();
	return 0;
}
