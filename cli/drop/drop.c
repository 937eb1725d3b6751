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
#include "cleanup.h"
#include "drop_judge.h"
#include "drop_kernel.h"
#include "drop_legacy.h"
#include "drop_owner.h"
#include "drop_table.h"
#include "drop_trace.h"
#include "firewall_read.h"

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
	const char *trouble; /* static */
};

static int find_devices(struct drop_finder *finder)
{
	struct bridge_state bridge = {0};
	struct bridge_port port;
	CLEANUP(cleanup_free) struct bridge_port *ports = NULL;
	size_t count = 0;
	int result = host_port_get(finder->wish.port, &port);

	if (result == 0 && *finder->wish.bridge)
		result = host_bridge_get(finder->wish.bridge, &bridge);
	if (result == 0 && bridge.ifindex)
		result = host_bridge_ports(bridge.ifindex, &ports, &count);
	finder->seen.port = port.ifindex;
	finder->seen.bridge = bridge.ifindex;
	finder->seen.devices = alloc_array(count, sizeof(*finder->seen.devices));
	for (size_t i = 0; result == 0 && i < count; i++) {
		struct drop_device *device = &finder->seen.devices[finder->seen.device_count++];
		device->ifindex = ports[i].ifindex;
		device->guest = ports[i].guest;
		memcpy(device->name, ports[i].name, sizeof(device->name));
	}
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
}

/* Servers come and go; who listens now is who would have listened. */
static void find_servers(struct drop_finder *finder)
{
	struct drop_seen *seen = &finder->seen;

	if (!seen->servers)
		(void)host_dhcp_servers(IPV4, &seen->servers, &seen->server_count);
}

static void read_all_events(struct drop_finder *finder)
{
	if (finder->trace >= 0)
		drop_trace_read(finder->trace, &finder->seen);
	drop_kernel_read(finder->kernel, &finder->seen);
	drop_legacy_read(finder->legacy, finder->wish.client, &finder->seen);
	find_servers(finder);
}

bool drop_pending(struct drop_finder *finder)
{
	read_all_events(finder);
	return drop_is_hopeless(&finder->seen);
}

bool drop_wants_legacy(struct drop_finder *finder)
{
	read_all_events(finder);
	return !finder->legacy && finder->seen.traced && !finder->seen.lost &&
	       drop_legacy_in_use() && drop_is_unexplained(&finder->seen);
}

int drop_trace_legacy(struct drop_finder *finder)
{
	return drop_legacy_open(&finder->legacy, &finder->trouble);
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

	read_all_events(finder);
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
