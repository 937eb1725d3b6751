// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * libvirt's half of what is drawn: whose a device is.
 *
 * Theory of operation
 *
 * libvirt's XML of all guests is not asked for each picture, but when another bridge or guest's
 * port is there than the last time. A port is there before its guest's XML has it, so a port
 * without a name is asked about a few times more.
 */
#include "show_read.h"

#include "alloc.h"
#include "cleanup.h"
#include "clock.h"
#include "domain_xml.h"
#include "libvirt_read.h"
#include "network_xml.h"
#include "xml.h"

#include <errno.h>
#include <string.h>

/* How often a port without a name is asked about, and after how long. */
#define PATIENCE 10
#define PAUSE NANOSECONDS

static void add_name(
	struct show_names *names, const char *device, const char *guest, const char *network)
{
	if (!*device)
		return;
	names->names = alloc_one_more(names->names, names->count, sizeof(*names->names));
	struct show_name *name = &names->names[names->count++];
	memcpy(name->device, device, strlen(device) + 1);
	name->guest = alloc_copy(guest);
	name->network = alloc_copy(network);
}

static void add_network(struct show_names *names, const struct libvirt_object *object)
{
	CLEANUP(cleanup_xml_doc)
	xmlDoc *doc = xml_parse("a network's XML", object->xml, strlen(object->xml));
	CLEANUP(network_clear) struct network network = {0};

	if (doc && network_xml_read(xmlDocGetRootElement(doc), &network) == 0)
		add_name(names, network.bridge, NULL, object->name);
}

/* Of a guest that does not run, no device is there. */
static void add_guest(struct show_names *names, const struct libvirt_object *object)
{
	CLEANUP(cleanup_xml_doc)
	xmlDoc *doc = object->active ? xml_parse("a guest's XML", object->xml, strlen(object->xml))
				     : NULL;
	CLEANUP(guest_clear) struct guest guest = {0};

	if (!doc || domain_xml_read(xmlDocGetRootElement(doc), &guest) != 0)
		return;
	for (size_t i = 0; i < guest.nic_count; i++)
		add_name(names, guest.nics[i].target, object->name, guest.nics[i].network);
}

static int compare_names(const void *first, const void *second)
{
	const struct show_name *one = first;
	const struct show_name *other = second;
	int order = strcmp(one->device, other->device);
	const char *own = one->guest ? one->guest : one->network;

	return order ? order : strcmp(own, other->guest ? other->guest : other->network);
}

static void names_clear(struct show_names *names)
{
	for (size_t i = 0; i < names->count; i++) {
		free(names->names[i].guest);
		free(names->names[i].network);
	}
	free(names->names);
	*names = (struct show_names){0};
}

static int read_all(struct libvirt *libvirt, struct show_names *names)
{
	CLEANUP(libvirt_list_clear) struct libvirt_list networks = {0};
	CLEANUP(libvirt_list_clear) struct libvirt_list guests = {0};
	int result = libvirt_networks(libvirt, NULL, &networks);

	if (result == 0)
		result = libvirt_guests(libvirt, NULL, &guests);
	for (size_t i = 0; i < networks.count; i++)
		add_network(names, &networks.objects[i]);
	for (size_t i = 0; i < guests.count; i++)
		add_guest(names, &guests.objects[i]);
	if (names->count > 0)
		qsort(names->names, names->count, sizeof(*names->names), compare_names);
	return result;
}

static void note_trouble(struct show_reader *reader)
{
	free(reader->trouble);
	reader->trouble = alloc_copy(libvirt_trouble());
	libvirt_close(&reader->libvirt);
	reader->libvirt = NULL;
}

/* A daemon that was started again takes another connection: so there is a second attempt. */
static int ask(struct show_reader *reader)
{
	int result = -EIO;

	for (int attempt = 0; result == -EIO && attempt < 2; attempt++) {
		names_clear(&reader->names);
		result = reader->libvirt ? 0 : libvirt_open(reader->uri, &reader->libvirt);
		if (result == 0)
			result = read_all(reader->libvirt, &reader->names);
		if (result != 0 && result != -EINVAL)
			note_trouble(reader);
	}
	if (result == 0) {
		free(reader->trouble);
		reader->trouble = NULL;
	}
	return result == -EINVAL ? result : 0;
}

/* The bridges and guests' ports that there are, and whether one of those has no name. */
static unsigned int *list_ports(struct show_facts *facts, size_t *count, bool *nameless)
{
	unsigned int *ports = alloc_array(facts->count, sizeof(*ports));

	*count = 0;
	*nameless = false;
	for (size_t i = 0; i < facts->count; i++) {
		const struct show_device *device = &facts->devices[i];
		bool guest = show_is_guest(facts, device);
		if (!guest && device->link.bridge.kind != BRIDGE_LINUX)
			continue;
		ports[(*count)++] = device->link.bridge.ifindex;
		*nameless = *nameless ||
			    (guest && !show_names_find(&facts->names, device->link.bridge.name));
	}
	return ports;
}

/* Return: false if those are the same as the last time. */
static bool take_ports(struct show_reader *reader, unsigned int *ports, size_t count)
{
	bool same = reader->ports && reader->port_count == count &&
		    memcmp(reader->ports, ports, count * sizeof(*ports)) == 0;

	free(reader->ports);
	reader->ports = ports;
	reader->port_count = count;
	return !same;
}

int show_read_names(struct show_reader *reader, struct show_facts *facts)
{
	bool nameless;
	size_t count;
	int result = 0;

	facts->names = reader->names;
	unsigned int *ports = list_ports(facts, &count, &nameless);
	bool again = reader->again != 0 && nameless && clock_now() >= reader->again;
	if (take_ports(reader, ports, count))
		reader->patience = PATIENCE;
	else if (!again)
		return 0;
	result = ask(reader);
	facts->names = reader->names;
	free(list_ports(facts, &count, &nameless));
	bool more = nameless && !reader->trouble && reader->patience > 0;
	reader->again = more ? clock_now() + PAUSE : 0;
	reader->patience -= more;
	return result;
}

bool show_is_known(struct show_reader *reader, const char *name)
{
	CLEANUP(libvirt_list_clear) struct libvirt_list networks = {0};
	CLEANUP(libvirt_list_clear) struct libvirt_list guests = {0};

	return reader->libvirt && (libvirt_networks(reader->libvirt, name, &networks) == 0 ||
					  libvirt_guests(reader->libvirt, name, &guests) == 0);
}

void show_reader_clear(struct show_reader *reader)
{
	libvirt_close(&reader->libvirt);
	names_clear(&reader->names);
	free(reader->ports);
	free(reader->trouble);
}
