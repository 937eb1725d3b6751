// SPDX-License-Identifier: GPL-2.0-or-later
/* Whose a port is, for a server that is in a guest. */
#include "talk.h"

#include "alloc.h"
#include "cleanup.h"
#include "domain_xml.h"
#include "libvirt_read.h"
#include "xml.h"

#include <string.h>

static bool has_port(const struct libvirt_object *object, const char *port)
{
	CLEANUP(cleanup_xml_doc)
	xmlDoc *document = xml_parse("a guest's XML", object->xml, strlen(object->xml));
	CLEANUP(guest_clear) struct guest guest = {0};

	if (!document || domain_xml_read(xmlDocGetRootElement(document), &guest) != 0)
		return false;
	for (size_t i = 0; i < guest.nic_count; i++) {
		if (strcmp(guest.nics[i].target, port) == 0)
			return true;
	}
	return false;
}

/* Without libvirt's daemon, or where the guest is another program's, nobody knows. */
char *talk_guest_at(const char *uri, const char *port)
{
	CLEANUP(libvirt_close) struct libvirt *libvirt = NULL;
	CLEANUP(libvirt_list_clear) struct libvirt_list guests = {0};

	if (libvirt_open(uri, &libvirt) != 0 || libvirt_guests(libvirt, NULL, &guests) != 0)
		return NULL;
	for (size_t i = 0; i < guests.count; i++) {
		if (guests.objects[i].active && has_port(&guests.objects[i], port))
			return alloc_copy(guests.objects[i].name);
	}
	return NULL;
}
