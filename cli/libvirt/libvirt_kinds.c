// SPDX-License-Identifier: GPL-2.0-or-later
#include "libvirt_kinds.h"

#include "alloc.h"

#include <libvirt/virterror.h>
#include <stdlib.h>
#include <string.h>

static int list_networks(virConnectPtr connection, struct libvirt_handles *handles)
{
	virNetworkPtr *networks = NULL;
	int count = virConnectListAllNetworks(connection, &networks, 0);

	if (count < 0)
		return count;
	handles->count = (size_t)count;
	handles->list = alloc_array(handles->count, sizeof(*handles->list));
	for (size_t i = 0; i < handles->count; i++)
		handles->list[i] = networks[i];
	free(networks);
	return 0;
}

static void *find_network(virConnectPtr connection, const char *name)
{
	return virNetworkLookupByName(connection, name);
}

static int read_network(void *handle, struct libvirt_object *object)
{
	virNetworkPtr network = handle;
	int autostart = 0;

	object->name = alloc_copy(virNetworkGetName(network));
	int active = virNetworkIsActive(network);
	if (active < 0 || virNetworkGetAutostart(network, &autostart) < 0)
		return -1;
	object->active = active == 1;
	object->autostart = autostart == 1;
	object->xml = virNetworkGetXMLDesc(network, 0);
	return object->xml ? 0 : -1;
}

static void release_network(void *handle)
{
	virNetworkFree(handle);
}

static int list_guests(virConnectPtr connection, struct libvirt_handles *handles)
{
	virDomainPtr *guests = NULL;
	int count = virConnectListAllDomains(connection, &guests, 0);

	if (count < 0)
		return count;
	handles->count = (size_t)count;
	handles->list = alloc_array(handles->count, sizeof(*handles->list));
	for (size_t i = 0; i < handles->count; i++)
		handles->list[i] = guests[i];
	free(guests);
	return 0;
}

static void *find_guest(virConnectPtr connection, const char *name)
{
	return virDomainLookupByName(connection, name);
}

/* The XML of a guest that runs has its number, <domain type='kvm' id='7'>. Asking for that apart
 * may give another answer, for the guest may have started or stopped in between. */
static bool is_of_running_guest(const char *xml)
{
	const char *id = strstr(xml, " id='");
	const char *end = strchr(xml, '>');

	return id && end && id < end;
}

static int read_guest(void *handle, struct libvirt_object *object)
{
	virDomainPtr guest = handle;

	object->name = alloc_copy(virDomainGetName(guest));
	object->xml = virDomainGetXMLDesc(guest, 0);
	if (!object->xml)
		return -1;
	object->active = is_of_running_guest(object->xml);
	return 0;
}

static void release_guest(void *handle)
{
	virDomainFree(handle);
}

const struct libvirt_kind libvirt_network_kind = {
	.one = "network",
	.many = "networks",
	.gone = VIR_ERR_NO_NETWORK,
	.list = list_networks,
	.find = find_network,
	.read = read_network,
	.release = release_network,
};

const struct libvirt_kind libvirt_guest_kind = {
	.one = "guest",
	.many = "guests",
	.gone = VIR_ERR_NO_DOMAIN,
	.list = list_guests,
	.find = find_guest,
	.read = read_guest,
	.release = release_guest,
};
