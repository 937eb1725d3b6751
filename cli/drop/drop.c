// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Theory of operation
 *
 *     drop_table.c   tables of our own mark our packets
 *     drop_trace.c   nftables tells which rules these meet
 *       drop_event.c    what a message says
 *       drop_follow.c   which packet of ours it is about, and where that is
 *     drop_kernel.c  the kernel tells what it drops while we write, and who had called whom
 *       drop_symbols.c  the names of its functions
 *       drop_reason.c   what that means
 *     drop_legacy.c  legacy tables tell, too, while a guardian is there to undo what that takes
 *     drop_judge.c   what is certain of all this
 *     drop_owner.c   whose rule it is
 */
#include "drop.h"

#include "alloc.h"
#include "character.h"
#include "cleanup.h"
#include "clock.h"
#include "drop_judge.h"
#include "drop_kernel.h"
#include "drop_legacy.h"
#include "drop_owner.h"
#include "drop_table.h"
#include "drop_trace.h"
#include "firewall_read.h"
#include "log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct drop_finder {
	struct drop_wish wish;
	struct drop_seen seen;
	struct drop_table *table;
	int trace; /* socket */
	struct drop_kernel *kernel;
	struct drop_legacy *legacy;
	bool legacy_tried;
	bool loud; /* from the start, and to the end */
	size_t trips_known;
	size_t known; /* of the news */
	bool hopeless;
	bool unexplained;
	long long written;   /* clock_now(): the last packet */
	const char *trouble; /* static */
};

/* In which nearly every answer comes. What the kernel drops takes longer to be understood, and to
 * follow legacy tables changes something: only after this. */
#define GRACE (100 * NANOSECONDS_PER_MILLISECOND)

/* For how long after a request legacy tables are followed. A server that has answered once does not
 * check again whether the address is free. */
#define LEGACY_TIME NANOSECONDS

static void add_device(struct drop_seen *seen, const struct bridge_port *port)
{
	seen->devices = alloc_one_more(seen->devices, seen->device_count, sizeof(*seen->devices));
	struct drop_device *device = &seen->devices[seen->device_count++];
	device->ifindex = port->ifindex;
	device->guest = port->guest;
	memcpy(device->name, port->name, sizeof(device->name));
}

static int find_devices(struct drop_finder *finder)
{
	const struct drop_wish *wish = &finder->wish;
	struct bridge_state bridge = {0};
	struct bridge_port port = {0};
	CLEANUP(cleanup_free) struct bridge_port *ports = NULL;
	size_t count = 0;
	int result = host_port_get(wish->port, &port);

	if (result == 0 && *wish->bridge)
		result = host_bridge_get(wish->bridge, &bridge);
	if (result == 0 && (port.ifindex == 0 || (*wish->bridge && bridge.ifindex == 0)))
		result = -ENODEV;
	if (result == 0 && bridge.ifindex)
		result = host_bridge_ports(bridge.ifindex, &ports, &count);
	finder->seen.port = port.ifindex;
	finder->seen.bridge = bridge.ifindex;
	for (size_t i = 0; result == 0 && i < count; i++)
		add_device(&finder->seen, &ports[i]);
	if (result != 0)
		log_warning("the ports of %s cannot be read: %s",
			TEXT_NAME(*wish->bridge ? wish->bridge : wish->port), strerror(-result));
	return result;
}

/* The socket is there before the first packet is marked. */
static int start_tracing(struct drop_finder *finder)
{
	finder->trace = drop_trace_open();
	if (finder->trace < 0)
		return finder->trace == -EPERM ? -EPERM : -EOPNOTSUPP;
	int result = drop_table_open(&finder->wish, &finder->seen, &finder->table);
	finder->seen.traced = result == 0;
	return result;
}

/* No line is to be written to the kernel's log because of us. If that cannot be helped, it is so.
 */
static void start_quietly(struct drop_finder *finder)
{
	const char *trouble;

	if (!finder->seen.traced || !drop_legacy_is_loud())
		return;
	finder->loud = drop_legacy_open(&finder->legacy, &trouble) == 0;
	finder->legacy_tried = finder->loud;
}

int drop_open(const struct drop_wish *wish, struct drop_finder **finder)
{
	struct drop_finder *opened = alloc_array(1, sizeof(*opened));

	opened->wish = *wish;
	opened->trace = -1;
	*finder = opened;
	int result = find_devices(opened);
	if (result == 0)
		result = start_tracing(opened);
	if (result == -EOPNOTSUPP) {
		opened->trouble =
			"This kernel has no nf_tables with which packets can be followed.";
		result = 0;
	}
	if (result == 0) {
		start_quietly(opened);
		opened->kernel = drop_kernel_open();
		opened->seen.sampled = opened->kernel != NULL;
	} else {
		drop_close(finder);
	}
	return result;
}

void drop_begin_write(struct drop_finder *finder)
{
	drop_kernel_start(finder->kernel);
}

void drop_end_write(struct drop_finder *finder)
{
	drop_kernel_stop(finder->kernel);
	finder->written = clock_now();
}

/* Servers come and go; who listens now is who would have listened. */
static void find_servers(struct drop_finder *finder)
{
	struct drop_seen *seen = &finder->seen;

	if (!seen->servers)
		(void)host_dhcp_servers(IPV4, &seen->servers, &seen->server_count);
}

static bool has_device(const struct drop_seen *seen, unsigned int ifindex)
{
	for (size_t i = 0; i < seen->device_count; i++) {
		if (seen->devices[i].ifindex == ifindex)
			return true;
	}
	return false;
}

/* Ports that have come since, from the trips that are new. */
static void find_new_devices(struct drop_finder *finder)
{
	struct drop_seen *seen = &finder->seen;

	for (; finder->trips_known < seen->trip_count; finder->trips_known++) {
		unsigned int out = seen->trips[finder->trips_known].out;
		struct bridge_port port;
		if (out && !has_device(seen, out) && host_port_get_index(out, &port) == 0)
			add_device(seen, &port);
	}
}

static bool is_older(const struct drop_finder *finder, long long age)
{
	return clock_now() - finder->written > age;
}

/* Legacy tables are followed no longer than it takes: others may wait for it. */
static void read_rules(struct drop_finder *finder)
{
	if (finder->trace >= 0)
		drop_trace_read(finder->trace, &finder->seen);
	drop_legacy_read(finder->legacy, finder->wish.client, &finder->seen);
	if (is_older(finder, LEGACY_TIME) && !finder->loud)
		drop_legacy_close(&finder->legacy);
	find_new_devices(finder);
	find_servers(finder);
}

/* On a bridge with many ports this takes milliseconds: only when there is something new. */
static void think(struct drop_finder *finder)
{
	const struct drop_seen *seen = &finder->seen;

	if (finder->known == seen->news)
		return;
	finder->known = seen->news;
	finder->hopeless = drop_is_hopeless(seen);
	finder->unexplained = seen->traced && !seen->lost && drop_is_unexplained(seen);
}

/* Something dropped a packet where only legacy tables can tell what. */
static bool has_untold(const struct drop_finder *finder)
{
	return finder->unexplained && !finder->legacy_tried && drop_legacy_in_use();
}

bool drop_pending(struct drop_finder *finder)
{
	read_rules(finder);
	if (is_older(finder, GRACE))
		drop_kernel_read(finder->kernel, &finder->seen);
	think(finder);
	return finder->hopeless && !has_untold(finder);
}

bool drop_wants_legacy(struct drop_finder *finder)
{
	read_rules(finder);
	think(finder);
	return is_older(finder, GRACE) && has_untold(finder);
}

int drop_trace_legacy(struct drop_finder *finder)
{
	finder->legacy_tried = true;
	return drop_legacy_open(&finder->legacy, &finder->trouble);
}

static enum drop_gate gate_of(
	const struct bridge_port *own, unsigned int pvid, const struct bridge_port *port)
{
	struct vlan_membership vlan;

	if (port->state != PORT_FORWARDING)
		return DROP_GATE_CLOSED;
	if (own->isolated && port->isolated)
		return DROP_GATE_ISOLATED;
	if (port->no_broadcasts)
		return DROP_GATE_NO_BROADCASTS;
	if (pvid && host_vlan_get(port->ifindex, pvid, &vlan) == 0 && !vlan.member)
		return DROP_GATE_OTHER_VLAN;
	return DROP_GATE_UNKNOWN;
}

/* How the bridge's ports are set: only where it handed requests to none. */
static void find_gates(struct drop_finder *finder)
{
	struct drop_seen *seen = &finder->seen;
	struct bridge_state bridge;
	struct bridge_port own;
	struct vlan_membership vlan = {0};

	if (!seen->bridge || !drop_is_kept_in(seen) ||
		host_bridge_get_index(seen->bridge, &bridge) != 0 ||
		host_port_get_index(seen->port, &own) != 0 ||
		(bridge.vlan_filtering && host_vlan_get(seen->port, 0, &vlan) != 0))
		return;
	for (size_t i = 0; i < seen->device_count; i++) {
		struct bridge_port port;
		if (host_port_get_index(seen->devices[i].ifindex, &port) == 0)
			seen->devices[i].gate =
				gate_of(&own, bridge.vlan_filtering ? vlan.pvid : 0, &port);
	}
}

/* What has to be read of the host to name the rules' owners: only if there is a rule to be named.
 */
static void read_firewall(const struct drop_report *report, struct firewall_facts *facts)
{
	bool rules = false;
	bool legacy = false;

	for (size_t i = 0; i < report->count; i++) {
		rules = rules || report->drops[i].kind != DROP_KERNEL;
		legacy = legacy || report->drops[i].kind == DROP_LEGACY;
	}
	if (rules)
		(void)firewall_read(facts);
	if (legacy)
		(void)host_filter_tables_read(IPV4, facts);
}

static void describe(struct drop *drop)
{
	struct drop_verdict verdict = {.family = drop->family,
		.table = drop->table,
		.chain = drop->chain,
		.policy = drop->kind == DROP_POLICY,
		.handle = drop->handle};

	if (drop->kind == DROP_RULE || drop->kind == DROP_POLICY)
		drop->text = drop_table_text(&verdict);
	else if (drop->kind == DROP_LEGACY)
		drop->text = drop_legacy_text(drop->table, drop->chain, drop->number);
}

/* Before rules are read: what libnftables 1.0.6 writes as JSON ends at a table that has an owner.
 */
static void stop(struct drop_finder *finder)
{
	drop_legacy_close(&finder->legacy);
	drop_kernel_close(&finder->kernel);
	drop_table_close(&finder->table);
	cleanup_fd(&finder->trace);
	finder->trace = -1;
}

void drop_judge(struct drop_finder *finder, struct drop_report *report)
{
	struct firewall_facts facts = {0};

	read_rules(finder);
	drop_kernel_read(finder->kernel, &finder->seen);
	find_gates(finder);
	drop_decide(&finder->seen, report);
	stop(finder);
	read_firewall(report, &facts);
	for (size_t i = 0; i < report->count; i++) {
		describe(&report->drops[i]);
		drop_name_owner(&report->drops[i], &facts, finder->wish.bridge);
	}
	firewall_clear(&facts);
	if (finder->seen.lost)
		report->trouble = alloc_copy("Too many messages about the request were lost to "
					     "tell what became of it.");
	else if (finder->trouble)
		report->trouble = alloc_copy(finder->trouble);
	else if (report->count == 0)
		report->trouble = drop_describe_end(&finder->seen);
}

void drop_close(struct drop_finder **finder)
{
	if (!*finder)
		return;
	stop(*finder);
	drop_seen_clear(&(*finder)->seen);
	free(*finder);
	*finder = NULL;
}
