// SPDX-License-Identifier: GPL-2.0-or-later
#include "show_cells.h"

#include "alloc.h"
#include "cleanup.h"

#include <string.h>

static bool is_bridge(const struct show_device *device)
{
	return device->link.bridge.kind == BRIDGE_LINUX;
}

const struct show_name *show_names_find(const struct show_names *names, const char *device)
{
	size_t first = 0;
	size_t end = names->count;

	while (first < end) {
		size_t middle = first + (end - first) / 2;
		if (strcmp(names->names[middle].device, device) < 0)
			first = middle + 1;
		else
			end = middle;
	}
	if (first < names->count && strcmp(names->names[first].device, device) == 0)
		return &names->names[first];
	return NULL;
}

/* The name after @name that is of the same device, or NULL. */
static const struct show_name *next_name(
	const struct show_names *names, const struct show_name *name)
{
	const struct show_name *next = name + 1;

	if (next < names->names + names->count && strcmp(next->device, name->device) == 0)
		return next;
	return NULL;
}

bool show_is_guest(const struct show_facts *facts, const struct show_device *device)
{
	const struct show_name *name = show_names_find(&facts->names, device->link.bridge.name);

	return device->link.port.guest || device->link.port.macvtap || device->link.vnet_header ||
	       (name && name->guest);
}

static char *names_of(const struct show_facts *facts, const char *device)
{
	const struct show_name *name = show_names_find(&facts->names, device);
	char *list = NULL;

	for (; name; name = next_name(&facts->names, name)) {
		CLEANUP(cleanup_free) char *before = list;
		const char *own = name->guest ? name->guest : name->network;
		list = before ? alloc_format("%s, %s", before, own) : alloc_copy(own);
	}
	return list;
}

char *show_cell_who(const struct show_facts *facts, const struct show_device *device)
{
	char *names = names_of(facts, device->link.bridge.name);

	if (names || show_is_guest(facts, device))
		return names;
	if (device->link.macvlan)
		return alloc_copy("(this host)");
	if (device->link.outside)
		return alloc_copy("(container)");
	if (device->link.port.tap)
		return alloc_copy("(tap)");
	/* A bridge that belongs to something is in a VRF. */
	return device->link.master != 0 && !is_bridge(device) ? alloc_copy("(uplink)") : NULL;
}

/* 1/100 s. */
static char *seconds(unsigned int time)
{
	if (time % 100 == 0)
		return alloc_format("%u s", time / 100);
	return alloc_format("%u.%u s", time / 100, time % 100 / 10);
}

/* Who is not root may have a long line: its end may be cut. */
static char *bridge_state(const struct bridge_state *bridge)
{
	CLEANUP(cleanup_free) char *hold = seconds(2 * bridge->forward_delay);

	if (bridge->stp == STP_OFF)
		return alloc_copy("STP off");
	if (bridge->stp == STP_USER && bridge->is_root)
		return alloc_copy("STP in user space, root");
	if (bridge->stp == STP_USER)
		return alloc_format("STP in user space, root is %s", bridge->root);
	if (bridge->is_root)
		return alloc_format("STP, root, new ports wait %s", hold);
	return alloc_format("STP, new ports wait %s, root is %s", hold, bridge->root);
}

static char *port_state(const struct show_device *device, const struct bridge_state *bridge)
{
	static const char *const states[] = {
		[PORT_DISABLED] = "disabled",
		[PORT_LISTENING] = "listening",
		[PORT_LEARNING] = "learning",
		[PORT_FORWARDING] = "forwarding",
		[PORT_BLOCKING] = "blocking",
	};
	const struct bridge_port *port = &device->link.port;
	unsigned int left = (port_hold_left(bridge, port) + 99) / 100;

	if (port->state > PORT_BLOCKING)
		return alloc_copy("unknown");
	if (left > 0 && bridge->stp == STP_KERNEL)
		return alloc_format("%s, %u s left", states[port->state], left);
	/* A BPDU that the guard does not like disables the port [linux net/bridge/br_stp_bpdu.c,
	 * br_stp_rcv()]. */
	return alloc_format("%s%s", states[port->state], port->bpdu_guard ? ", BPDU guard" : "");
}

char *show_cell_state(const struct show_device *device, const struct show_device *bridge)
{
	if (device->link.bridge.down)
		return alloc_copy("down");
	if (is_bridge(device))
		return bridge_state(&device->link.bridge);
	if (device->link.bridge.kind == BRIDGE_OPENVSWITCH)
		return alloc_copy("Open vSwitch");
	if (device->link.no_carrier)
		return alloc_copy("no carrier");
	if (bridge && device->link.port.bridge != 0)
		return port_state(device, &bridge->link.bridge);
	return alloc_copy("up");
}

/* Who does it at a device, in one direction and family; NULL for nobody. */
static const char *who_filters(const struct filter_state *filter, enum ip_family family)
{
	if (filter->ours[family] != FILL_NONE && !filter->shadowed && !filter->misplaced)
		return "virt-netboot filter";
	return filter->others[family] != FILL_NONE ? "other filter" : NULL;
}

/* The same for what this host sends through a bridge. That a rule or filter is libvirt's is taken
 * from the bridge's being so. */
static const char *who_completes(
	const struct show_device *bridge, enum ip_family family, bool of_libvirt)
{
	const struct fill_state *rule = &bridge->rule[family];
	const struct filter_state *filter = &bridge->filter[FILTER_EGRESS];

	if (rule->others != FILL_NONE)
		return of_libvirt ? "libvirt rule" : "other rule";
	if (rule->ours != FILL_NONE)
		return "virt-netboot rule";
	if (filter->others[family] != FILL_NONE && filter->ours[family] == FILL_NONE && of_libvirt)
		return "libvirt filter";
	const char *who = who_filters(filter, family);
	return who || !bridge->tx_checksum_off ? who : "tx checksum off";
}

static char *both_families(const char *ipv4, const char *ipv6)
{
	if (ipv4 && ipv6 && strcmp(ipv4, ipv6) == 0)
		return alloc_copy(ipv4);
	if (ipv4 && ipv6)
		return alloc_format("%s, %s (IPv6)", ipv4, ipv6);
	if (ipv4 || ipv6)
		return alloc_format("%s (%s)", ipv4 ? ipv4 : ipv6, ipv4 ? "IPv4" : "IPv6");
	return NULL;
}

static char *bridge_checksum(const struct show_facts *facts, const struct show_device *bridge)
{
	const struct show_name *name = show_names_find(&facts->names, bridge->link.bridge.name);
	bool of_libvirt = name && name->network;

	return both_families(
		who_completes(bridge, IPV4, of_libvirt), who_completes(bridge, IPV6, of_libvirt));
}

static char *filter_checksum(const struct filter_state *filter)
{
	return both_families(who_filters(filter, IPV4), who_filters(filter, IPV6));
}

/* A macvtap's filters meet what it gets where that comes in; a tap's where it goes out. */
static char *guest_checksum(const struct show_facts *facts, const struct show_device *device,
	const struct show_device *bridge)
{
	bool macvtap = device->link.port.macvtap;
	bool on_bridge = bridge && is_bridge(bridge);
	CLEANUP(cleanup_free) char *at_bridge = on_bridge ? bridge_checksum(facts, bridge) : NULL;
	CLEANUP(cleanup_free)
	char *got = filter_checksum(&device->filter[macvtap ? FILTER_INGRESS : FILTER_EGRESS]);
	CLEANUP(cleanup_free)
	char *sent = macvtap ? NULL : filter_checksum(&device->filter[FILTER_INGRESS]);

	if (got)
		return alloc_copy(got);
	if (!macvtap && !device->link.vnet_header)
		return alloc_copy("not needed");
	if (sent)
		return at_bridge ? alloc_copy(sent) : alloc_format("%s (sent)", sent);
	if (at_bridge)
		return alloc_copy("at the bridge");
	return alloc_copy(on_bridge && !bridge->rules_known ? "unknown" : "nobody");
}

char *show_cell_checksum(const struct show_facts *facts, const struct show_device *device,
	const struct show_device *bridge)
{
	if (is_bridge(device)) {
		char *who = bridge_checksum(facts, device);
		return who ? who : alloc_copy(device->rules_known ? "nobody" : "unknown");
	}
	return show_is_guest(facts, device) ? guest_checksum(facts, device, bridge) : NULL;
}

/* As virsh domiftune takes it; 0 is no limit. */
static char *rate(const char *direction, unsigned long long bytes)
{
	if (bytes == 0)
		return NULL;
	if (bytes < 10000)
		return alloc_format("%s %llu B/s", direction, bytes);
	if (bytes < 10000000)
		return alloc_format("%s %llu kB/s", direction, bytes / 1000);
	return alloc_format("%s %llu MB/s", direction, bytes / 1000000);
}

/* As the guest sees it, and as libvirt's <inbound> and <outbound>: what goes out of a tap comes in
 * to the guest; a macvtap is the guest's own. */
char *show_cell_limit(const struct show_device *device)
{
	unsigned long long police = device->filter[FILTER_INGRESS].police;
	bool macvtap = device->link.port.macvtap;
	CLEANUP(cleanup_free) char *in = rate("in", macvtap ? police : device->htb);
	CLEANUP(cleanup_free) char *out = rate("out", macvtap ? device->htb : police);

	if (in && out)
		return alloc_format("%s, %s", in, out);
	return alloc_copy(in ? in : out);
}
