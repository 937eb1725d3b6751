// SPDX-License-Identifier: GPL-2.0-or-later
#include "probe_story.h"

#include "alloc.h"
#include "cleanup.h"
#include "probe_lines.h"
#include "probe_words.h"

#include <stdlib.h>
#include <string.h>

/* Servers that look whether an address is free before they offer it for the first time, and how
 * long they wait for somebody who has it, in seconds [dnsmasq src/config.h, PING_WAIT;
 * dhcpd.conf(5), ping-timeout; busybox networking/udhcp/arpping.c]. */
static const struct {
	const char *program;
	double wait;
	const char *text;
} careful[] = {
	{"dnsmasq (", 3.0, ": it pings a new address first"},
	{"dhcpd (", 1.0, ": it pings a new address first"},
	{"udhcpd (", 2.0, ": it asks by ARP who has a new address first"},
	{"busybox (", 2.0, ": it asks by ARP who has a new address first"},
};

#define AT_ONCE 0.1 /* seconds */

struct story {
	FILE *file;
	const struct probe_result *result;
};

/* At a time, or without one. Takes @text. */
static void put_event(const struct story *story, double time, char *text)
{
	int lead = time >= 0 ? fprintf(story->file, "%7.1f s  ", time)
			     : fprintf(story->file, "%*s", 11, "");
	size_t column = lead > 0 ? (size_t)lead : 0;

	probe_put_lines(story->file, column, column, text);
	free(text);
}

/*
 * The head.
 */

static const char *arch_name(enum probe_arch arch)
{
	static const char *const names[] = {[PROBE_BIOS] = "BIOS",
		[PROBE_EFI] = "UEFI",
		[PROBE_ARM64] = "UEFI, ARM64",
		[PROBE_HTTP] = "UEFI HTTP boot"};

	return names[arch];
}

/* Where it was asked, in words. */
static char *place_text(const struct probe_result *result)
{
	const char *on = result->direct ? "by a macvtap on" : "on bridge";

	if (result->target == PROBE_NETWORK)
		return alloc_format("%s %s of network '%s'", on, result->device, result->name);
	if (result->target == PROBE_GUEST)
		return alloc_format("%s %s for guest '%s'", on, result->device, result->name);
	return alloc_format("%s %s", on, result->device);
}

static void put_head(const struct story *story)
{
	const struct probe_result *result = story->result;
	CLEANUP(cleanup_free) char *place = place_text(result);
	CLEANUP(cleanup_free)
	char *vlan = result->vlan > 0 ? alloc_format(", in VLAN %u", result->vlan) : alloc_copy("");

	probe_put_sentence(story->file, alloc_format("Asked %s as %s (%s)%s.", place,
						result->client, arch_name(result->arch), vlan));
	if (result->lends_mac)
		probe_put_sentence(
			story->file, alloc_copy("The bridge had no other port: it had the probe's "
						"MAC address for this time."));
	if (*result->filter)
		probe_put_sentence(story->file, probe_filter_text(result));
}

/*
 * The events.
 */

static void put_asked(const struct story *story)
{
	if (story->result->asked >= 0 && story->result->forwarded >= 0)
		put_event(story, story->result->asked, alloc_copy("DHCPDISCOVER"));
}

static void put_port(const struct story *story)
{
	const struct probe_result *result = story->result;

	if (result->not_begun) {
		put_event(story, PROBE_NEVER, alloc_copy("another probe was at work"));
		return;
	}
	if (result->hold <= 0 && result->forwarded >= 0 && result->forwarded < AT_ONCE) {
		put_event(story, 0, alloc_copy("the port was plugged in, and forwards at once"));
		put_asked(story);
		return;
	}
	put_event(story, 0, alloc_copy("the port was plugged in"));
	if (result->forwarded < 0)
		put_event(story, PROBE_NEVER, alloc_copy("it has not forwarded"));
	else if (result->hold > 0 && result->forwarded + 0.5 >= result->hold)
		put_event(story, result->forwarded,
			alloc_format("it forwards (the bridge delays new ports by %.1f s)",
				result->hold));
	else
		put_event(story, result->forwarded, alloc_copy("it forwards"));
	put_asked(story);
}

static const char *one_checksum(enum probe_checksum checksum, const char *bad)
{
	if (checksum == PROBE_CHECKSUM_BAD)
		return bad;
	return checksum == PROBE_CHECKSUM_OK ? "good" : "not computed";
}

/* Of both views, or of the one that was asked for. */
static char *checksum_text(
	enum probe_view view, enum probe_checksum offload, enum probe_checksum firmware)
{
	if (view == PROBE_FIRMWARE)
		return alloc_copy(one_checksum(firmware, "wrong"));
	if (view == PROBE_OFFLOAD)
		return alloc_copy(one_checksum(offload, "incomplete"));
	if (offload == firmware)
		return alloc_copy(one_checksum(firmware, "wrong"));
	return alloc_format("%s for firmware, %s for installed systems",
		one_checksum(firmware, "wrong"), one_checksum(offload, "incomplete"));
}

static char *answer_text(const struct probe_server *server)
{
	const char *name = server->family == IPV4 ? "OFFER" : "ADVERTISE";

	if (server->proxy)
		return alloc_copy("proxyDHCP: boot files only,");
	if (!*server->offered)
		return alloc_format("%s without an address", name);
	return alloc_format("%s of %s", name, server->offered);
}

/* Why it took so long, where that is known. */
static const char *delay_text(const struct probe_server *server, double delay)
{
	for (size_t i = 0; server->program && i < sizeof(careful) / sizeof(careful[0]); i++) {
		if (strncmp(server->program, careful[i].program, strlen(careful[i].program)) == 0 &&
			delay >= careful[i].wait - 0.1 && delay < careful[i].wait + 0.5)
			return careful[i].text;
	}
	return "";
}

static void put_server(const struct story *story, const struct probe_server *server)
{
	CLEANUP(cleanup_free) char *answer = answer_text(server);
	CLEANUP(cleanup_free) char *who = probe_server_text(server);
	double delay = server->answered - server->first_asked;
	CLEANUP(cleanup_free) char *time = probe_duration_text(delay > 0 ? delay : 0);
	CLEANUP(cleanup_free)
	char *checksum = checksum_text(story->result->view, server->offload, server->firmware);

	put_event(story, server->answered,
		alloc_format("%s by %s, %s after it was asked%s; checksum %s", answer, who, time,
			delay_text(server, delay), checksum));
}

static bool was_transferred(const struct probe_result *result, const char *file)
{
	for (size_t i = 0; i < result->transfer_count; i++) {
		const char *read = result->transfers[i].file;
		if (read && strcmp(read, file) == 0)
			return true;
	}
	return false;
}

/* Those of which nothing more is to be said. */
static void put_boot_files(const struct story *story)
{
	const struct probe_result *result = story->result;
	bool named = false;

	for (size_t i = 0; i < result->server_count; i++) {
		const struct probe_server *server = &result->servers[i];
		if (!server->boot_file)
			continue;
		named = true;
		if (!was_transferred(result, server->boot_file))
			put_event(story, PROBE_NEVER,
				alloc_format("boot file %s%s%s, which was not read",
					server->boot_file, *server->next_server ? " from " : "",
					server->next_server));
	}
	if (!named && probe_count_addresses(result) > 0)
		put_event(story, PROBE_NEVER, alloc_copy("no boot file is named"));
}

/* "status 200, 26.1 kB, after 4 ms". An installed system takes what TCP brings it with an
 * incomplete checksum: only firmware's view matters. */
static char *head_text(
	const struct probe_result *result, const struct probe_transfer *transfer, const char *time)
{
	const bool bad = transfer->firmware == PROBE_CHECKSUM_BAD && result->view != PROBE_OFFLOAD;
	CLEANUP(cleanup_free) char *bytes = probe_bytes_text(transfer->size);

	return alloc_format("status %u%s%s, after %s%s", transfer->status,
		transfer->size > 0 ? ", " : "", transfer->size > 0 ? bytes : "", time,
		bad ? "; checksums wrong" : "");
}

/* "26.1 kB in 4 ms, checksums good" */
static char *read_text(const struct probe_result *result, const struct probe_transfer *transfer)
{
	CLEANUP(cleanup_free) char *bytes = probe_bytes_text(transfer->bytes);
	CLEANUP(cleanup_free) char *time = probe_duration_text(transfer->seconds);
	CLEANUP(cleanup_free)
	char *checksum = checksum_text(result->view, transfer->offload, transfer->firmware);

	if (transfer->kind == PROBE_TRANSFER_HTTP)
		return head_text(result, transfer, time);
	if (transfer->size <= transfer->bytes)
		return alloc_format("%s in %s, checksums %s", bytes, time, checksum);
	CLEANUP(cleanup_free) char *size = probe_bytes_text(transfer->size);
	return alloc_format("%s of %s in %s, checksums %s", bytes, size, time, checksum);
}

static void put_transfer(const struct story *story, const struct probe_transfer *transfer)
{
	CLEANUP(cleanup_free)
	char *what = alloc_format("boot file %s%s%s by %s", transfer->file ? transfer->file : "?",
		*transfer->server ? " from " : "", transfer->server,
		probe_transfer_name(transfer->kind));
	CLEANUP(cleanup_free) char *read = read_text(story->result, transfer);

	if (transfer->skipped)
		put_event(story, PROBE_NEVER,
			alloc_format("%s: not read, because %s", what, transfer->skipped));
	else if (probe_transfer_failed(transfer))
		put_event(story, PROBE_NEVER,
			alloc_format("%s, asked from %s: %s", what, transfer->source,
				transfer->error ? transfer->error : "no answer"));
	else
		put_event(story, PROBE_NEVER,
			alloc_format("%s, asked from %s: %s", what, transfer->source, read));
}

static void put_ipv6(const struct story *story)
{
	const struct probe_result *result = story->result;
	const struct probe_router *router = &result->router;

	if (!result->ipv6_asked)
		return;
	if (router->answered)
		put_event(story, PROBE_NEVER,
			alloc_format("IPv6 router %s: addresses come %s", router->address,
				router->managed ? "by DHCPv6"
				: router->other ? "from the router, the rest by DHCPv6"
						: "from the router"));
	else
		put_event(story, PROBE_NEVER, alloc_copy("no IPv6 router answered"));
	if (!probe_has_family(result, IPV6))
		put_event(story, PROBE_NEVER, alloc_copy("no DHCPv6 server answered"));
}

/* The end of the wait, if that is how it ended. */
static void put_silence(const struct story *story)
{
	const struct probe_result *result = story->result;
	double end = result->forwarded + result->waited;

	if (probe_has_family(result, IPV4) || result->interrupted || result->forwarded < 0)
		return;
	const struct drop *drop = probe_first_drop(result);
	bool answer = drop && drop->way == DROP_ANSWER;
	put_event(story, end,
		result->wait_ended_early ? alloc_format("it is known who drops the %s",
						   answer ? "answer" : "request")
					 : alloc_copy("nobody has answered"));
}

static void put_story(const struct story *story)
{
	const struct probe_result *result = story->result;

	put_head(story);
	put_port(story);
	for (size_t i = 0; i < result->server_count; i++)
		put_server(story, &result->servers[i]);
	if (result->answers_left_out)
		put_event(story, PROBE_NEVER,
			alloc_format("%zu more answers came from other servers, and are left out",
				result->answers_left_out));
	put_silence(story);
	put_boot_files(story);
	for (size_t i = 0; i < result->transfer_count; i++)
		put_transfer(story, &result->transfers[i]);
	put_ipv6(story);
	if (result->interrupted)
		put_event(story, PROBE_NEVER, alloc_copy("the probe was interrupted"));
}

void probe_write_story(FILE *file, const struct probe_result *result)
{
	const struct story story = {file, result};

	put_story(&story);
}
