// SPDX-License-Identifier: GPL-2.0-or-later
#include "nic_place.h"

#include "alloc.h"
#include "cleanup.h"
#include "log.h"
#include "network_xml.h"
#include "xml.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int compare_name(const void *name, const void *object)
{
	return strcmp(name, ((const struct libvirt_object *)object)->name);
}

static const struct libvirt_object *find_network(
	const struct libvirt_list *networks, const char *name)
{
	if (networks->count == 0)
		return NULL;
	return bsearch(
		name, networks->objects, networks->count, sizeof(*networks->objects), compare_name);
}

static const char *macvtap_mode(enum forward_mode forward)
{
	switch (forward) {
	case FORWARD_BRIDGE:
		return "bridge";
	case FORWARD_PRIVATE:
		return "private";
	case FORWARD_PASSTHROUGH:
		return "passthrough";
	default:
		return "vepa";
	}
}

void nic_place_become(struct guest_nic *nic, const struct network *network)
{
	if (*network->bridge) {
		memcpy(nic->bridge, network->bridge, IFNAME_SIZE);
		nic->openvswitch = nic->openvswitch || network->openvswitch;
		nic->vlan_of_network = network->vlan;
		if (!network_is_managed(network))
			nic->type = NIC_BRIDGE;
	} else if (network->forward == FORWARD_HOSTDEV) {
		nic->type = NIC_HOSTDEV;
	} else if (network->parent_count > 0) {
		nic->type = NIC_DIRECT;
		memcpy(nic->lower, network->parents[0].name, IFNAME_SIZE);
		free(nic->mode);
		nic->mode = alloc_copy(macvtap_mode(network->forward));
	}
}

static void take_vlan(struct guest_nic *nic, const struct vlan_tags *vlan)
{
	nic->vlan = vlan->first;
	nic->vlan_trunk = vlan->trunk;
	nic->vlan_native = vlan->native;
}

/* The interface's own comes first, then the port group's, then the network's; a port group has no
 * say in isolation [libvirt src/network/bridge_driver.c, networkAllocatePort()]. */
void nic_place_limit(struct guest_nic *nic, const struct network *network)
{
	const struct network_group *chosen = network_group(network, nic->portgroup);

	nic->manages_fdb = nic->manages_fdb || network->manages_fdb;
	if (!nic->isolation_known)
		nic->isolated = network->isolated;
	if (nic->vlan == 0 && chosen)
		take_vlan(nic, &chosen->vlan);
	if (nic->vlan == 0 && network->groups)
		take_vlan(nic, &network->groups->vlan);
}

int nic_place_read(const struct libvirt_object *object, struct network *network)
{
	CLEANUP(cleanup_xml_doc)
	xmlDoc *document = xml_parse("a network's XML", object->xml, strlen(object->xml));

	*network = (struct network){0};
	/* Why it is not understood has been said. */
	if (!document)
		return -EINVAL;
	if (network_xml_read(xmlDocGetRootElement(document), network) == 0)
		return 0;
	log_error("the XML of network '%s' does not describe a network", object->name);
	return -EINVAL;
}

enum nic_network nic_place_network(
	const struct libvirt_list *networks, const struct guest_nic *nic, struct network *network)
{
	*network = (struct network){0};
	if (nic->type != NIC_NETWORK || !nic->network)
		return NIC_NETWORK_NONE;
	if (!networks)
		return NIC_NETWORK_UNKNOWN;
	const struct libvirt_object *object = find_network(networks, nic->network);
	if (!object)
		return NIC_NETWORK_ABSENT;
	if (nic_place_read(object, network) != 0)
		return NIC_NETWORK_UNKNOWN;
	return object->active ? NIC_NETWORK_STARTED : NIC_NETWORK_STOPPED;
}
