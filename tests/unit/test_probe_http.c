// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How a boot file is asked for by HTTP, with a server that does what no kernel's TCP would do. The
 * network is a queue of frames, and the clock goes on when nothing is left in it.
 */
#include "test.h"

#include "alloc.h"
#include "talk.h"
#include "tcp.h"

#include <arpa/inet.h>

#define QUEUE_MAX 64

#define ADDRESS             \
	{                   \
		10, 0, 0, 7 \
	}

static long long fake_time;

int __wrap_clock_gettime(clockid_t clock, struct timespec *time);

int __wrap_clock_gettime(clockid_t clock, struct timespec *time)
{
	(void)clock;
	time->tv_sec = fake_time / NANOSECONDS;
	time->tv_nsec = fake_time % NANOSECONDS;
	return 0;
}

/* What the server has seen and does. */
static struct peer {
	void (*take)(const struct tcp_segment *segment, const struct datagram *datagram);
	uint32_t sequence;     /* the next that it sends */
	uint32_t next;         /* the next of the client's */
	uint32_t client_first; /* of the SYN */
	unsigned int segment_size;
	struct flow flow; /* to the client */
	int syns, resets, acknowledgements, requests;
	size_t largest; /* of the client's segments */
	size_t request_length;
	char request[PACKET_SIZE];
	bool no_way;
} peer;

static struct queue {
	struct talk_frame frames[QUEUE_MAX];
	long long at[QUEUE_MAX]; /* when each arrives */
	size_t first, count;
} queue;

/* ---- The network ---------------------------------------------------------- */

static void deliver_after(double seconds, const struct packet *packet)
{
	const size_t i = queue.count++;

	assert_in_range(i, 0, QUEUE_MAX - 1);
	memcpy(queue.frames[i].bytes, packet->bytes, packet->length);
	queue.frames[i].length = packet->length;
	queue.at[i] = fake_time + (long long)(seconds * (double)NANOSECONDS);
}

static void answer_after(double seconds, unsigned int flags, uint32_t sequence,
	uint32_t acknowledged, const char *text)
{
	const struct tcp_segment segment = {.flags = flags,
		.sequence = sequence,
		.acknowledged = acknowledged,
		.window = 1000,
		.segment_size = flags & TCP_SYN ? peer.segment_size : 0};
	struct packet frame;

	tcp_write(&frame, &peer.flow, &segment, (const uint8_t *)text, strlen(text));
	deliver_after(seconds, &frame);
}

static void answer(unsigned int flags, uint32_t sequence, uint32_t acknowledged, const char *text)
{
	answer_after(0, flags, sequence, acknowledged, text);
}

/* In order, and with what was got. */
static void say(unsigned int flags, const char *text)
{
	answer(flags | TCP_ACK, peer.sequence, peer.next, text);
	peer.sequence += (uint32_t)strlen(text) + ((flags & (TCP_SYN | TCP_FIN)) != 0);
}

static void note(const struct tcp_segment *segment, const struct datagram *datagram)
{
	peer.flow = (struct flow){.family = datagram->flow.family,
		.from_port = datagram->flow.to_port,
		.to_port = datagram->flow.from_port};
	memcpy(peer.flow.from, datagram->flow.to, 16);
	memcpy(peer.flow.to, datagram->flow.from, 16);
	if (datagram->length > peer.largest)
		peer.largest = datagram->length;
	if (segment->flags & TCP_SYN) {
		peer.syns++;
		peer.client_first = segment->sequence;
		peer.next = segment->sequence + 1;
		assert_int_equal(segment->segment_size, TCP_SEGMENT_SIZE);
	} else if (segment->flags & TCP_RST) {
		/* A host only takes the one that is in order [RFC 9293, 3.10.7.4]. */
		assert_int_equal(segment->sequence, peer.next);
		peer.resets++;
	} else if (datagram->length == 0) {
		peer.acknowledgements++;
	} else {
		peer.requests++;
	}
}

/* What is in order is taken. Return: true when the request is whole. */
static bool gather(const struct tcp_segment *segment, const struct datagram *datagram)
{
	if (datagram->length == 0 || segment->sequence != peer.next)
		return false;
	assert_in_range(peer.request_length + datagram->length, 1, sizeof(peer.request) - 1);
	memcpy(peer.request + peer.request_length, datagram->data, datagram->length);
	peer.request_length += datagram->length;
	peer.next += (uint32_t)datagram->length;
	return strstr(peer.request, "\r\n\r\n") != NULL;
}

bool talk_is_over(const struct talk *talk)
{
	return talk->error != 0;
}

double talk_seconds(const struct talk *talk)
{
	(void)talk;
	return (double)fake_time / (double)NANOSECONDS;
}

long long talk_moment(double seconds)
{
	return fake_time + (long long)(seconds * (double)NANOSECONDS);
}

void talk_send(struct talk *talk, const struct packet *packet)
{
	struct datagram datagram;
	struct tcp_segment segment;

	(void)talk;
	assert_true(tcp_read(packet->bytes, packet->length, &datagram, &segment));
	assert_int_equal(datagram.firmware, FRAME_CHECKSUM_OK);
	note(&segment, &datagram);
	if (!(segment.flags & TCP_RST))
		peer.take(&segment, &datagram);
}

bool talk_next(struct talk *talk, long long until, struct talk_frame *frame)
{
	(void)talk;
	if (queue.first == queue.count || queue.at[queue.first] >= until) {
		fake_time = until > fake_time ? until : fake_time;
		return false;
	}
	if (queue.at[queue.first] > fake_time)
		fake_time = queue.at[queue.first];
	*frame = queue.frames[queue.first++];
	return true;
}

void talk_progress(struct talk *talk, const char *what, double seconds)
{
	(void)talk;
	assert_non_null(what);
	assert_true(seconds > 0);
}

void talk_take_answer(struct talk *talk, const struct talk_frame *frame)
{
	(void)talk;
	(void)frame;
}

void talk_address(char text[PROBE_ADDRESS_SIZE], enum ip_family family, const uint8_t *address)
{
	inet_ntop(family == IPV4 ? AF_INET : AF_INET6, address, text, PROBE_ADDRESS_SIZE);
}

char *talk_borrow_address(struct talk *talk, const struct talk_offer *offer, enum ip_family family)
{
	(void)talk;
	(void)family;
	return offer ? NULL : alloc_copy("no address");
}

void talk_return_address(struct talk *talk)
{
	(void)talk;
}

bool talk_find_way(struct talk *talk, const struct talk_offer *named,
	const struct talk_offer *address, struct flow *flow)
{
	(void)talk;
	(void)named;
	(void)address;
	(void)flow;
	return !peer.no_way;
}

const struct talk_offer *talk_find_address(const struct talk *talk, size_t server)
{
	return &talk->offers[server];
}

void drop_report_clear(struct drop_report *report)
{
	(void)report;
}

/* ---- A probe -------------------------------------------------------------- */

static struct probe_result result;

static const struct probe_transfer *ask_for(const char *url)
{
	static const struct probe_request request = {.tftp = false};
	struct talk_offer offer = {.offer = {.has_address = true, .address = ADDRESS}};
	struct talk talk = {.request = &request, .result = &result, .offers = &offer};

	result.servers = alloc_array(1, sizeof(*result.servers));
	result.server_count = 1;
	result.servers[0].boot_file = alloc_copy(url);
	talk_read_files(&talk);
	assert_int_equal(result.transfer_count, 1);
	return &result.transfers[0];
}

static const struct probe_transfer *ask(
	void (*take)(const struct tcp_segment *segment, const struct datagram *datagram))
{
	peer.take = take;
	return ask_for("http://10.0.0.1/a");
}

static void assert_read(const struct probe_transfer *transfer, unsigned long long size)
{
	assert_null(transfer->error);
	assert_null(transfer->skipped);
	assert_int_equal(transfer->status, 200);
	assert_int_equal(transfer->size, size);
	assert_int_equal(peer.resets, 1);
}

static int set_up(void **state)
{
	(void)state;
	fake_time = 5000 * NANOSECONDS + 123456789;
	queue.first = queue.count = 0;
	peer = (struct peer){.sequence = 0xfffffffa, .segment_size = 1460};
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	probe_result_clear(&result);
	return 0;
}

#define ANSWER_BEGIN "HTTP/1.1 200 OK\r\nContent-"
#define ANSWER_END "Length: 77\r\n\r\n"

/* ---- Servers -------------------------------------------------------------- */

/* Its sequence numbers go over the largest. */
static void good_server(const struct tcp_segment *segment, const struct datagram *datagram)
{
	if (segment->flags & TCP_SYN)
		say(TCP_SYN, "");
	else if (gather(segment, datagram))
		say(TCP_FIN, ANSWER_BEGIN ANSWER_END);
}

static void test_good(void **state)
{
	(void)state;
	const struct probe_transfer *transfer = ask(good_server);

	assert_read(transfer, 77);
	assert_string_equal(transfer->source, "10.0.0.7");
	assert_string_equal(transfer->server, "10.0.0.1");
	assert_int_equal(peer.syns, 1);
	assert_int_equal(peer.requests, 1);
}

static void test_small_segments(void **state)
{
	static const unsigned int sizes[][2] = {
		{100, 100}, {0, 536}, {9000, TCP_SEGMENT_SIZE}, {1, 64}};
	char url[1000] = "http://10.0.0.1/";

	memset(url + strlen(url), 'x', 900);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		set_up(state);
		peer.segment_size = sizes[i][0];
		peer.take = good_server;
		assert_read(ask_for(url), 77);
		assert_non_null(strstr(peer.request, url + strlen("http://10.0.0.1")));
		assert_in_range(peer.largest, 1, sizes[i][1]);
		tear_down(state);
	}
}

/* The second part, the first one, then all again. */
static void disordered_server(const struct tcp_segment *segment, const struct datagram *datagram)
{
	const uint32_t middle = peer.sequence + (uint32_t)strlen(ANSWER_BEGIN);

	if (segment->flags & TCP_SYN) {
		say(TCP_SYN, "");
		return;
	}
	if (!gather(segment, datagram))
		return;
	answer(TCP_ACK, middle, peer.next, ANSWER_END);
	answer(TCP_ACK, peer.sequence, peer.next, ANSWER_BEGIN);
	answer(TCP_ACK, peer.sequence, peer.next, ANSWER_BEGIN);
	answer(TCP_ACK, peer.sequence + 4, peer.next, &(ANSWER_BEGIN ANSWER_END)[4]);
}

static void test_disorder(void **state)
{
	(void)state;
	assert_read(ask(disordered_server), 77);
	assert_int_equal(peer.acknowledgements, 3);
	assert_int_equal(peer.requests, 1);
}

/* What is not for this connection, or cannot be. */
static void confused_server(const struct tcp_segment *segment, const struct datagram *datagram)
{
	const uint32_t first = peer.client_first;

	if (segment->flags & TCP_SYN) {
		answer(TCP_RST, 7, first + 1, ""); /* without ACK */
		answer(TCP_RST | TCP_ACK, 7, first, "");
		answer(TCP_RST | TCP_ACK, 7, first + 2, "");
		answer(TCP_SYN | TCP_ACK, 7, first + 2, "");
		answer(TCP_SYN, 7, first + 1, "");
		answer(TCP_ACK, 7, first + 1, "HTTP/1.1 404 Not Found\r\n\r\n");
		peer.flow.from_port++;
		answer(TCP_RST | TCP_ACK, 7, first + 1, "");
		peer.flow.from_port--;
		peer.flow.to_port++;
		answer(TCP_RST | TCP_ACK, 7, first + 1, "");
		peer.flow.to_port--;
		peer.flow.from[3]++;
		answer(TCP_RST | TCP_ACK, 7, first + 1, "");
		peer.flow.from[3]--;
		say(TCP_SYN, "");
	} else if (gather(segment, datagram)) {
		answer(TCP_SYN | TCP_ACK, peer.sequence - 1, first + 1, "");
		answer(TCP_RST, peer.sequence - 1, 0, "");
		answer(TCP_RST, peer.sequence + 0x10000, 0, "");
		answer(TCP_ACK, peer.sequence, peer.next + 1, "");
		answer(TCP_ACK, peer.sequence + 0x80000000, peer.next, "x");
		say(TCP_FIN, ANSWER_BEGIN ANSWER_END);
	}
}

static void test_confusion(void **state)
{
	(void)state;
	assert_read(ask(confused_server), 77);
}

static void silent_server(const struct tcp_segment *segment, const struct datagram *datagram)
{
	(void)segment;
	(void)datagram;
}

static void test_silence(void **state)
{
	(void)state;
	const long long start = fake_time;
	const struct probe_transfer *transfer = ask(silent_server);

	assert_string_equal(transfer->error, "no answer");
	assert_false(transfer->answered);
	assert_int_equal(peer.syns, 4);
	assert_int_equal(peer.resets, 1);
	assert_in_range(fake_time - start, 4 * NANOSECONDS, 4 * NANOSECONDS + 1);
}

/* Half of the request gets there; then the server is gone. */
static void dying_server(const struct tcp_segment *segment, const struct datagram *datagram)
{
	if (segment->flags & TCP_SYN) {
		say(TCP_SYN, "");
	} else if (peer.requests == 1) {
		peer.next += (uint32_t)datagram->length / 2;
		say(0, "");
	}
}

static void test_death(void **state)
{
	(void)state;
	const struct probe_transfer *transfer = ask(dying_server);

	assert_string_equal(transfer->error, "the server stopped answering");
	assert_true(transfer->answered);
	assert_int_equal(peer.requests, 5);
	assert_int_equal(peer.resets, 1);
}

static void mute_server(const struct tcp_segment *segment, const struct datagram *datagram)
{
	if (segment->flags & TCP_SYN)
		say(TCP_SYN, "");
	else if (gather(segment, datagram))
		say(0, "");
}

static void test_muteness(void **state)
{
	(void)state;
	const long long start = fake_time;
	const struct probe_transfer *transfer = ask(mute_server);

	assert_string_equal(transfer->error,
		"the server took the request, and has not answered it within 10 s");
	assert_int_equal(peer.requests, 1);
	assert_int_equal(peer.resets, 1);
	assert_in_range(fake_time - start, 10 * NANOSECONDS, 11 * NANOSECONDS);
}

/* A byte at a time, for ever. */
static void dripping_server(const struct tcp_segment *segment, const struct datagram *datagram)
{
	if (segment->flags & TCP_SYN) {
		say(TCP_SYN, "");
	} else if (gather(segment, datagram) || datagram->length == 0) {
		answer_after(0.9, TCP_ACK, peer.sequence, peer.next,
			peer.acknowledgements < 7 ? (const char *[]){"H", "T", "T", "P", "/", "1",
							    "."}[peer.acknowledgements]
						  : "1");
		peer.sequence++;
	}
}

static void test_dripping(void **state)
{
	(void)state;
	const long long start = fake_time;

	assert_string_equal(
		ask(dripping_server)->error, "the server's answer was not complete after 10 s");
	assert_in_range(fake_time - start, 10 * NANOSECONDS, 12 * NANOSECONDS);
	assert_int_equal(peer.resets, 1);
}

/* ---- What is not asked for, or not told as a failure ---------------------- */

static void never_asked(const struct tcp_segment *segment, const struct datagram *datagram)
{
	(void)segment;
	(void)datagram;
	fail();
}

static void test_skipped(void **state)
{
	static const char *const cases[][2] = {
		{"https://10.0.0.1/a", "HTTPS is not tried"},
		{"ftp://10.0.0.1/a", "only TFTP and HTTP are tried"},
		{"http://boot.example:80/a",
			"the server is named, not addressed: 'boot.example:80'"},
		{"http://me@10.0.0.1/a", "the URL has a user name in it"},
		{"http://[fd00::1]/a", "the URL has an address of IPv6, and IPv4 was asked for"},
		{"http://10.0.0.1:0/a", "the URL names no server"},
		{"http://10.0.0.1/a b",
			"the URL is too long, or has characters that no request can have"},
		{"tftp://boot.example/a", "the server is named, not addressed: 'boot.example'"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		set_up(state);
		peer.take = never_asked;
		const struct probe_transfer *transfer = ask_for(cases[i][0]);

		assert_string_equal(transfer->skipped, cases[i][1]);
		assert_null(transfer->error);
		assert_string_equal(transfer->file, cases[i][0]);
		tear_down(state);
	}
}

static void test_no_way(void **state)
{
	(void)state;
	peer.no_way = true;
	assert_string_equal(ask(never_asked)->error, "nobody answers for the server's address");
}

static const char *status_line;

static void other_server(const struct tcp_segment *segment, const struct datagram *datagram)
{
	if (segment->flags & TCP_SYN)
		say(TCP_SYN, "");
	else if (gather(segment, datagram))
		say(0, status_line);
}

static void test_statuses(void **state)
{
	static const struct {
		const char *line, *error, *skipped;
		unsigned int status;
	} cases[] = {
		{"HTTP/1.1 204 No Content\r\n\r\n", NULL, NULL, 204},
		{"HTTP/1.0 404 Not Found\r\n\r\n", "the server says: 404 Not Found", NULL, 404},
		{"HTTP/1.0 500\r\n\r\n", "the server says: 500", NULL, 500},
		{"HTTP/1.1 301 Moved\r\n\r\n", NULL,
			"the server refers to another URL (status 301)", 301},
		{"HTTP/1.1 501 No\r\n\r\n", NULL, "the server takes no HEAD requests (status 501)",
			501},
		{"220 ftp\r\n", "what answers there is no HTTP server", NULL, 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		set_up(state);
		status_line = cases[i].line;
		const struct probe_transfer *transfer = ask(other_server);

		assert_int_equal(transfer->status, cases[i].status);
		assert_string_equal(transfer->error ? transfer->error : "",
			cases[i].error ? cases[i].error : "");
		assert_string_equal(transfer->skipped ? transfer->skipped : "",
			cases[i].skipped ? cases[i].skipped : "");
		assert_int_equal(peer.resets, 1);
		tear_down(state);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_good),
		cmocka_unit_test(test_small_segments),
		TEST(test_disorder),
		TEST(test_confusion),
		TEST(test_silence),
		TEST(test_death),
		TEST(test_muteness),
		TEST(test_dripping),
		cmocka_unit_test(test_skipped),
		TEST(test_no_way),
		cmocka_unit_test(test_statuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
