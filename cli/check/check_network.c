// SPDX-License-Identifier: GPL-2.0-or-later
/* Networks of libvirt's. */
#include "check_parts.h"

#include "alloc.h"
#include "cleanup.h"
#include "cure.h"
#include "gather_memory.h"
#include "host.h"
#include "log.h"
#include "network_xml.h"
#include "xml.h"

#include <stdlib.h>
#include <string.h>

/* All that a plan for a network has to say, but for "port-blocked", which is about a guest's port.
 */
static const char *const bridge_slugs[] = {"bridge-absent", "bridge-openvswitch", "not-a-bridge",
	"bridge-hold", "bridge-hold-not-root", "bridge-multi-network", "checksum-unfilled",
	"checksum-tftp-unfilled", "checksum-unsupported", "filter-shadowed", NULL};

enum topic { ACTIVE, BRIDGE, DHCP, PARENT, TOPICS };

const struct check_topic check_network_topics[] = {
	[ACTIVE] = {{CHECK_NETWORK, "network-active", "whether it is started"}, NULL},
	[BRIDGE] = {{CHECK_NETWORK, "network-bridge", "bridge"}, bridge_slugs},
	[DHCP] = {{CHECK_NETWORK, "network-dhcp", "DHCP server"}, NULL},
	[PARENT] = {{CHECK_NETWORK, "network-parent", "parent device"}, NULL},
	[TOPICS] = {{CHECK_NETWORK, NULL, NULL}, NULL},
};

struct network_check {
	struct check_run *run;
	const struct libvirt_object *object;
	const struct diagnosis *diagnosis;
	const struct network *network;
};

/* Takes @value. */
static struct check_line *add_line(
	const struct network_check *check, enum topic topic, enum check_result result, char *value)
{
	return check_add(&check->run->list, &check_network_topics[topic].question,
		check->object->name, NULL, result, value);
}

/* One that somebody stopped is no fault: no guest on it can start, and says so. */
static void check_active(const struct network_check *check)
{
	const struct libvirt_object *object = check->object;

	if (object->active && object->autostart) {
		add_line(check, ACTIVE, CHECK_PASS, alloc_copy("started"));
	} else if (object->active) {
		add_line(check, ACTIVE, CHECK_NOTE, alloc_copy("started, but autostart is off"))
			->advice =
			alloc_copy("virsh net-autostart NETWORK starts it with this host");
	} else {
		add_line(check, ACTIVE, object->autostart ? CHECK_WARN : CHECK_NOTE,
			alloc_copy(object->autostart ? "not started, although autostart is on"
						     : "not started"))
			->cure = cure_command("virsh net-start -- %s", object->name);
	}
}

/*
 * Its bridge.
 */

/* As the XML has it, for what is not there yet. */
static struct bridge_state expected_bridge(const struct network *network)
{
	struct bridge_state bridge = {
		.kind = BRIDGE_LINUX,
		.stp = network->stp ? STP_KERNEL : STP_OFF,
		.forward_delay = network->delay * 100,
	};

	memcpy(bridge.name, network->bridge, IFNAME_SIZE);
	return bridge;
}

static size_t add_bridge_findings(const struct network_check *check)
{
	const struct check_topic *topic = &check_network_topics[BRIDGE];
	const struct check_subject subject = {
		.run = check->run,
		.object = check->object->name,
		.plan = &check->diagnosis->plan,
	};

	return check_findings(&subject, &topic->question, topic->slugs);
}

static char *bridge_text(const struct bridge_state *bridge)
{
	CLEANUP(cleanup_free) char *hold = check_hold_text(check_new_port_hold(bridge));

	return bridge->stp == STP_USER
		       ? alloc_format("%s, where a program runs STP", bridge->name)
		       : alloc_format("%s, where a new port forwards after %s", bridge->name, hold);
}

/* The plan is silent about a delay that a later event is for. */
static void add_planless_bridge(
	const struct network_check *check, const struct bridge_state *bridge)
{
	if (bridge_holds(bridge))
		check_add_hold(check->run, &check_network_topics[BRIDGE].question,
			check->object->name, NULL, bridge, check->diagnosis);
	else
		add_line(check, BRIDGE, CHECK_PASS, bridge_text(bridge));
}

/* Of a network that is stopped the plan says what its start will bring, as if libvirt ran the hook.
 */
static void blame_missing_hook(const struct network_check *check, size_t from)
{
	struct check_list *list = &check->run->list;

	for (size_t i = from; i < list->count && !check->run->network_hook; i++) {
		struct check_line *line = &list->lines[i];
		if (!line->slug || strcmp(line->slug, "bridge-hold") != 0)
			continue;
		line->result = CHECK_FAIL;
		free(line->advice);
		line->advice = alloc_copy("switch the hooks on (virt-netboot enable), or set "
					  " <bridge delay='0'/> in the network's XML");
	}
}

static void check_coming_bridge(const struct network_check *check)
{
	const struct bridge_state bridge = expected_bridge(check->network);
	size_t before = check->run->list.count;

	if (add_bridge_findings(check) == 0)
		add_planless_bridge(check, &bridge);
	blame_missing_hook(check, before);
}

/* Return: false if there is no more to ask of it. */
static bool check_bridge_is_there(
	const struct network_check *check, const struct bridge_facts *bridge)
{
	struct check_line *line;

	if (!bridge) {
		/* Why has been said. */
		add_line(check, BRIDGE, CHECK_NOTE, alloc_copy("cannot be read"));
		return false;
	}
	if (bridge->state.kind == BRIDGE_ABSENT && network_is_managed(check->network)) {
		line = add_line(check, BRIDGE, CHECK_FAIL,
			alloc_format("%s does not exist", check->network->bridge));
		line->advice = alloc_copy("stop the network and start it again (virsh net-destroy, "
					  "net-start)");
		return false;
	}
	if (bridge->state.kind == BRIDGE_LINUX && bridge->state.down) {
		line = add_line(
			check, BRIDGE, CHECK_FAIL, alloc_format("%s is down", bridge->state.name));
		line->slug = "bridge-down";
		line->cure = cure_command("ip link set dev %s up", bridge->state.name);
	}
	return true;
}

static void set_hold_values(
	const struct network_check *check, const struct bridge_state *bridge, size_t from)
{
	struct check_list *list = &check->run->list;

	for (size_t i = from; i < list->count; i++) {
		struct check_line *line = &list->lines[i];
		if (!line->value && line->slug && strncmp(line->slug, "bridge-hold", 11) == 0)
			line->value = check_hold_text(check_new_port_hold(bridge));
	}
}

static void check_present_bridge(const struct network_check *check)
{
	const struct bridge_facts *bridge =
		host_facts_bridge(&check->diagnosis->facts, check->network->bridge);
	size_t before = check->run->list.count;

	if (!check_bridge_is_there(check, bridge))
		return;
	add_bridge_findings(check);
	bool has_hold = false;
	for (size_t i = before; i < check->run->list.count; i++) {
		const char *slug = check->run->list.lines[i].slug;
		has_hold = has_hold || (slug && strncmp(slug, "checksum", 8) != 0 &&
					       strcmp(slug, "filter-shadowed") != 0);
	}
	if (!has_hold)
		add_planless_bridge(check, &bridge->state);
	set_hold_values(check, &bridge->state, before);
}

static void check_bridge_of(const struct network_check *check)
{
	if (!*check->network->bridge)
		return;
	if (check->object->active)
		check_present_bridge(check);
	else if (network_is_managed(check->network))
		check_coming_bridge(check);
}

/*
 * libvirt's dnsmasq, by its sockets.
 */

static bool has_server(const struct bridge_state *bridge, enum ip_family family)
{
	CLEANUP(cleanup_free) struct dhcp_server *servers = NULL;
	size_t count = 0;
	int result = gather_dhcp_servers(family, &servers, &count);

	for (size_t i = 0; i < count; i++) {
		if (servers[i].device == 0 || servers[i].device == bridge->ifindex)
			return true;
	}
	if (result != 0)
		log_error("the %s servers of this host cannot be read: %s", families[family].dhcp,
			strerror(-result));
	return result != 0;
}

static void check_dhcp(const struct network_check *check)
{
	const struct network *network = check->network;
	const struct bridge_facts *bridge =
		host_facts_bridge(&check->diagnosis->facts, network->bridge);
	bool served = network->service[IPV4].dhcp || network->service[IPV6].dhcp;

	if (!served || !check->object->active || !bridge || bridge->state.kind != BRIDGE_LINUX)
		return;
	for (enum ip_family family = 0; family < IP_FAMILIES; family++) {
		if (!network->service[family].dhcp || has_server(&bridge->state, family))
			continue;
		struct check_line *line = add_line(check, DHCP, CHECK_FAIL,
			alloc_format("no %s server listens on %s", families[family].dhcp,
				bridge->state.name));
		/* [libvirt src/network/bridge_driver.c, networkRefreshDhcpDaemon()] */
		line->advice = alloc_copy("reload libvirt's daemon, which starts dnsmasq again "
					  "(systemctl reload libvirtd, or virtnetworkd)");
		return;
	}
	add_line(check, DHCP, CHECK_PASS, alloc_format("listens on %s", bridge->state.name));
}

/* With <forward mode='open'/> libvirt makes none. */
static void check_rules(const struct network_check *check)
{
	const struct network *network = check->network;

	if (check->object->active && network_is_managed(network) &&
		network->forward != FORWARD_OPEN)
		check_firewall_network(check->run, check->object->name, network->bridge);
}

/*
 * What macvtaps are made on, or the only way out.
 */

/* Without it a guest on a macvtap cannot start; packets that it is the way out for are lost. */
static void check_one_parent(const struct network_check *check, const char *name)
{
	struct bridge_state device;
	int result = host_bridge_get(name, &device);

	if (result != 0) {
		log_error("device %s cannot be read: %s", name, strerror(-result));
	} else if (device.kind == BRIDGE_ABSENT) {
		add_line(check, PARENT,
			network_is_managed(check->network) ? CHECK_WARN : CHECK_FAIL,
			alloc_format("%s does not exist", name));
	} else if (device.down) {
		struct check_line *line =
			add_line(check, PARENT, CHECK_WARN, alloc_format("%s is down", name));
		line->cure = cure_command("ip link set dev %s up", name);
	} else {
		add_line(check, PARENT, CHECK_PASS, alloc_format("%s, up", name));
	}
}

/* A device that is handed over to a guest goes away with that; a physical function stays. */
static void check_handed_over(const struct network_check *check)
{
	const char *pf = check->network->pf;

	if (*pf)
		check_one_parent(check, pf);
	add_line(check, PARENT, CHECK_NOTE,
		alloc_format("guests get %s%s; no bridge or filter of this host is in the way",
			*pf ? "a virtual function of " : "a device of this host", pf));
}

static void check_parents(const struct network_check *check)
{
	const struct network *network = check->network;

	if (network->forward == FORWARD_HOSTDEV) {
		check_handed_over(check);
		return;
	}
	for (size_t i = 0; i < network->parent_count; i++)
		check_one_parent(check, network->parents[i].name);
}

void check_network(struct check_run *run, const struct libvirt_object *object)
{
	CLEANUP(cleanup_xml_doc)
	xmlDoc *document = xml_parse("a network's XML", object->xml, strlen(object->xml));
	CLEANUP(diagnosis_clear) struct diagnosis diagnosis = {0};
	enum event_kind kind = object->active ? EVENT_NETWORK_ACTIVE : EVENT_NETWORK_START;

	/* Why XML is not understood has been said. */
	if (!document)
		return;
	if (diagnose_network(&diagnosis, kind, xmlDocGetRootElement(document), &run->policy) != 0) {
		log_error("the XML of network '%s' does not describe a network", object->name);
		return;
	}
	while (diagnose_next(&diagnosis))
		;
	const struct network_check check = {
		.run = run,
		.object = object,
		.diagnosis = &diagnosis,
		.network = &diagnosis.network,
	};
	check_active(&check);
	check_bridge_of(&check);
	check_dhcp(&check);
	check_rules(&check);
	check_parents(&check);
}
