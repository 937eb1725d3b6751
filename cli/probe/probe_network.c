// SPDX-License-Identifier: GPL-2.0-or-later
/* The place of a probe on one of libvirt's networks. */
#include "probe_place_parts.h"

#include "alloc.h"
#include "cleanup.h"
#include "cure.h"
#include "log.h"
#include "nic_place.h"

#include <errno.h>
#include <string.h>

int place_refuse_stopped(const char *network)
{
	CLEANUP(cleanup_free) char *command = cure_command("virsh net-start -- %s", network);

	log_error("network '%s' is not started%s%s", network, command ? "; start it: " : "",
		command ? command : "");
	return -ENOTSUP;
}

static int find_device(
	const struct probe_request *request, const struct guest_nic *nic, struct probe_place *place)
{
	const char *owner = request->target == PROBE_GUEST ? "guest" : "network";

	if (nic->openvswitch)
		return place_refuse_openvswitch(nic->bridge);
	if (*nic->bridge)
		return place_on_bridge(nic->bridge, place);
	if (nic->type == NIC_DIRECT && *nic->lower)
		return place_on_parent(nic->lower, nic->mode, place);
	if (nic->type == NIC_HOSTDEV)
		log_error("%s '%s' has a network card of this host for itself, which no probe can "
			  "use; probe the network that the card is connected to by another card: "
			  "--direct",
			owner, request->name);
	else
		log_error("%s '%s' has no bridge, and no device for macvtaps; name one with "
			  "--bridge or --direct",
			owner, request->name);
	return -ENOTSUP;
}

/* A guest that tags its packets is in no VLAN before it does. */
static bool lacks_vlan(const struct probe_request *request, const struct guest_nic *nic,
	const struct probe_place *place)
{
	return nic->vlan_trunk && !nic->vlan_native && !request->vlan && !place->direct &&
	       place->bridge.vlan_filtering;
}

int place_nic(
	const struct probe_request *request, const struct guest_nic *nic, struct probe_place *place)
{
	int result = find_device(request, nic, place);

	place->vlan = nic->vlan_trunk ? nic->vlan_native : nic->vlan;
	place->isolated = nic->isolated;
	place->fdb_entry = nic->manages_fdb;
	if (result == 0 && lacks_vlan(request, nic, place)) {
		log_error("%s '%s' %s packets; name one of the VLANs: --vlan",
			request->target == PROBE_GUEST ? "guest" : "network", request->name,
			request->target == PROBE_GUEST ? "tags its" : "has guests that tag their");
		result = -ENOTSUP;
	}
	return result;
}

/* As a guest whose interface says nothing but the network's name. */
static int place_on_network(const struct libvirt_object *object,
	const struct probe_request *request, struct probe_place *place)
{
	CLEANUP(network_clear) struct network network = {0};
	struct guest guest = {.nics = alloc_array(1, sizeof(*guest.nics)), .nic_count = 1};
	struct guest_nic *nic = guest.nics;
	int result = nic_place_read(object, &network);

	if (result == 0 && !object->active)
		result = place_refuse_stopped(object->name);
	if (result == 0) {
		nic->type = NIC_NETWORK;
		nic_place_become(nic, &network);
		nic_place_limit(nic, &network);
		result = place_nic(request, nic, place);
	}
	guest_clear(&guest);
	return result;
}

int place_by_network(
	struct libvirt *libvirt, const struct probe_request *request, struct probe_place *place)
{
	CLEANUP(libvirt_list_clear) struct libvirt_list list = {0};
	int result = libvirt_networks(libvirt, request->name, &list);

	if (result == -ENOENT)
		log_error("there is no network '%s'; 'virsh net-list --all' lists those that "
			  "there are",
			request->name);
	else if (result != 0)
		log_error("network '%s' cannot be read: %s", request->name, libvirt_trouble());
	return result == 0 ? place_on_network(&list.objects[0], request, place) : result;
}
