// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What was seen is said; what follows from not having seen something is said only where it would
 * have been seen: not after an interruption, and of packets that could not be followed nothing.
 */
#include "probe_findings.h"

#include "alloc.h"
#include "cleanup.h"
#include "cure.h"
#include "facts.h"
#include "probe_clients.h"
#include "probe_words.h"

#include <string.h>

/* Half of the seconds that a new port waits at least, with STP. */
#define DELAY_MIN (FORWARD_DELAY_MIN / 100.0)

void probe_add_finding(const struct probe_result *result, struct plan *plan, struct finding finding)
{
	plan->findings = alloc_one_more(plan->findings, plan->finding_count, sizeof(finding));
	finding.action = NO_ACTION;
	finding.beyond = NO_FINDING;
	if (!result->direct)
		memcpy(finding.bridge, result->device, IFNAME_SIZE);
	plan->findings[plan->finding_count++] = finding;
}

/*
 * Ports.
 */

/* Somebody asks for the last time before the port forwards. */
static bool delays_too_long(const struct probe_result *result)
{
	for (enum probe_client client = 0; client < CLIENTS; client++) {
		double last = probe_client_asks_last(client);
		if (last >= 0 && probe_client_time(result->forwarded) > last)
			return true;
	}
	return false;
}

static void find_hold(const struct probe_result *result, struct plan *plan)
{
	if (result->hold <= 0 || !delays_too_long(result))
		return;
	probe_add_finding(result, plan,
		(struct finding){
			.slug = "bridge-hold",
			.severity = SEVERITY_ERROR,
			.evidence = alloc_format("the bridge delays new ports by %.1f s, and the "
						 "probe's port forwarded after %.1f s",
				result->hold, result->forwarded),
			.cure = result->hold > 2 * DELAY_MIN
					? cure_command("ip link set dev %s type bridge "
						       "forward_delay %u",
						  result->device, FORWARD_DELAY_MIN)
					: NULL,
			.advice = alloc_copy("the command helps on the root bridge only, and "
					     "changes its whole network; `virt-netboot enable` "
					     "lets guests' ports forward at once"),
		});
}

static void find_blocked(const struct probe_result *result, struct plan *plan)
{
	if (result->forwarded >= 0 || result->interrupted)
		return;
	probe_add_finding(result, plan,
		(struct finding){
			.slug = "port-blocked",
			.severity = SEVERITY_ERROR,
			.evidence = alloc_copy("the probe's port has not forwarded"),
			.advice = alloc_format("see whether the %s is up, and who runs STP on it",
				result->direct ? "parent device" : "bridge"),
		});
}

/*
 * Drops.
 */

static bool begins_with(const char *text, const char *start)
{
	return text && strncmp(text, start, strlen(start)) == 0;
}

/* "chain FORWARD of the legacy table ip filter" */
static char *chain_text(const struct drop *drop)
{
	return alloc_format("chain %s of the %stable %s %s", drop->chain ? drop->chain : "?",
		drop->kind == DROP_LEGACY ? "legacy " : "", drop->family ? drop->family : "?",
		drop->table ? drop->table : "?");
}

/* "rule 3, '-j DROP', in chain ..." */
static char *rule_text(const struct drop *drop)
{
	CLEANUP(cleanup_free) char *chain = chain_text(drop);
	const char *text = drop->text ? drop->text : "?";

	if (drop->kind == DROP_RULE)
		return alloc_format("the rule '%s' (handle %llu) in %s", text, drop->handle, chain);
	if (drop->kind == DROP_LEGACY && drop->number > 0)
		return alloc_format("rule %u, '%s', in %s", drop->number, text, chain);
	return alloc_format("the policy of %s", chain);
}

static char *dropper_text(const struct drop *drop)
{
	if (drop->kind == DROP_KERNEL)
		return alloc_format("the kernel: %s", drop->text ? drop->text : "?");
	return rule_text(drop);
}

static char *drop_evidence(const struct probe_result *result, const struct drop *drop)
{
	CLEANUP(cleanup_free) char *way = probe_way_text(drop);
	CLEANUP(cleanup_free) char *who = dropper_text(drop);

	return alloc_format("%s is dropped by %s%s%s%s", way, who,
		drop->owner ? "; it belongs to " : "", drop->owner ? drop->owner : "",
		probe_drop_matters(result, drop) ? "" : "; nobody here would have taken it");
}

static const char *drop_slug(const struct drop *drop)
{
	if (drop->kind != DROP_KERNEL)
		return begins_with(drop->owner, "firewalld") ? "firewalld-zone" : "firewall-drop";
	if (begins_with(drop->text, "VLAN"))
		return "vlan-mismatch";
	return begins_with(drop->text, "STP") ? "port-blocked" : "kernel-drop";
}

static const char *drop_advice(const struct drop *drop)
{
	if (drop->advice)
		return drop->advice;
	if (drop->cure)
		return NULL;
	return drop->kind == DROP_KERNEL ? "see what the kernel's reason means for this bridge"
					 : "have that chain let DHCP pass";
}

static void find_drops(const struct probe_result *result, struct plan *plan)
{
	for (size_t i = 0; i < result->drops.count; i++) {
		const struct drop *drop = &result->drops.drops[i];
		bool harmless =
			!probe_drop_matters(result, drop) || probe_count_addresses(result) > 0;
		probe_add_finding(result, plan,
			(struct finding){
				.slug = drop_slug(drop),
				.severity = harmless ? SEVERITY_NOTICE : SEVERITY_ERROR,
				.evidence = drop_evidence(result, drop),
				.cure = alloc_copy(drop->cure),
				.advice = alloc_copy(drop_advice(drop)),
			});
	}
}

/*
 * Servers that are not there.
 */

/* dnsmasq looks for 3 s whether somebody has the address already. */
#define SERVER_PATIENCE 4.0

static const char *silent_advice(const struct probe_result *result)
{
	if (result->waited < SERVER_PATIENCE)
		return "many servers take 3 s before they answer a new client: try a longer "
		       "--timeout";
	return "the server may have reservations only, or no free address: try --domain with a "
	       "guest that has a reservation, and read the server's log";
}

static void find_silent(const struct probe_result *result, struct plan *plan)
{
	const char *by = result->drops.left ? result->drops.left_through : NULL;

	probe_add_finding(result, plan,
		(struct finding){
			.slug = "dhcp-silent",
			.severity = SEVERITY_ERROR,
			.evidence = alloc_format("the request reached %s, which did not answer "
						 "within %.1f s%s%s%s",
				result->host_server ? result->host_server : "this host's server",
				result->waited, by ? "; it also left by " : "", by ? by : "",
				by ? ", where nobody answered" : ""),
			.advice = alloc_copy(silent_advice(result)),
		});
}

/* Where the request went, if that is known; or NULL. */
static char *where_it_went(const struct probe_result *result)
{
	const struct drop_report *drops = &result->drops;

	if (drops->answer_seen)
		return alloc_copy("an answer was sent, but did not arrive");
	if (drops->no_listener && result->host_server)
		return alloc_format("the request reached this host, where %s does not listen for "
				    "broadcasts, as a server for relays only",
			result->host_server);
	if (drops->left && drops->left_through)
		return alloc_format("the request left by %s", drops->left_through);
	if (drops->left)
		return alloc_copy("the request left the bridge");
	if (drops->no_listener)
		return alloc_copy("the request reached this host, where no DHCP server listens");
	return NULL;
}

static char *none_evidence(const struct probe_result *result)
{
	CLEANUP(cleanup_free) char *where = where_it_went(result);

	if (result->drops.answer_seen)
		return alloc_format("%s; who dropped it is not known", where);
	if (where)
		return alloc_format("%s, and nobody answered within %.1f s", where, result->waited);
	return alloc_format("nobody answered within %.1f s%s%s", result->waited,
		result->drops.trouble ? "; not every way could be followed: " : "",
		result->drops.trouble ? result->drops.trouble : "");
}

static void find_none(const struct probe_result *result, struct plan *plan)
{
	const char *advice = result->direct || result->drops.left
				     ? "see whether the server runs, and whether it is in the same "
				       "network and VLAN"
				     : "see whether a DHCP server runs, and whether the bridge "
				       "leads to it";

	probe_add_finding(result, plan,
		(struct finding){
			.slug = "dhcp-none",
			.severity = SEVERITY_ERROR,
			.evidence = none_evidence(result),
			.advice = alloc_copy(advice),
		});
}

/* Some answered, and none of them gives an address. */
static void find_no_address(const struct probe_result *result, struct plan *plan)
{
	probe_add_finding(result, plan,
		(struct finding){
			.slug = "dhcp-none",
			.severity = SEVERITY_ERROR,
			.evidence = alloc_format("no server gave an address within %.1f s; who "
						 "answered names boot files at most",
				result->waited),
			.advice = alloc_copy("see whether the server that gives addresses runs, "
					     "and whether it has a free one"),
		});
}

/* A server of this host got the request, and sent nothing. */
static bool is_silent(const struct probe_result *result)
{
	const struct drop_report *drops = &result->drops;

	return result->host_serves && drops->reached_host && !drops->answer_seen &&
	       (!drops->no_listener || result->host_reads_frames);
}

/* Something keeps requests from others; but this host's own server got one. */
static void find_silent_beside_drops(const struct probe_result *result, struct plan *plan)
{
	if (probe_first_drop(result) && is_silent(result) && !result->interrupted &&
		!probe_has_family(result, IPV4))
		find_silent(result, plan);
}

static void find_missing(const struct probe_result *result, struct plan *plan)
{
	if (probe_count_addresses(result) > 0 || result->interrupted || result->forwarded < 0 ||
		probe_first_drop(result))
		return;
	if (probe_has_family(result, IPV4))
		find_no_address(result, plan);
	else if (is_silent(result))
		find_silent(result, plan);
	else
		find_none(result, plan);
}

/*
 * Servers that are.
 */

static const struct probe_server *find_other(
	const struct probe_result *result, const struct probe_server *one)
{
	for (size_t i = 0; i < result->server_count; i++) {
		const struct probe_server *other = &result->servers[i];
		if (probe_gives_address(other) && strcmp(one->address, other->address) != 0)
			return other;
	}
	return NULL;
}

static void find_conflict(const struct probe_result *result, struct plan *plan)
{
	const struct probe_server *one = result->servers;
	const struct probe_server *other = NULL;

	for (size_t i = 0; i < result->server_count && !other; i++) {
		one = &result->servers[i];
		if (probe_gives_address(one))
			other = find_other(result, one);
	}
	if (!other)
		return;
	CLEANUP(cleanup_free) char *first = probe_server_text(one);
	CLEANUP(cleanup_free) char *second = probe_server_text(other);
	probe_add_finding(result, plan,
		(struct finding){
			.slug = "dhcp-conflict",
			.severity = SEVERITY_WARNING,
			.evidence = alloc_format("two servers give addresses: %s, offers %s; and "
						 "%s, offers %s",
				first, one->offered, second, other->offered),
			.advice = alloc_copy("a guest takes whichever it likes; stop one of them, "
					     "unless they share their leases"),
		});
}

static char *transfer_text(const struct probe_transfer *transfer)
{
	return alloc_format("%s of '%s' from %s, asked from %s",
		probe_transfer_name(transfer->kind), transfer->file ? transfer->file : "",
		transfer->server, transfer->source);
}

static void find_failed_transfers(const struct probe_result *result, struct plan *plan)
{
	for (size_t i = 0; i < result->transfer_count; i++) {
		const struct probe_transfer *transfer = &result->transfers[i];
		if (!probe_transfer_failed(transfer))
			continue;
		CLEANUP(cleanup_free) char *what = transfer_text(transfer);
		probe_add_finding(result, plan,
			(struct finding){
				.slug = "tftp-failed",
				.severity = SEVERITY_ERROR,
				.evidence = alloc_format("%s: %s", what,
					transfer->error ? transfer->error : "no answer"),
				.advice = alloc_copy("see whether that server runs, has the file, "
						     "and is reached by guests: a firewall may let "
						     "DHCP pass and not this"),
			});
	}
}

void probe_find(const struct probe_result *result, struct plan *plan)
{
	find_blocked(result, plan);
	find_hold(result, plan);
	find_missing(result, plan);
	find_drops(result, plan);
	find_silent_beside_drops(result, plan);
	find_conflict(result, plan);
	find_failed_transfers(result, plan);
	probe_find_checksums(result, plan);
}
