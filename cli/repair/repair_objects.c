// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What was asked for, and for each the event whose plan is carried out: of a network that is
 * active, that it has started; of a guest that runs, that libvirt's daemon has found it running
 * ("reconnect"); of a bridge, that a guest is about to start there, and that of the networks and
 * guests that are on it.
 */
#include "repair_parts.h"

#include "alloc.h"
#include "cleanup.h"
#include "gather_memory.h"
#include "host.h"
#include "log.h"
#include "nic_place.h"
#include "xml.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool is_among(const struct target_names *names, const char *name)
{
	for (size_t i = 0; name && i < names->count; i++) {
		if (strcmp(names->names[i], name) == 0)
			return true;
	}
	return false;
}

typedef int list_reader(struct libvirt *libvirt, const char *name, struct libvirt_list *list);

static int read_list(
	list_reader *read, struct libvirt *libvirt, const char *kinds, struct libvirt_list *list)
{
	int result = read(libvirt, NULL, list);

	if (result != 0)
		log_error("libvirt's %s cannot be read: %s", kinds, libvirt_trouble());
	return result;
}

static const struct libvirt_object *find(const struct libvirt_list *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++) {
		if (strcmp(list->objects[i].name, name) == 0)
			return &list->objects[i];
	}
	return NULL;
}

/* What does not run is left to the hooks. */
static int find_named(
	const struct libvirt_list *list, const struct target_names *names, const char *kind)
{
	int result = 0;

	for (size_t i = 0; i < names->count; i++) {
		const struct libvirt_object *object = find(list, names->names[i]);
		if (object && object->active)
			continue;
		log_error(object ? "%s '%s' is not running, so there is nothing to repair yet"
				 : "there is no %s '%s'",
			kind, names->names[i]);
		result = -ENOENT;
	}
	return result;
}

int repair_objects_read(struct repair_run *run, struct repair_objects *objects)
{
	int result = libvirt_open(run->request->targets.uri, &objects->libvirt);

	if (result == -ENOTCONN || result == -ETIMEDOUT)
		log_error("libvirt's daemon cannot be reached, so its networks and guests are "
			  "left alone: %s%s",
			libvirt_trouble(),
			result == -ETIMEDOUT || run->request->targets.bridges.count > 0
				? ""
				: "; a bridge can be repaired without it: --bridge");
	if (result != 0)
		return result;
	result = read_list(libvirt_networks, objects->libvirt, "networks", &objects->networks);
	if (result == 0)
		result = read_list(libvirt_guests, objects->libvirt, "guests", &objects->guests);
	if (result == 0)
		result = find_named(&objects->networks, &run->request->targets.networks, "network");
	if (result == 0)
		result = find_named(&objects->guests, &run->request->targets.guests, "guest");
	return result;
}

void repair_objects_clear(struct repair_objects *objects)
{
	libvirt_list_clear(&objects->networks);
	libvirt_list_clear(&objects->guests);
	libvirt_close(&objects->libvirt);
}

/* An object of libvirt's, of one kind. */
struct kind {
	const char *name;
	list_reader *read;
	int (*diagnose)(struct diagnosis *diagnosis, enum event_kind kind, const xmlNode *root,
		const struct policy *policy);
	enum event_kind active;
	enum event_kind gone;
	void (*repair)(struct repair_run *run, struct diagnosis *diagnosis);
};

static void repair_network(struct repair_run *run, struct diagnosis *diagnosis);
static void repair_guest(struct repair_run *run, struct diagnosis *diagnosis);

static const struct kind network_kind = {"network", libvirt_networks, diagnose_network,
	EVENT_NETWORK_ACTIVE, EVENT_NETWORK_STOPPED, repair_network};
static const struct kind guest_kind = {"guest", libvirt_guests, diagnose_guest,
	EVENT_GUEST_RECONNECT, EVENT_GUEST_RELEASE, repair_guest};

/* Return: 0 with the object as it is now in @list; or a negative errno if it is not active any
 * more, or cannot be read. */
static int read_again(struct repair_objects *objects, const struct kind *kind, const char *name,
	struct libvirt_list *list)
{
	int result = kind->read(objects->libvirt, name, list);

	if (result == 0 && (list->count == 0 || !list->objects[0].active))
		result = -ENOENT;
	return result;
}

/* Like its end, which may have come before something was done for its sake. Who else is there is
 * asked again. */
static void take_away(struct repair_run *run, const struct kind *kind, const xmlNode *root)
{
	CLEANUP(diagnosis_clear) struct diagnosis diagnosis = {0};

	gather_remember_ports();
	if (kind->diagnose(&diagnosis, kind->gone, root, &run->policy) == 0)
		repair_diagnosis(run, &diagnosis);
}

static void repair_as_it_is(struct repair_run *run, struct repair_objects *objects,
	const struct kind *kind, struct libvirt_object *object, const char *xml)
{
	CLEANUP(cleanup_xml_doc)
	xmlDoc *document = xml_parse("libvirt's XML", xml, strlen(xml));
	CLEANUP(diagnosis_clear) struct diagnosis diagnosis = {0};
	CLEANUP(libvirt_list_clear) struct libvirt_list after = {0};

	if (!document || kind->diagnose(&diagnosis, kind->active, xmlDocGetRootElement(document),
				 &run->policy) != 0) {
		log_error("the XML of %s '%s' is not understood", kind->name, object->name);
		/* One pass is enough for that. */
		object->active = false;
		repair_tell_failure(run);
		return;
	}
	kind->repair(run, &diagnosis);
	if (run->pass == REPAIR_APPLY && diagnosis.plan.action_count > 0 &&
		read_again(objects, kind, object->name, &after) == -ENOENT)
		take_away(run, kind, xmlDocGetRootElement(document));
}

/* It may have gone, or be another one of that name, since all were listed. */
static void repair_object(struct repair_run *run, struct repair_objects *objects,
	const struct kind *kind, struct libvirt_object *object)
{
	CLEANUP(libvirt_list_clear) struct libvirt_list now = {0};
	int result = object->active ? read_again(objects, kind, object->name, &now) : -ENOENT;

	if (result == 0) {
		repair_as_it_is(run, objects, kind, object, now.objects[0].xml);
	} else if (result != -ENOENT) {
		log_error(
			"%s '%s' cannot be read: %s", kind->name, object->name, libvirt_trouble());
		object->active = false;
		repair_tell_failure(run);
	}
}

/* A network without its ports; those of guests have their own event. */
static void repair_network(struct repair_run *run, struct diagnosis *diagnosis)
{
	const struct targets *targets = &run->request->targets;

	if (targets->all || is_among(&targets->networks, diagnosis->network.name) ||
		is_among(&run->bridges, diagnosis->network.bridge))
		repair_diagnosis(run, diagnosis);
}

/* True of an interface of a guest that was not asked for as a whole. */
static bool is_wanted(const struct repair_run *run, const struct guest_nic *nic)
{
	const struct target_names *networks = &run->request->targets.networks;
	const struct target_names *bridges = &run->bridges;
	struct bridge_port port = {0};
	struct bridge_state bridge = {0};

	if (is_among(networks, nic->network) || is_among(bridges, nic->bridge))
		return true;
	return bridges->count > 0 && *nic->target && host_port_get(nic->target, &port) == 0 &&
	       port.bridge != 0 && host_bridge_get_index(port.bridge, &bridge) == 0 &&
	       is_among(bridges, bridge.name);
}

/* Those that were not asked for go to the end, where guest_clear() finds them again. Return: how
 * many are wanted. */
static size_t sort_wanted(const struct repair_run *run, struct guest *guest)
{
	size_t wanted = 0;

	for (size_t i = 0; i < guest->nic_count; i++) {
		struct guest_nic nic = guest->nics[i];
		if (!is_wanted(run, &nic))
			continue;
		guest->nics[i] = guest->nics[wanted];
		guest->nics[wanted++] = nic;
	}
	return wanted;
}

static void repair_guest(struct repair_run *run, struct diagnosis *diagnosis)
{
	struct guest *guest = &diagnosis->guest;
	size_t all = guest->nic_count;

	if (!run->request->targets.all && !is_among(&run->request->targets.guests, guest->name))
		guest->nic_count = sort_wanted(run, guest);
	if (guest->nic_count > 0)
		repair_diagnosis(run, diagnosis);
	guest->nic_count = all;
}

/* A guest that would start there now. */
static void repair_bridges(struct repair_run *run)
{
	const struct target_names *bridges = &run->bridges;
	CLEANUP(diagnosis_clear) struct diagnosis diagnosis = {0};
	struct port_list ports = {0};

	if (bridges->count == 0)
		return;
	int result = host_bridge_ports(0, &ports.ports, &ports.count);
	if (result != 0) {
		log_error("the ports of bridges cannot be read: %s", strerror(-result));
		repair_tell_failure(run);
	}
	diagnose_newcomers(&diagnosis, bridges->names, bridges->count, &ports, &run->policy);
	repair_diagnosis(run, &diagnosis);
	free(ports.ports);
}

/* The ports of guests come first: they may be waiting for them. While something is changed, every
 * guest's facts are read anew, but for the list of a bridge's ports, which is as long as there are
 * guests. */
void repair_objects(struct repair_run *run, struct repair_objects *objects)
{
	if (run->pass == REPAIR_APPLY)
		gather_remember_ports();
	else
		gather_remember();
	for (size_t i = 0; i < objects->guests.count; i++)
		repair_object(run, objects, &guest_kind, &objects->guests.objects[i]);
	for (size_t i = 0; i < objects->networks.count; i++)
		repair_object(run, objects, &network_kind, &objects->networks.objects[i]);
	repair_bridges(run);
	gather_forget();
	repair_sweep(run);
	repair_tell_holds(run);
}
