// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Guests.
 *
 * One that runs is diagnosed as when a daemon finds it running: then everything about its ports,
 * and about bridges, is looked at as it is. One that does not is diagnosed as before its start,
 * when it has no ports; which bridge its network has libvirt finds out only when it starts, so it
 * is found here. A diagnosis changes nothing: its actions are not carried out.
 */
#include "alloc.h"
#include "check_nic.h"
#include "cleanup.h"
#include "log.h"
#include "network_xml.h"
#include "xml.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int compare_name(const void *name, const void *object)
{
	return strcmp(name, ((const struct libvirt_object *)object)->name);
}

static const struct libvirt_object *find_network(const struct check_run *run, const char *name)
{
	const struct libvirt_list *networks = run->networks;

	if (!networks || networks->count == 0)
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

/* What libvirt makes of the interface when the guest starts. */
static void become(struct guest_nic *nic, const struct network *network)
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

/* Of the interface's network, if it names one. */
static enum nic_network resolve(const struct check_run *run, struct guest_nic *nic)
{
	CLEANUP(cleanup_xml_doc) xmlDoc *document = NULL;
	CLEANUP(network_clear) struct network network = {0};

	if (nic->type != NIC_NETWORK || !nic->network)
		return NIC_NETWORK_NONE;
	if (!run->networks)
		return NIC_NETWORK_UNKNOWN;
	const struct libvirt_object *object = find_network(run, nic->network);
	if (!object)
		return NIC_NETWORK_ABSENT;
	document = xml_parse("a network's XML", object->xml, strlen(object->xml));
	if (!document || network_xml_read(xmlDocGetRootElement(document), &network) != 0)
		return NIC_NETWORK_UNKNOWN;
	/* Of one that is stopped there is no bridge to look at. */
	if (object->active)
		become(nic, &network);
	return object->active ? NIC_NETWORK_STARTED : NIC_NETWORK_STOPPED;
}

/* Where libvirt runs no hook, nothing is done at a guest's port: who sends has to do all. */
static void start_diagnosis(const struct check_run *run, struct diagnosis *diagnosis)
{
	static const struct port_list none;

	if (!run->qemu_hook)
		diagnosis->policy.at = AT_SENDER;
	diagnose_coming_ports(diagnosis, run->ports ? run->ports : &none);
}

/* How the interface is called: by its port, if the guest runs, or else by its MAC address. */
static char *interface_name(const struct guest_nic *nic, bool running)
{
	if (running && *nic->target)
		return alloc_copy(nic->target);
	return alloc_copy(*nic->mac ? nic->mac : "?");
}

static void check_nics(
	struct check_run *run, const struct libvirt_object *guest, struct diagnosis *diagnosis)
{
	size_t count = diagnosis->guest.nic_count;
	CLEANUP(cleanup_free) enum nic_network *networks = alloc_array(count, sizeof(*networks));

	for (size_t i = 0; !guest->active && i < count; i++)
		networks[i] = resolve(run, &diagnosis->guest.nics[i]);
	if (!guest->active)
		start_diagnosis(run, diagnosis);
	while (diagnose_next(diagnosis))
		;
	for (size_t i = 0; i < count; i++) {
		const struct guest_nic *nic = &diagnosis->guest.nics[i];
		CLEANUP(cleanup_free) char *interface = interface_name(nic, guest->active);
		const struct nic_check check = {
			.run = run,
			.guest = guest->name,
			.interface = interface,
			.running = guest->active,
			.diagnosis = diagnosis,
			.nic = nic,
			.network = networks[i],
		};
		check_nic(&check);
	}
}

void check_guest(struct check_run *run, const struct libvirt_object *guest)
{
	CLEANUP(cleanup_xml_doc)
	xmlDoc *document = xml_parse("a guest's XML", guest->xml, strlen(guest->xml));
	CLEANUP(diagnosis_clear) struct diagnosis diagnosis = {0};
	enum event_kind kind = guest->active ? EVENT_GUEST_RECONNECT : EVENT_GUEST_PREPARE;

	/* Why XML is not understood has been said. */
	if (!document)
		return;
	if (diagnose_guest(&diagnosis, kind, xmlDocGetRootElement(document), &run->policy) != 0)
		log_error("the XML of guest '%s' does not describe a guest", guest->name);
	else if (diagnosis.guest.nic_count > 0)
		check_nics(run, guest, &diagnosis);
}
