// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The place of a probe that asks for a guest: where its port is, if it runs; or else where libvirt
 * will make it.
 */
#include "probe_place_parts.h"

#include "alloc.h"
#include "character.h"
#include "cleanup.h"
#include "domain_xml.h"
#include "host.h"
#include "log.h"
#include "nic_place.h"
#include "xml.h"

#include <errno.h>
#include <string.h>

/* A guest's interface, and what there is to know of it. */
struct wanted {
	struct libvirt *libvirt;
	const struct probe_request *request;
	const char *guest; /* its name */
	bool running;
	struct guest_nic *nic;
};

/* On a bridge, or on a network card of this host. What is of type "ethernet" is plugged in by
 * whoever made its tap. */
static bool has_place(const struct guest_nic *nic)
{
	return nic->type == NIC_NETWORK || nic->type == NIC_BRIDGE || nic->type == NIC_DIRECT ||
	       nic->type == NIC_ETHERNET;
}

static struct guest_nic *find_first(const struct guest *guest, const char *name)
{
	for (size_t i = 0; i < guest->nic_count; i++) {
		if (has_place(&guest->nics[i]))
			return &guest->nics[i];
	}
	log_error(
		"guest '%s' has no interface on a bridge or on a network card of this host", name);
	return NULL;
}

static void say_others(const struct guest *guest, const char *name, const char *wanted)
{
	CLEANUP(cleanup_free) char *list = alloc_copy("");

	for (size_t i = 0; i < guest->nic_count; i++) {
		CLEANUP(cleanup_free) char *before = list;
		list = alloc_format("%s%s%s", before, i > 0 ? ", " : "", guest->nics[i].mac);
	}
	log_error("guest '%s' has no interface with the MAC address %s%s%s", name, wanted,
		guest->nic_count > 0 ? "; it has " : "", list);
}

/* Return: NULL after a message. */
static struct guest_nic *find_nic(const struct guest *guest, const char *name, const char *wanted)
{
	unsigned char mac[MAC_SIZE];
	unsigned char other[MAC_SIZE];

	if (!wanted)
		return find_first(guest, name);
	for (size_t i = 0; mac_read(wanted, mac) && i < guest->nic_count; i++) {
		struct guest_nic *nic = &guest->nics[i];
		if (mac_read(nic->mac, other) && memcmp(mac, other, MAC_SIZE) == 0)
			return nic;
	}
	say_others(guest, name, wanted);
	return NULL;
}

/* Return: 0, also if there is no such network, or a negative errno after a message. */
static int read_network(const struct wanted *wanted, struct libvirt_list *networks)
{
	const char *network = wanted->nic->network;
	int result = network ? libvirt_networks(wanted->libvirt, network, networks) : 0;

	if (result != 0 && result != -ENOENT) {
		log_error("network '%s' cannot be read: %s", network, libvirt_trouble());
		return result;
	}
	return 0;
}

/* What libvirt knows only when the guest starts, and what only the network says. */
static int resolve(const struct wanted *wanted)
{
	CLEANUP(libvirt_list_clear) struct libvirt_list networks = {0};
	CLEANUP(network_clear) struct network network = {0};
	struct guest_nic *nic = wanted->nic;
	int result = read_network(wanted, &networks);

	if (result != 0)
		return result;
	switch (nic_place_network(&networks, nic, &network)) {
	case NIC_NETWORK_STOPPED:
		return wanted->running ? 0 : place_refuse_stopped(nic->network);
	case NIC_NETWORK_ABSENT:
		if (wanted->running)
			return 0;
		log_error("guest '%s' is on network '%s', which does not exist", wanted->guest,
			nic->network);
		return -ENOENT;
	case NIC_NETWORK_STARTED:
		nic_place_limit(nic, &network);
		if (!*nic->bridge)
			nic_place_become(nic, &network);
		return 0;
	case NIC_NETWORK_UNKNOWN:
		return -EINVAL;
	case NIC_NETWORK_NONE:
		break;
	}
	return 0;
}

/* In a bridge that filters VLANs: as the port is now, whoever made it so. */
static int read_port_vlan(
	const struct bridge_port *port, const struct bridge_state *bridge, struct guest_nic *nic)
{
	struct vlan_membership membership = {0};
	int result =
		bridge->vlan_filtering ? host_vlan_get(port->ifindex, 0, &membership) : -EOPNOTSUPP;

	if (result == -EOPNOTSUPP)
		return 0;
	if (result != 0) {
		log_error(
			"the VLANs of port '%s' cannot be read: %s", port->name, strerror(-result));
		return result;
	}
	if (!membership.member) {
		log_error("port '%s' is in no VLAN of bridge '%s', so no packet passes it; put it "
			  "into one, or name one: --vlan",
			port->name, bridge->name);
		return -ENOTSUP;
	}
	nic->vlan = membership.pvid;
	nic->vlan_native = membership.pvid;
	nic->vlan_trunk = membership.pvid == 0;
	return 0;
}

/* Of a guest that runs: where its port is, which may be another bridge than its XML says. */
static int follow_port(const struct wanted *wanted)
{
	struct guest_nic *nic = wanted->nic;
	struct bridge_state bridge;
	struct bridge_port port;

	if (!wanted->running || !*nic->target)
		return 0;
	int result = host_port_get(nic->target, &port);
	if (result == 0 && port.bridge)
		result = host_bridge_get_index(port.bridge, &bridge);
	if (result != 0) {
		log_error("port '%s' cannot be read: %s", nic->target, strerror(-result));
		return result;
	}
	if (!port.bridge)
		return 0;
	memcpy(nic->bridge, bridge.name, IFNAME_SIZE);
	return wanted->request->vlan ? 0 : read_port_vlan(&port, &bridge, nic);
}

static void note_guest(const struct wanted *wanted, struct probe_place *place)
{
	const struct guest_nic *nic = wanted->nic;

	place->has_client = mac_read(nic->mac, place->client);
	if (wanted->running)
		memcpy(place->port, nic->target, IFNAME_SIZE);
	if (nic->filter)
		text_cut(place->filter, sizeof(place->filter), nic->filter);
}

static int place_wanted(const struct wanted *wanted, struct probe_place *place)
{
	int result = resolve(wanted);

	if (result == 0)
		result = follow_port(wanted);
	if (result == 0)
		result = place_nic(wanted->request, wanted->nic, place);
	if (result == 0)
		note_guest(wanted, place);
	return result;
}

static int place_guest(
	struct wanted *wanted, const struct libvirt_object *object, struct probe_place *place)
{
	CLEANUP(cleanup_xml_doc)
	xmlDoc *document = xml_parse("a guest's XML", object->xml, strlen(object->xml));
	CLEANUP(guest_clear) struct guest guest = {0};
	const char *interface = wanted->request->interface;

	/* Why XML is not understood has been said. */
	if (!document)
		return -EINVAL;
	if (domain_xml_read(xmlDocGetRootElement(document), &guest) != 0) {
		log_error("the XML of guest '%s' does not describe a guest", object->name);
		return -EINVAL;
	}
	wanted->nic = find_nic(&guest, object->name, interface);
	if (!wanted->nic)
		return interface ? -ENOENT : -ENOTSUP;
	return place_wanted(wanted, place);
}

int place_by_guest(
	struct libvirt *libvirt, const struct probe_request *request, struct probe_place *place)
{
	CLEANUP(libvirt_list_clear) struct libvirt_list list = {0};
	struct wanted wanted = {.libvirt = libvirt, .request = request};
	int result = libvirt_guests(libvirt, request->name, &list);

	if (result == -ENOENT)
		log_error("there is no guest '%s'; 'virsh list --all' lists those that there are",
			request->name);
	else if (result != 0)
		log_error("guest '%s' cannot be read: %s", request->name, libvirt_trouble());
	if (result != 0)
		return result;
	wanted.guest = list.objects[0].name;
	wanted.running = list.objects[0].active;
	return place_guest(&wanted, &list.objects[0], place);
}
