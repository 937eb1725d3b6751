// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Asks an HTTP server whether it has a boot file: one HEAD.
 *
 * Theory of operation
 *
 * The kernel knows nothing of the card's address, so this is the client's half of TCP, as far as
 * one request and the header of its answer need it: what is lost is sent again after a second,
 * what comes in another order waits for the server to send it again, and there is no congestion to
 * be avoided. When the header is whole, or nobody is waited for any longer, a RST makes the server
 * forget the connection: it would not find the card any more.
 */
#include "transfer.h"

#include "alloc.h"
#include "http.h"
#include "tcp.h"

#include <string.h>

/* A header may be that long, in bytes; the server is not told that there is room for more. */
#define ANSWER_MAX 16384

/* No server takes less in one segment. */
#define SEGMENT_SIZE_MIN 64

/* Why it is over. */
enum ending {
	ENDING_NONE,
	ENDING_ANSWER,
	ENDING_REFUSED, /* a RST to the SYN */
	ENDING_BLOCKED, /* somebody says that the SYN did not get there */
	ENDING_RESET,   /* later */
	ENDING_CLOSED,  /* a FIN, too early */
	ENDING_FOREIGN, /* no HTTP */
	ENDING_LONG,    /* more than ANSWER_MAX */
};

struct connection {
	struct talk *talk;
	struct reading *reading;
	struct packet request;
	struct http_answer header;
	enum ending ending;
	const char *blocked; /* ENDING_BLOCKED: why */
	bool open;
	size_t segment_size;   /* that the server takes */
	long long until;       /* when it is open: how long it may be; clock_now() */
	uint32_t first;        /* of our sequence numbers: the SYN's */
	uint32_t acknowledged; /* how much of the SYN and the request the server has */
	uint32_t next;         /* sequence number of what comes next from the server */
	size_t length;
	uint8_t answer[ANSWER_MAX];
};

/* ---- To the server ---- */

/* @at: how much was sent before it, the SYN included. */
static void send_segment(struct connection *connection, unsigned int flags, uint32_t at,
	const uint8_t *data, size_t length)
{
	const struct tcp_segment segment = {
		.flags = flags | (connection->open ? TCP_ACK : 0),
		.sequence = connection->first + at,
		.acknowledged = connection->next,
		.window = (unsigned int)(ANSWER_MAX - connection->length),
		.segment_size = flags & TCP_SYN ? TCP_SEGMENT_SIZE : 0,
	};
	struct packet frame = {.length = 0};

	tcp_write(&frame, &connection->reading->flow, &segment, data, length);
	talk_send(connection->talk, &frame);
}

static bool request_is_there(const struct connection *connection)
{
	return connection->acknowledged == 1 + connection->request.length;
}

/* What the server has not acknowledged. */
static void send_turn(struct connection *connection)
{
	const struct packet *request = &connection->request;
	size_t size = connection->segment_size;

	if (!connection->open) {
		send_segment(connection, TCP_SYN, 0, request->bytes, 0);
		return;
	}
	for (size_t at = connection->acknowledged - 1; at < request->length; at += size) {
		if (size > request->length - at)
			size = request->length - at;
		send_segment(connection, TCP_PSH, (uint32_t)(1 + at), request->bytes + at, size);
	}
}

static void send_acknowledgement(struct connection *connection)
{
	send_segment(connection, 0, (uint32_t)(1 + connection->request.length),
		connection->request.bytes, 0);
}

/* Without one, the server would try for minutes to reach the card. */
static void send_reset(struct connection *connection)
{
	if (connection->ending != ENDING_REFUSED && connection->ending != ENDING_RESET)
		send_segment(connection, TCP_RST, connection->acknowledged,
			connection->request.bytes, 0);
}

/* ---- From the server: each returns true if that got on ---- */

static bool take_opening(struct connection *connection, const struct tcp_segment *segment)
{
	size_t size = segment->segment_size ? segment->segment_size : TCP_DEFAULT_SEGMENT_SIZE;

	if (!(segment->flags & TCP_ACK) || segment->acknowledged != connection->first + 1)
		return false;
	if (segment->flags & TCP_RST) {
		connection->ending = ENDING_REFUSED;
		return true;
	}
	if (!(segment->flags & TCP_SYN))
		return false;
	if (size > TCP_SEGMENT_SIZE)
		size = TCP_SEGMENT_SIZE;
	connection->segment_size = size < SEGMENT_SIZE_MIN ? SEGMENT_SIZE_MIN : size;
	connection->open = true;
	connection->until = talk_moment(TRANSFER_ENOUGH);
	connection->next = segment->sequence + 1;
	connection->reading->transfer->answered = true;
	return true;
}

static bool take_acknowledgement(struct connection *connection, const struct tcp_segment *segment)
{
	const uint32_t acknowledged = segment->acknowledged - connection->first;

	if (!(segment->flags & TCP_ACK) || acknowledged <= connection->acknowledged ||
		acknowledged > 1 + connection->request.length)
		return false;
	connection->acknowledged = acknowledged;
	return true;
}

/* Is that all of the header? */
static void look_at_answer(struct connection *connection, bool closed)
{
	enum http_progress progress =
		http_read(connection->answer, connection->length, &connection->header);

	if (progress == HTTP_ANSWER)
		connection->ending = ENDING_ANSWER;
	else if (progress == HTTP_FOREIGN)
		connection->ending = ENDING_FOREIGN;
	else if (closed)
		connection->ending = ENDING_CLOSED;
	else if (connection->length == ANSWER_MAX)
		connection->ending = ENDING_LONG;
}

static bool take_data(struct connection *connection, const struct datagram *datagram,
	const struct tcp_segment *segment)
{
	/* How much of it is known; more than there is if something before it is missing. */
	const uint32_t known = connection->next - segment->sequence;
	const size_t room = ANSWER_MAX - connection->length;
	const bool last = segment->flags & TCP_FIN;

	if (datagram->length == 0 && !last)
		return false;
	if (known > datagram->length || (known == datagram->length && !last)) {
		send_acknowledgement(connection);
		return false;
	}
	const size_t fresh = datagram->length - known, taken = fresh < room ? fresh : room;

	memcpy(connection->answer + connection->length, datagram->data + known, taken);
	connection->length += taken;
	connection->next += (uint32_t)taken + (last && taken == fresh);
	look_at_answer(connection, last && taken == fresh);
	if (connection->ending == ENDING_NONE)
		send_acknowledgement(connection);
	return true;
}

static bool take_segment(struct connection *connection, const struct datagram *datagram,
	const struct tcp_segment *segment)
{
	if (!connection->open)
		return take_opening(connection, segment);
	if (segment->flags & TCP_RST) {
		if (segment->sequence - connection->next >= ANSWER_MAX)
			return false;
		connection->ending = ENDING_RESET;
		return true;
	}
	/* The answer to the SYN again: the request that is sent again answers it. */
	if (segment->flags & TCP_SYN)
		return false;
	const bool acknowledged = take_acknowledgement(connection, segment);

	return take_data(connection, datagram, segment) || acknowledged;
}

/* Of an open connection it is not believed, as a host would not [RFC 5927, 5.2]. */
static bool take_refusal(struct connection *connection, const struct talk_frame *frame)
{
	const struct flow *flow = &connection->reading->flow;

	if (!connection->open)
		connection->blocked = transfer_refusal(frame, flow, PROBE_TRANSFER_HTTP);
	if (connection->blocked)
		connection->ending = ENDING_BLOCKED;
	return connection->blocked;
}

/* Return: false if the server did not get on before @until. */
static bool take_turn(struct connection *connection, long long until)
{
	const struct flow *flow = &connection->reading->flow;
	struct talk_frame frame;
	struct datagram datagram;
	struct tcp_segment segment;

	while (talk_next(connection->talk, until, &frame)) {
		if (!tcp_read(frame.bytes, frame.length, &datagram, &segment) ||
			!transfer_is_from(&datagram, flow) ||
			datagram.flow.from_port != flow->to_port) {
			if (take_refusal(connection, &frame))
				return true;
			talk_take_answer(connection->talk, &frame);
			continue;
		}
		transfer_note_checksums(connection->reading->transfer, &datagram);
		if (take_segment(connection, &datagram, &segment))
			return true;
	}
	return false;
}

/* ---- What came of it ---- */

/* Of a server that is there, and of which nothing more came. */
static char *silence_text(const struct connection *connection)
{
	if (!request_is_there(connection))
		return alloc_copy("the server stopped answering");
	if (connection->length > 0)
		return alloc_format(
			"the server's answer was not complete after %.0f s", TRANSFER_ENOUGH);
	return alloc_format("the server took the request, and has not answered it within %.0f s",
		TRANSFER_ENOUGH);
}

/* Return: why there is no answer. */
static char *ending_text(const struct connection *connection)
{
	switch (connection->ending) {
	case ENDING_REFUSED:
		return alloc_copy("connection refused");
	case ENDING_BLOCKED:
		return alloc_copy(connection->blocked);
	case ENDING_RESET:
		return alloc_copy("the server broke the connection off");
	case ENDING_CLOSED:
		return alloc_copy("the server closed the connection before its answer was "
				  "complete");
	case ENDING_FOREIGN:
		return alloc_copy("what answers there is no HTTP server");
	case ENDING_LONG:
		return alloc_format(
			"the header of the server's answer is longer than %d bytes", ANSWER_MAX);
	case ENDING_NONE:
	case ENDING_ANSWER:
		break;
	}
	return connection->open ? silence_text(connection) : alloc_copy("no answer");
}

/* What clients do then differs, and it was not tried: iPXE goes where the server refers to [ipxe
 * src/net/tcp/httpcore.c, http_rx_location()], and asks by GET. */
static char *why_unknown(unsigned int status)
{
	if (status >= 300 && status < 400)
		return alloc_format("the server refers to another URL (status %u)", status);
	if (status == 405 || status == 501)
		return alloc_format("the server takes no HEAD requests (status %u)", status);
	return NULL;
}

static void take_answer(const struct http_answer *header, struct probe_transfer *transfer)
{
	transfer->status = header->status;
	transfer->size = header->has_size ? header->size : 0;
	transfer->skipped = why_unknown(header->status);
	if (!transfer->skipped && header->status >= 300)
		transfer->error = alloc_format("the server says: %u%s%s", header->status,
			*header->reason ? " " : "", header->reason);
}

/* Which one does not matter, but another one each time: the server may remember the last [RFC 9293,
 * 3.4.1]. */
static void choose_numbers(struct connection *connection)
{
	connection->first = (uint32_t)clock_now();
	connection->reading->flow.from_port = (uint16_t)(0xc000 | (connection->first >> 8));
}

void transfer_by_http(struct talk *talk, struct reading *reading)
{
	struct probe_transfer *transfer = reading->transfer;
	struct connection connection = {.talk = talk, .reading = reading, .acknowledged = 1};
	double start = talk_seconds(talk);
	int tries = 0;

	http_head(&connection.request, &reading->url);
	choose_numbers(&connection);
	while (connection.ending == ENDING_NONE && tries < TRANSFER_TRIES && !talk_is_over(talk) &&
		(!connection.open || clock_now() < connection.until)) {
		const bool waits = connection.open && request_is_there(&connection);

		talk_progress(talk, "the boot file's server", TRANSFER_ENOUGH);
		send_turn(&connection);
		tries = take_turn(&connection, talk_moment(TRANSFER_RETRY)) || waits ? 0
										     : tries + 1;
	}
	transfer->seconds = talk_seconds(talk) - start;
	send_reset(&connection);
	if (connection.ending == ENDING_ANSWER)
		take_answer(&connection.header, transfer);
	else if (!talk_is_over(talk))
		transfer->error = ending_text(&connection);
}
