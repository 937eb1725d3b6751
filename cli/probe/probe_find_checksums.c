// SPDX-License-Identifier: GPL-2.0-or-later
/* Checksums of what servers sent. */
#include "probe_findings.h"

#include "alloc.h"
#include "cleanup.h"
#include "csum.h"
#include "probe_words.h"

#include <string.h>

static const char rule_advice[] = "the command lasts until the firewall's rules are written again; "
				  "with `virt-netboot enable` the hooks complete checksums when a "
				  "guest starts";
static const char enable_advice[] = "`virt-netboot enable`: the hooks complete checksums when a "
				    "guest starts";

/* What completes them by hand: a rule meets only what this host itself sends through a bridge. */
static char *checksum_cure(const struct probe_result *result, bool of_host, enum ip_family family,
	enum fill_scope scope)
{
	return of_host && !result->direct ? csum_cure(result->device, family, scope) : NULL;
}

/* What is wrong with checksums that a driver is handed, in the views that were asked for. */
enum fault {
	FAULT_NONE,
	FAULT_INCOMPLETE, /* left to the network card: firmware has it completed */
	FAULT_WRONG,      /* whoever looks */
	FAULT_ZEROED,     /* set to zero before it was completed [checksum-zeroed] */
};

static enum fault find_fault(
	enum probe_view view, enum probe_checksum offload, enum probe_checksum firmware)
{
	if (firmware == PROBE_CHECKSUM_BAD && view != PROBE_OFFLOAD)
		return offload == PROBE_CHECKSUM_NONE ? FAULT_ZEROED : FAULT_WRONG;
	if (offload == PROBE_CHECKSUM_BAD && view != PROBE_FIRMWARE)
		return FAULT_INCOMPLETE;
	return FAULT_NONE;
}

static void find_zeroed(const struct probe_result *result, struct plan *plan, const char *what)
{
	probe_add_finding(result, plan,
		(struct finding){
			.slug = "checksum-zeroed",
			.severity = SEVERITY_ERROR,
			.evidence = alloc_format("%s: the UDP checksum is zero before it is "
						 "completed, and wrong afterwards; firmware drops "
						 "it",
				what),
			.advice = alloc_copy("see which rule of nftables sets it: nft list ruleset "
					     "shows 'udp checksum set 0'"),
		});
}

static void find_server_checksum(
	const struct probe_result *result, struct plan *plan, const struct probe_server *server)
{
	enum fault fault = find_fault(result->view, server->offload, server->firmware);
	CLEANUP(cleanup_free) char *who = probe_server_text(server);
	bool of_host = server->origin == PROBE_ORIGIN_HOST;

	if (fault == FAULT_NONE)
		return;
	if (fault == FAULT_ZEROED) {
		find_zeroed(result, plan, who);
		return;
	}
	char *cure = checksum_cure(result, of_host, server->family, FILL_DHCP);
	probe_add_finding(result, plan,
		(struct finding){
			.slug = "checksum-unfilled",
			.severity = SEVERITY_ERROR,
			.evidence = alloc_format("%s: its %s answer has %s", who,
				families[server->family].dhcp,
				fault == FAULT_WRONG
					? "a wrong checksum; all clients drop it"
					: "an incomplete checksum; an installed system that reads "
					  "whole frames may drop it"),
			.cure = cure,
			.advice = alloc_copy(cure ? rule_advice : enable_advice),
		});
}

/* True if the address is that of a DHCP server of this host that answered. */
static bool is_of_host(const struct probe_result *result, const char *address)
{
	for (size_t i = 0; i < result->server_count; i++) {
		const struct probe_server *server = &result->servers[i];
		if (server->origin == PROBE_ORIGIN_HOST && strcmp(server->address, address) == 0)
			return true;
	}
	return false;
}

static void find_transfer_checksum(
	const struct probe_result *result, struct plan *plan, const struct probe_transfer *transfer)
{
	enum fault fault = find_fault(result->view, transfer->offload, transfer->firmware);

	if (transfer->kind != PROBE_TRANSFER_TFTP || !transfer->answered || fault == FAULT_NONE)
		return;
	if (fault == FAULT_ZEROED) {
		find_zeroed(result, plan, transfer->server);
		return;
	}
	char *cure = checksum_cure(
		result, is_of_host(result, transfer->server), transfer->family, FILL_UDP);
	probe_add_finding(result, plan,
		(struct finding){
			.slug = "checksum-tftp-unfilled",
			.severity = fault == FAULT_WRONG ? SEVERITY_ERROR : SEVERITY_WARNING,
			.evidence = alloc_format("%s: what it sends by TFTP has %s",
				transfer->server,
				fault == FAULT_WRONG
					? "wrong checksums; all clients drop it"
					: "incomplete checksums; a boot loader whose driver takes "
					  "them as they are drops it"),
			.cure = cure,
			.advice = alloc_copy(cure ? rule_advice : enable_advice),
		});
}

void probe_find_checksums(const struct probe_result *result, struct plan *plan)
{
	for (size_t i = 0; i < result->server_count; i++)
		find_server_checksum(result, plan, &result->servers[i]);
	for (size_t i = 0; i < result->transfer_count; i++)
		find_transfer_checksum(result, plan, &result->transfers[i]);
}
