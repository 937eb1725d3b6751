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
 *     drop_ports.c   which ports the bridge has, and how they are set
 *     drop_judge.c   what is certain of all this
 *       drop_ways.c     which drops matter
 *       drop_leaving.c  by which ports requests left
 *       drop_outlook.c  whether it is worth while to wait for an answer
 *     drop_owner.c   whose rule it is
 */
#include "drop.h"

#include "alloc.h"
#include "cleanup.h"
#include "clock.h"
#include "drop_judge.h"
#include "drop_kernel.h"
#include "drop_legacy.h"
#include "drop_owner.h"
#include "drop_ports.h"
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
	bool legacy_tried;
	bool loud;    /* from the start, and to the end */
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
	int result = drop_find_ports(&opened->wish, &opened->seen);
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
	} else {
		drop_close(finder);
	}
	return result;
}

void drop_begin_write(struct drop_finder *finder)
{
	/* Of those before nobody else would know how far they came. */
	if (!finder->seen.traced)
		drop_kernel_forget(finder->kernel, &finder->seen);
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
	drop_find_new_ports(&finder->seen);
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
	drop_find_gates(&finder->seen);
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
