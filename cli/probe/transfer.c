// SPDX-License-Identifier: GPL-2.0-or-later
/* Tries the boot files that servers named: where each is, from which address it is read, and how.
 */
#include "transfer.h"

#include "alloc.h"
#include "http.h"
#include "icmp.h"
#include "tftp.h"

#include <stdlib.h>
#include <string.h>

/* What a server can make a probe do has an end. */
#define FILES_MAX 4

#define TFTP_PORT 69
#define CLIENT_PORT 49153 /* a dynamic one: what it is does not matter [RFC 6335] */

/* Of a file that nobody named. */
#define ANY_FILE "virt-netboot-probe"

static size_t address_size(enum ip_family family)
{
	return family == IPV4 ? 4 : 16;
}

bool transfer_is_from(const struct datagram *datagram, const struct flow *flow)
{
	const size_t size = address_size(flow->family);

	return datagram->flow.family == flow->family && datagram->flow.to_port == flow->from_port &&
	       memcmp(datagram->flow.from, flow->to, size) == 0 &&
	       memcmp(datagram->flow.to, flow->from, size) == 0;
}

const char *transfer_refusal(
	const struct talk_frame *frame, const struct flow *flow, enum probe_transfer_kind kind)
{
	const bool tcp = kind == PROBE_TRANSFER_HTTP;

	switch (icmp_read_refusal(frame->bytes, frame->length, tcp, flow)) {
	case ICMP_NO_PORT:
		/* A host without a program at the port says so by a RST [RFC 9293, 3.10.7.1]. */
		return tcp ? "a firewall rejects it"
			   : "no program listens there, or a firewall rejects it";
	case ICMP_FORBIDDEN:
		return "a firewall rejects it";
	case ICMP_NO_WAY:
		return "there is no way to the server";
	case ICMP_OTHER:
		break;
	}
	return NULL;
}

static enum probe_checksum worse(enum probe_checksum checksum, enum frame_checksum seen)
{
	if (seen == FRAME_CHECKSUM_BAD || checksum == PROBE_CHECKSUM_BAD)
		return PROBE_CHECKSUM_BAD;
	return seen == FRAME_CHECKSUM_OK ? PROBE_CHECKSUM_OK : checksum;
}

void transfer_note_checksums(struct probe_transfer *transfer, const struct datagram *datagram)
{
	transfer->offload = worse(transfer->offload, datagram->offload);
	transfer->firmware = worse(transfer->firmware, datagram->firmware);
}

/* ---- Where it is ---- */

/* What only names a file is on the server that says so. Return: NULL, or why that is not clear. */
static char *find_named(const struct talk_offer *offer, struct reading *reading)
{
	static const uint8_t none[4];
	uint8_t *to = reading->flow.to;

	if (reading->flow.family == IPV6)
		return alloc_copy("it is no URL");
	if (memcmp(offer->offer.next_server, none, sizeof(none)) != 0)
		memcpy(to, offer->offer.next_server, sizeof(none));
	else if (*offer->offer.next_name)
		return alloc_format(
			"the server is named, not addressed: '%s'", offer->offer.next_name);
	else
		memcpy(to, offer->offer.server, sizeof(none));
	return NULL;
}

/* Who is in the URL. Return: NULL, or why it cannot be asked. */
static char *find_host(struct reading *reading)
{
	const struct url *url = &reading->url;

	if (url->has_user)
		return alloc_copy("the URL has a user name in it");
	if (!url->has_address)
		return alloc_format("the server is named, not addressed: '%.*s'",
			(int)url->host_length, url->host);
	if (url->family != reading->flow.family)
		return alloc_format("the URL has an address of %s, and %s was asked for",
			url->family == IPV4 ? "IPv4" : "IPv6",
			reading->flow.family == IPV4 ? "IPv4" : "IPv6");
	memcpy(reading->flow.to, url->address, sizeof(reading->flow.to));
	if (url->port)
		reading->flow.to_port = (uint16_t)url->port;
	return NULL;
}

/* Return: NULL, or why a file of this name cannot be asked for there. */
static char *check_request(const struct reading *reading)
{
	struct packet request = {.length = 0};

	if (reading->transfer->kind == PROBE_TRANSFER_HTTP)
		return http_head(&request, &reading->url)
			       ? NULL
			       : alloc_copy("the URL is too long, or has characters that no "
					    "request can have");
	return tftp_read_request(&request, reading->name)
		       ? NULL
		       : alloc_copy("its name is too long for TFTP");
}

/* Who has the file, its name there, and by which protocol it is read. Return: NULL, or why it
 * cannot be. */
static char *find_file(const struct talk_offer *offer, struct reading *reading)
{
	const char *named = reading->transfer->file;
	const struct url *url = &reading->url;
	char *why;

	reading->name = named;
	reading->transfer->kind = PROBE_TRANSFER_TFTP;
	reading->flow.to_port = TFTP_PORT;
	if (!strstr(named, "://")) {
		why = find_named(offer, reading);
	} else if (!url_read(named, &reading->url)) {
		why = alloc_copy("the URL names no server");
	} else if (url_is(url, "http") || url_is(url, "https")) {
		reading->transfer->kind = PROBE_TRANSFER_HTTP;
		reading->flow.to_port = HTTP_PORT;
		why = url_is(url, "https") ? alloc_copy("HTTPS is not tried") : find_host(reading);
	} else if (url_is(url, "tftp")) {
		reading->name = url->path + (*url->path == '/');
		why = find_host(reading);
	} else {
		why = alloc_copy("only TFTP and HTTP are tried");
	}
	return why ? why : check_request(reading);
}

/* ---- All of them ---- */

static struct probe_transfer *add_transfer(
	struct probe_result *result, enum ip_family family, const char *named)
{
	result->transfers = alloc_one_more(
		result->transfers, result->transfer_count, sizeof(*result->transfers));

	struct probe_transfer *transfer = &result->transfers[result->transfer_count++];
	transfer->family = family;
	transfer->file = alloc_copy(named ? named : ANY_FILE);
	return transfer;
}

/* What did not come, because nobody waited for it, says nothing of the server. */
static void note_interruption(const struct talk *talk, struct probe_transfer *transfer)
{
	if (!talk_is_over(talk) || (transfer->answered && !transfer->error))
		return;
	free(transfer->error);
	transfer->error = NULL;
	transfer->skipped = alloc_copy("the probe was interrupted");
}

/* From the address that was borrowed. */
static void read_file(struct talk *talk, const struct talk_offer *offer,
	const struct talk_offer *address, struct reading *reading)
{
	struct probe_transfer *transfer = reading->transfer;
	struct flow *flow = &reading->flow;

	memcpy(flow->from, address->offer.address, sizeof(flow->from));
	memcpy(flow->from_mac, talk->identity.mac, MAC_SIZE);
	talk_address(transfer->source, flow->family, flow->from);
	if (!talk_find_way(talk, offer, address, flow))
		transfer->error = alloc_copy("nobody answers for the server's address");
	else if (transfer->kind == PROBE_TRANSFER_HTTP)
		transfer_by_http(talk, reading);
	else
		transfer_by_tftp(talk, reading);
	note_interruption(talk, transfer);
}

/* The address comes from a server that gives some; the file from it, or from one that only names
 * files. */
static void try_file(struct talk *talk, const struct probe_server *server,
	const struct talk_offer *offer, const struct talk_offer *address)
{
	struct reading reading = {
		.transfer = add_transfer(talk->result, server->family, server->boot_file),
		.flow = {.family = server->family, .from_port = CLIENT_PORT},
		.invented = !server->boot_file,
	};
	struct probe_transfer *transfer = reading.transfer;

	transfer->skipped = find_file(offer, &reading);
	if (!transfer->skipped && talk->result->transfer_count > FILES_MAX)
		transfer->skipped = alloc_format("%d files have been tried", FILES_MAX);
	if (transfer->skipped)
		return;
	talk_address(transfer->server, server->family, reading.flow.to);
	transfer->skipped = talk_borrow_address(talk, address, server->family);
	if (transfer->skipped)
		return;
	read_file(talk, offer, address, &reading);
	talk_return_address(talk);
}

void talk_read_files(struct talk *talk)
{
	const struct probe_result *result = talk->result;
	size_t count = result->server_count;

	for (size_t i = 0; i < count && !talk_is_over(talk); i++) {
		const struct probe_server *server = &result->servers[i];

		if (server->boot_file || (talk->request->tftp && !server->proxy))
			try_file(talk, server, &talk->offers[i], talk_find_address(talk, i));
	}
}
