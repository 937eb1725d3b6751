// SPDX-License-Identifier: GPL-2.0-or-later
/* Reads the boot files that servers named, by TFTP, as far as LIMIT. */
#include "talk.h"

#include "alloc.h"
#include "tftp.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIMIT (1ULL << 20) /* bytes */

/* Seconds between two tries, and how many of them. */
#define RETRY 1.0
#define TRIES 4

/* Who sends slowly is not waited for beyond this, in seconds; and what a server can make a probe
 * do has an end. */
#define ENOUGH 10.0
#define FILES_MAX 4

#define TFTP_PORT 69
#define CLIENT_PORT 49153 /* a dynamic one: what it is does not matter [RFC 6335] */

/* Of a file that nobody named. */
#define ANY_FILE "virt-netboot-probe"

struct reading {
	struct probe_transfer *transfer;
	struct flow flow;
	size_t block_size;
	unsigned int block; /* that came last */
	const char *name;   /* of the file, on the server */
	bool invented;      /* the name is ANY_FILE */
	bool done;
};

/* ---- TFTP ---- */

static void send_data(struct talk *talk, const struct flow *flow, const struct packet *data)
{
	struct packet frame = {.length = 0};

	frame_write_udp(&frame, flow, data);
	talk_send(talk, &frame);
}

/* The request, until the server has answered from a port of its own; then the last ACK. */
static void send_turn(struct talk *talk, const struct reading *reading)
{
	struct packet data = {.length = 0};

	if (!reading->transfer->answered)
		tftp_read_request(&data, reading->name);
	else
		tftp_ack(&data, reading->block);
	send_data(talk, &reading->flow, &data);
}

/* No more is wanted. */
static void send_end(struct talk *talk, const struct reading *reading)
{
	struct packet end = {.length = 0};

	tftp_abort(&end);
	send_data(talk, &reading->flow, &end);
}

static enum probe_checksum worse(enum probe_checksum checksum, enum frame_checksum seen)
{
	if (seen == FRAME_CHECKSUM_BAD || checksum == PROBE_CHECKSUM_BAD)
		return PROBE_CHECKSUM_BAD;
	return seen == FRAME_CHECKSUM_OK ? PROBE_CHECKSUM_OK : checksum;
}

static void take_error(struct reading *reading, const struct tftp_message *message)
{
	reading->done = true;
	/* There is no such file; the server is there. */
	if (reading->invented && message->code == 1)
		return;
	reading->transfer->error =
		alloc_format("the server says: %s (error %u)", message->text, message->code);
}

/* Return: true if it is what comes next. */
static bool take_data(
	struct talk *talk, struct reading *reading, const struct tftp_message *message)
{
	struct probe_transfer *transfer = reading->transfer;

	if (message->block != ((reading->block + 1) & 0xffff))
		return false;
	reading->block = message->block;
	transfer->bytes += message->length;
	reading->done = message->length < reading->block_size;
	if (!reading->done && transfer->bytes >= LIMIT) {
		reading->done = true;
		send_end(talk, reading);
	} else if (reading->done) {
		send_turn(talk, reading);
	}
	return true;
}

/* Return: true if the server got on. */
static bool take_message(
	struct talk *talk, struct reading *reading, const struct datagram *datagram)
{
	struct probe_transfer *transfer = reading->transfer;
	struct tftp_message message;

	if (!tftp_read(datagram->data, datagram->length, &message) || message.kind == TFTP_OTHER)
		return false;
	transfer->answered = true;
	reading->flow.to_port = datagram->flow.from_port;
	transfer->offload = worse(transfer->offload, datagram->offload);
	transfer->firmware = worse(transfer->firmware, datagram->firmware);
	if (message.kind == TFTP_ERROR) {
		take_error(reading, &message);
		return true;
	}
	if (message.kind == TFTP_DATA)
		return take_data(talk, reading, &message);
	if (transfer->options)
		return false;
	transfer->options = true;
	transfer->size = message.has_size ? message.size : 0;
	reading->block_size = message.block_size;
	return true;
}

static bool is_answer(const struct reading *reading, const struct datagram *datagram)
{
	const struct flow *flow = &reading->flow;

	return datagram->flow.family == flow->family && datagram->flow.to_port == flow->from_port &&
	       memcmp(datagram->flow.from, flow->to, flow->family == IPV4 ? 4 : 16) == 0 &&
	       (!reading->transfer->answered || datagram->flow.from_port == flow->to_port);
}

/* Return: false if the server did not get on before @until. */
static bool take_turn(struct talk *talk, struct reading *reading, long long until)
{
	struct talk_frame frame;
	struct datagram datagram;

	while (talk_next(talk, until, &frame)) {
		if (!frame_read_udp(frame.bytes, frame.length, &datagram) ||
			!is_answer(reading, &datagram))
			talk_take_answer(talk, &frame);
		else if (take_message(talk, reading, &datagram))
			return true;
	}
	return false;
}

static void read_file(struct talk *talk, struct reading *reading)
{
	struct probe_transfer *transfer = reading->transfer;
	double start = talk_seconds(talk);
	int tries = 0;

	while (!reading->done && tries < TRIES && !talk_is_over(talk) &&
		talk_seconds(talk) - start < ENOUGH) {
		talk_progress(talk, "the boot file", RETRY * (TRIES - tries));
		send_turn(talk, reading);
		tries = take_turn(talk, reading, talk_moment(RETRY)) ? 0 : tries + 1;
	}
	transfer->seconds = talk_seconds(talk) - start;
	if (reading->done && transfer->bytes == 0 && !transfer->error && !reading->invented)
		transfer->error = alloc_copy("the file is empty");
	if (reading->done || talk_is_over(talk))
		return;
	if (tries < TRIES)
		send_end(talk, reading);
	else
		transfer->error = alloc_copy(
			transfer->answered ? "the server stopped answering" : "no answer");
}

/* ---- Which files ---- */

static struct probe_transfer *add_transfer(struct probe_result *result)
{
	result->transfers = alloc_one_more(
		result->transfers, result->transfer_count, sizeof(*result->transfers));
	return &result->transfers[result->transfer_count++];
}

/* tftp://[ADDRESS]/FILE, as DHCPv6 names it [RFC 5970], or tftp://ADDRESS/FILE. Return: false if it
 * is none. */
static bool parse_url(const char *url, enum ip_family family, uint8_t *address, const char **file)
{
	char server[PROBE_ADDRESS_SIZE];
	int end = 0;

	if (family == IPV6)
		(void)sscanf(url, "tftp://[%45[0-9a-fA-F:.]]/%n", server, &end);
	else
		(void)sscanf(url, "tftp://%45[0-9.]/%n", server, &end);
	*file = url + end;
	return end > 0 && inet_pton(family == IPV4 ? AF_INET : AF_INET6, server, address) == 1;
}

/* Who has the file that is named so, and its name there. Return: NULL, or why it cannot be read. */
static char *find_file(const struct probe_server *server, const struct talk_offer *offer,
	const char *named, struct reading *reading)
{
	static const uint8_t none[4];
	uint8_t *to = reading->flow.to;

	reading->name = named;
	if (strncmp(named, "tftp://", strlen("tftp://")) == 0)
		return parse_url(named, server->family, to, &reading->name)
			       ? NULL
			       : alloc_format("the server in the URL is no address");
	if (strstr(named, "://"))
		return alloc_format("only TFTP is tried");
	if (server->family == IPV6)
		return alloc_format("it is no URL");
	if (memcmp(offer->offer.next_server, none, sizeof(none)) != 0)
		memcpy(to, offer->offer.next_server, sizeof(none));
	else if (*offer->offer.next_name)
		return alloc_format(
			"the server is named, not addressed: '%s'", offer->offer.next_name);
	else
		memcpy(to, offer->offer.server, sizeof(none));
	return NULL;
}

/* The address comes from a server that gives some; the file from it, or from one that only names
 * files. */
static void try_file(struct talk *talk, const struct probe_server *server,
	const struct talk_offer *offer, const struct talk_offer *address)
{
	struct probe_transfer *transfer = add_transfer(talk->result);
	struct reading reading = {
		.transfer = transfer,
		.flow = {.family = server->family, .from_port = CLIENT_PORT, .to_port = TFTP_PORT},
		.block_size = TFTP_PLAIN_BLOCK_SIZE,
		.invented = !server->boot_file,
	};
	const char *named = server->boot_file ? server->boot_file : ANY_FILE;
	struct packet request = {.length = 0};

	transfer->kind = PROBE_TRANSFER_TFTP;
	transfer->family = server->family;
	transfer->skipped = find_file(server, offer, named, &reading);
	transfer->file = alloc_copy(named);
	if (!transfer->skipped && talk->result->transfer_count > FILES_MAX)
		transfer->skipped = alloc_format("%d files have been tried", FILES_MAX);
	if (!transfer->skipped && !tftp_read_request(&request, reading.name))
		transfer->skipped = alloc_copy("its name is too long for TFTP");
	if (transfer->skipped)
		return;
	talk_address(transfer->server, server->family, reading.flow.to);
	transfer->skipped = talk_borrow_address(talk, address, server->family);
	if (transfer->skipped)
		return;
	memcpy(reading.flow.from, address->offer.address, sizeof(reading.flow.from));
	memcpy(reading.flow.from_mac, talk->identity.mac, MAC_SIZE);
	talk_address(transfer->source, server->family, reading.flow.from);
	if (talk_find_way(talk, offer, address, &reading.flow))
		read_file(talk, &reading);
	else
		transfer->error = alloc_copy("nobody answers for the server's address");
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
