// SPDX-License-Identifier: GPL-2.0-or-later
/* Reads a boot file by TFTP, as far as LIMIT. */
#include "transfer.h"

#include "alloc.h"
#include "tftp.h"

#define LIMIT (1ULL << 20) /* bytes */

/* A file while it comes. */
struct download {
	const struct reading *reading;
	struct flow flow; /* from where the server answers */
	size_t block_size;
	unsigned int block; /* that came last */
	bool done;
};

static void send_data(struct talk *talk, const struct flow *flow, const struct packet *data)
{
	struct packet frame = {.length = 0};

	frame_write_udp(&frame, flow, data);
	talk_send(talk, &frame);
}

/* The request, until the server has answered from a port of its own; then the last ACK. */
static void send_turn(struct talk *talk, const struct download *download)
{
	struct packet data = {.length = 0};

	if (!download->reading->transfer->answered)
		tftp_read_request(&data, download->reading->name);
	else
		tftp_ack(&data, download->block);
	send_data(talk, &download->flow, &data);
}

/* No more is wanted. */
static void send_end(struct talk *talk, const struct download *download)
{
	struct packet end = {.length = 0};

	tftp_abort(&end);
	send_data(talk, &download->flow, &end);
}

static void take_error(struct download *download, const struct tftp_message *message)
{
	download->done = true;
	/* There is no such file; the server is there. */
	if (download->reading->invented && message->code == 1)
		return;
	download->reading->transfer->error =
		alloc_format("the server says: %s (error %u)", message->text, message->code);
}

/* Return: true if it is what comes next. */
static bool take_data(
	struct talk *talk, struct download *download, const struct tftp_message *message)
{
	struct probe_transfer *transfer = download->reading->transfer;

	if (message->block != ((download->block + 1) & 0xffff) ||
		message->length > download->block_size)
		return false;
	download->block = message->block;
	transfer->bytes += message->length;
	download->done = message->length < download->block_size;
	if (!download->done && transfer->bytes >= LIMIT) {
		download->done = true;
		send_end(talk, download);
	} else if (download->done) {
		send_turn(talk, download);
	}
	return true;
}

/* Return: true if the server got on. */
static bool take_message(
	struct talk *talk, struct download *download, const struct datagram *datagram)
{
	struct probe_transfer *transfer = download->reading->transfer;
	struct tftp_message message;

	if (!tftp_read(datagram->data, datagram->length, &message) || message.kind == TFTP_OTHER)
		return false;
	transfer->answered = true;
	download->flow.to_port = datagram->flow.from_port;
	transfer_note_checksums(transfer, datagram);
	if (message.kind == TFTP_ERROR) {
		take_error(download, &message);
		return true;
	}
	if (message.kind == TFTP_DATA)
		return take_data(talk, download, &message);
	if (transfer->options)
		return false;
	transfer->options = true;
	transfer->size = message.has_size ? message.size : 0;
	download->block_size = message.block_size;
	return true;
}

/* The server answers from a port of its own choice, then from that one. */
static bool is_answer(const struct download *download, const struct datagram *datagram)
{
	return transfer_is_from(datagram, &download->flow) &&
	       (!download->reading->transfer->answered ||
		       datagram->flow.from_port == download->flow.to_port);
}

static bool take_refusal(struct download *download, const struct talk_frame *frame)
{
	struct probe_transfer *transfer = download->reading->transfer;
	const char *why = transfer->answered
				  ? NULL
				  : transfer_refusal(frame, &download->flow, PROBE_TRANSFER_TFTP);

	if (!why)
		return false;
	transfer->error = alloc_copy(why);
	download->done = true;
	return true;
}

/* Return: false if the server did not get on before @until. */
static bool take_turn(struct talk *talk, struct download *download, long long until)
{
	struct talk_frame frame;
	struct datagram datagram;

	while (talk_next(talk, until, &frame)) {
		if (!frame_read_udp(frame.bytes, frame.length, &datagram) ||
			!is_answer(download, &datagram)) {
			if (take_refusal(download, &frame))
				return true;
			talk_take_answer(talk, &frame);
		} else if (take_message(talk, download, &datagram))
			return true;
	}
	return false;
}

void transfer_by_tftp(struct talk *talk, struct reading *reading)
{
	struct probe_transfer *transfer = reading->transfer;
	struct download download = {
		.reading = reading, .flow = reading->flow, .block_size = TFTP_PLAIN_BLOCK_SIZE};
	double start = talk_seconds(talk);
	int tries = 0;

	while (!download.done && tries < TRANSFER_TRIES && !talk_is_over(talk) &&
		talk_seconds(talk) - start < TRANSFER_ENOUGH) {
		talk_progress(talk, "the boot file", TRANSFER_RETRY * (TRANSFER_TRIES - tries));
		send_turn(talk, &download);
		tries = take_turn(talk, &download, talk_moment(TRANSFER_RETRY)) ? 0 : tries + 1;
	}
	transfer->seconds = talk_seconds(talk) - start;
	if (download.done && transfer->bytes == 0 && !transfer->error && !reading->invented)
		transfer->error = alloc_copy("the file is empty");
	if (download.done || talk_is_over(talk))
		return;
	if (tries < TRANSFER_TRIES)
		send_end(talk, &download);
	else
		transfer->error = alloc_copy(
			transfer->answered ? "the server stopped answering" : "no answer");
}
