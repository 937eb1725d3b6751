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
#include "xml.h"

#include <string.h>

/* Of one that is stopped there is no bridge to look at. */
static enum nic_network resolve(const struct check_run *run, struct guest_nic *nic)
{
	CLEANUP(network_clear) struct network network = {0};
	enum nic_network result = nic_place_network(run->networks, nic, &network);

	if (result == NIC_NETWORK_STARTED)
		nic_place_become(nic, &network);
	return result;
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
