// SPDX-License-Identifier: GPL-2.0-or-later
/* What HTTP boot is made of: URLs, TCP, HTTP, and what a firewall says of it. */
#include "recorded.h"

#include "http.h"
#include "icmp.h"
#include "tcp.h"

#include <stddef.h>

/* ---- URLs ----------------------------------------------------------------- */

static const struct url_case {
	const char *text;
	const char *scheme, *host, *address, *path; /* NULL: no URL, no address */
	unsigned int port;
	bool user;
} urls[] = {
	{"http://10.0.0.1/boot.efi", "http", "10.0.0.1", "10.0.0.1", "/boot.efi", 0, false},
	{"HTTP://10.0.0.1:8080/", "http", "10.0.0.1:8080", "10.0.0.1", "/", 8080, false},
	{"https://10.0.0.1", "https", "10.0.0.1", "10.0.0.1", "", 0, false},
	{"http://10.0.0.1?a=b", "http", "10.0.0.1", "10.0.0.1", "?a=b", 0, false},
	{"http://10.0.0.1#a", "http", "10.0.0.1", "10.0.0.1", "#a", 0, false},
	{"http://[fd00::1]/a", "http", "[fd00::1]", "fd00::1", "/a", 0, false},
	{"tftp://[fd00::1]:69/a", "tftp", "[fd00::1]:69", "fd00::1", "/a", 69, false},
	{"http://boot.example:80/a", "http", "boot.example:80", NULL, "/a", 80, false},
	{"http://10.0.0.256/a", "http", "10.0.0.256", NULL, "/a", 0, false},
	{"http://me@10.0.0.1/a", "http", "10.0.0.1", "10.0.0.1", "/a", 0, true},
	{"http://me:1@x@10.0.0.1/a", "http", "10.0.0.1", "10.0.0.1", "/a", 0, true},
	{"http://10.0.0.1/a@b:c", "http", "10.0.0.1", "10.0.0.1", "/a@b:c", 0, false},
	{"http://10.0.0.1:65535/", "http", "10.0.0.1:65535", "10.0.0.1", "/", 65535, false},
	{.text = ""},
	{.text = "boot.efi"},
	{.text = "/boot/boot.efi"},
	{.text = "http:/10.0.0.1/a"},
	{.text = "://10.0.0.1/a"},
	{.text = "http://"},
	{.text = "http:///a"},
	{.text = "http://:80/a"},
	{.text = "http://me@/a"},
	{.text = "http://10.0.0.1:/a"},
	{.text = "http://10.0.0.1:0/a"},
	{.text = "http://10.0.0.1:65536/a"},
	{.text = "http://10.0.0.1:99999999999999999999/a"},
	{.text = "http://10.0.0.1:-1/a"},
	{.text = "http://10.0.0.1:80x/a"},
	{.text = "http://fd00::1/a"},
	{.text = "http://[fd00::1/a"},
	{.text = "http://[fd00::1]x/a"},
	{.text = "http://[fd00::1]]/a"},
	{.text = "http://[]/a"},
	{.text = "http://[10.0.0.1]/a"},
	{.text = "http://[fe80::1%br0]/a"},
	{.text = "http://[0000000000000000000000000000000000000000000000000000::1]/a"},
};

static void read_url_case(const struct url_case *wanted)
{
	struct url url;

	if (!url_read(wanted->text, &url)) {
		if (wanted->scheme)
			fail_msg("not read: %s", wanted->text);
		return;
	}
	if (!wanted->scheme)
		fail_msg("read: %s", wanted->text);
	assert_true(url_is(&url, wanted->scheme));
	assert_int_equal(url.host_length, strlen(wanted->host));
	assert_memory_equal(url.host, wanted->host, url.host_length);
	assert_string_equal(url.path, wanted->path);
	assert_int_equal(url.port, wanted->port);
	assert_int_equal(url.has_user, wanted->user);
	assert_int_equal(url.has_address, wanted->address != NULL);
	if (wanted->address)
		assert_address(url.address, url.family, wanted->address);
}

static void test_urls(void **state)
{
	struct url url;

	(void)state;
	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++)
		read_url_case(&urls[i]);
	assert_true(url_read("https://10.0.0.1/", &url));
	assert_false(url_is(&url, "http"));
	assert_false(url_is(&url, "httpsx"));
}

/* ---- Requests ------------------------------------------------------------- */

static const char *head_of(const char *text, struct packet *out)
{
	struct url url;

	assert_true(url_read(text, &url));
	if (!http_head(out, &url))
		return NULL;
	put8(out, '\0');
	return (const char *)out->bytes;
}

static void test_requests(void **state)
{
	static const char rest[] = "\r\nConnection: close\r\nAccept: */*\r\n"
				   "User-Agent: virt-netboot/" VERSION "\r\n\r\n";
	static const char *const cases[][2] = {
		{"http://10.0.0.1/a/b.efi?c=d#e", "HEAD /a/b.efi?c=d HTTP/1.1\r\nHost: 10.0.0.1"},
		{"http://[fd00::1]:8080", "HEAD / HTTP/1.1\r\nHost: [fd00::1]:8080"},
		{"http://10.0.0.1?c", "HEAD /?c HTTP/1.1\r\nHost: 10.0.0.1"},
		{"http://me@10.0.0.1:81/%20", "HEAD /%20 HTTP/1.1\r\nHost: 10.0.0.1:81"},
	};
	struct packet out;
	char wanted[512];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(wanted, sizeof(wanted), "%s%s", cases[i][1], rest);
		assert_string_equal(head_of(cases[i][0], &out), wanted);
	}
}

/* Nobody makes another request of it. */
static void test_no_requests(void **state)
{
	static const char *const bad[] = {
		"http://10.0.0.1/a b",
		"http://10.0.0.1/a\r\nX: y",
		"http://10.0.0.1/a\nX: y",
		"http://10.0.0.1/\x7f",
		"http://10.0.0.1/\xc3\xa4",
		"http://boot example/a",
		"http://boot\r\nX/a",
	};
	static char longest[PACKET_SIZE + 1] = "http://10.0.0.1/";
	struct packet out;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_null(head_of(bad[i], &out));
	memset(longest + strlen(longest), 'x', PACKET_SIZE - strlen(longest));
	assert_null(head_of(longest, &out));
}

/* ---- Answers -------------------------------------------------------------- */

static const struct answer_case {
	const char *text;
	enum http_progress progress;
	unsigned int status;
	const char *reason;
	long long size; /* -1: none is said */
} answers[] = {
	{"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n", HTTP_ANSWER, 200, "OK", 7},
	{"HTTP/1.0 404 Not Found\r\n\r\n", HTTP_ANSWER, 404, "Not Found", -1},
	{"HTTP/1.1 200 OK\ncontent-length:7\n\nbody", HTTP_ANSWER, 200, "OK", 7},
	{"HTTP/1.1 200\r\n\r\n", HTTP_ANSWER, 200, "", -1},
	{"HTTP/1.1 200 \r\n\r\n", HTTP_ANSWER, 200, "", -1},
	{"HTTP/1.1 200 OK\r\nContent-Length: \t 7 \t\r\n\r\n", HTTP_ANSWER, 200, "OK", 7},
	{"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", HTTP_ANSWER, 200, "OK", -1},
	{"HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n", HTTP_ANSWER, 200, "OK", -1},
	{"HTTP/1.1 200 OK\r\nContent-Length: -7\r\n\r\n", HTTP_ANSWER, 200, "OK", -1},
	{"HTTP/1.1 200 OK\r\nContent-Length: 7 8\r\n\r\n", HTTP_ANSWER, 200, "OK", -1},
	{"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n", HTTP_ANSWER, 200, "OK",
		-1},
	{"HTTP/1.1 200 OK\r\nX-Content-Length: 7\r\n\r\n", HTTP_ANSWER, 200, "OK", -1},
	{"HTTP/1.1 103 Early Hints\r\nContent-Length: 8\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
		HTTP_ANSWER, 200, "OK", -1},
	{"HTTP/1.1 103 Early Hints\r\n\r\n", HTTP_NO_END, 0, "", -1},
	{"HTTP/1.1 103 Early Hints\r\n\r\nSSH", HTTP_FOREIGN, 0, "", -1},
	{"", HTTP_NO_END, 0, "", -1},
	{"HTT", HTTP_NO_END, 0, "", -1},
	{"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n", HTTP_NO_END, 0, "", -1},
	{"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r", HTTP_NO_END, 0, "", -1},
	{"HTTP/2.0 200 OK\r\n\r\n", HTTP_FOREIGN, 0, "", -1},
	{"HTTP/1.x 200 OK\r\n\r\n", HTTP_FOREIGN, 0, "", -1},
	{"HTTP/1.1\r\n\r\n", HTTP_FOREIGN, 0, "", -1},
	{"HTTP/1.1 20\r\n\r\n", HTTP_FOREIGN, 0, "", -1},
	{"HTTP/1.1 2xx OK\r\n\r\n", HTTP_FOREIGN, 0, "", -1},
	{"HTTP/1.1 2000 OK\r\n\r\n", HTTP_FOREIGN, 0, "", -1},
	{"HTTP/1.1 600 OK\r\n\r\n", HTTP_FOREIGN, 0, "", -1},
	{"HTTP/1.1 000 OK\r\n\r\n", HTTP_FOREIGN, 0, "", -1},
	{"SSH-2.0-OpenSSH_9.9\r\n", HTTP_FOREIGN, 0, "", -1},
	{"\r\nHTTP/1.1 200 OK\r\n\r\n", HTTP_FOREIGN, 0, "", -1},
};

static void test_answers(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		const struct answer_case *wanted = &answers[i];
		const size_t length = strlen(wanted->text);
		uint8_t *bytes = exactly((const uint8_t *)wanted->text, length);
		struct http_answer answer;

		if (http_read(bytes, length, &answer) != wanted->progress)
			fail_msg("progress of %s", wanted->text);
		if (answer.status != wanted->status || answer.has_size != (wanted->size >= 0) ||
			(answer.has_size && answer.size != (unsigned long long)wanted->size))
			fail_msg("%s: status %u, size %llu", wanted->text, answer.status,
				answer.size);
		assert_string_equal(answer.reason, wanted->reason);
		free(bytes);
	}
}

/* As long as not all is there, it has no end; and a beginning is never taken for another answer. */
static void test_beginnings(void **state)
{
	static const char whole[] = "HTTP/1.1 200 OK\r\nContent-Length: 77\r\nServer: x\r\n\r\n";
	const size_t length = sizeof(whole) - 1;
	struct http_answer answer;

	(void)state;
	for (size_t size = 0; size <= length; size++) {
		uint8_t *bytes = exactly((const uint8_t *)whole, size);

		assert_int_equal(
			http_read(bytes, size, &answer), size < length ? HTTP_NO_END : HTTP_ANSWER);
		free(bytes);
	}
	assert_int_equal(answer.size, 77);
}

static void test_long_reason(void **state)
{
	char text[512] = "HTTP/1.1 500 ";
	struct http_answer answer;

	(void)state;
	memset(text + strlen(text), 'x', 300);
	memcpy(text + strlen(text), "\r\n\r\n", 5);
	assert_int_equal(http_read((uint8_t *)text, strlen(text), &answer), HTTP_ANSWER);
	assert_int_equal(strlen(answer.reason), sizeof(answer.reason) - 1);
}

/* ---- Segments ------------------------------------------------------------- */

static struct flow a_flow(enum ip_family family)
{
	struct flow flow = {.family = family,
		.from_mac = {RECORDED_CLIENT},
		.to_mac = {2, 0, 0, 0, 0, 9},
		.from_port = 50000,
		.to_port = 80};

	inet_pton(family == IPV4 ? AF_INET : AF_INET6, family == IPV4 ? "10.0.0.7" : "fd00::7",
		flow.from);
	inet_pton(family == IPV4 ? AF_INET : AF_INET6, family == IPV4 ? "10.0.0.1" : "fd00::1",
		flow.to);
	return flow;
}

static void test_write_and_read(void **state)
{
	static const struct tcp_segment segments[] = {
		{.flags = TCP_SYN, .sequence = 0xfffefdfc, .window = 16384, .segment_size = 1220},
		{.flags = TCP_ACK | TCP_PSH,
			.sequence = 1,
			.acknowledged = 0x80000001,
			.window = 0},
		{.flags = TCP_RST, .sequence = 7},
	};
	static const char *const texts[] = {"", "odd", "even"};
	struct datagram datagram;
	struct tcp_segment segment;
	struct packet out;

	(void)state;
	for (int i = 0; i < 18; i++) {
		const struct flow flow = a_flow(i % 2 ? IPV6 : IPV4);
		const char *text = texts[i / 6];
		const struct tcp_segment *wanted = &segments[i / 2 % 3];

		tcp_write(&out, &flow, wanted, (const uint8_t *)text, strlen(text));
		assert_true(tcp_read(out.bytes, out.length, &datagram, &segment));
		assert_memory_equal(&datagram.flow, &flow, sizeof(flow));
		assert_memory_equal(&segment, wanted, sizeof(segment));
		assert_int_equal(datagram.length, strlen(text));
		assert_memory_equal(datagram.data, text, datagram.length);
		assert_int_equal(datagram.offload, FRAME_CHECKSUM_OK);
		assert_int_equal(datagram.firmware, FRAME_CHECKSUM_OK);
		assert_false(frame_read_udp(out.bytes, out.length, &datagram));
	}
}

static void test_too_long(void **state)
{
	static const uint8_t data[PACKET_SIZE];
	const struct tcp_segment segment = {.flags = TCP_ACK};
	const struct flow flow = a_flow(IPV6);
	struct packet out;

	(void)state;
	tcp_write(&out, &flow, &segment, data, sizeof(data));
	assert_true(out.too_long);
	assert_int_equal(out.length, 0);
}

/* A frame with these options in its header. */
static void write_options(struct packet *out, const char *options, size_t length)
{
	const struct tcp_segment segment = {.flags = TCP_SYN};
	const struct flow flow = a_flow(IPV4);
	const size_t tcp_at = FRAME_CARD_HEADER + ETHER_SIZE + IP4_SIZE;

	assert_int_equal(length % 4, 0);
	tcp_write(out, &flow, &segment, (const uint8_t *)options, length);
	out->bytes[tcp_at + 12] = (uint8_t)((TCP_SIZE + length) / 4 << 4);
}

static void test_options(void **state)
{
	static const struct {
		const char *bytes;
		size_t length;
		unsigned int segment_size;
	} cases[] = {
		{"\2\4\5\xb4", 4, 1460},
		{"\1\1\2\4\5\xb4\0\0", 8, 1460},
		{"\3\3\7\2\4\5\xb4\0", 8, 1460},
		{"\0\0\0\0\2\4\5\xb4", 8, 0}, /* after the end */
		{"\3\0\2\4\5\xb4\1\1", 8, 0}, /* that have no length */
		{"\3\1\2\4\5\xb4\1\1", 8, 0},
		{"\3\x63\2\4\5\xb4\1\1", 8, 0}, /* or too much of it */
		{"\1\1\2\4", 4, 0},
		{"\2\3\5\1", 4, 0},
		{"\1\1\1\2", 4, 0},
		{"\2\4\0\0", 4, 0},
	};
	struct datagram datagram;
	struct tcp_segment segment;
	struct packet out;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		write_options(&out, cases[i].bytes, cases[i].length);
		uint8_t *bytes = exactly(out.bytes, out.length);

		assert_true(tcp_read(bytes, out.length, &datagram, &segment));
		if (segment.segment_size != cases[i].segment_size)
			fail_msg("options %zu: %u", i, segment.segment_size);
		assert_int_equal(datagram.length, 0);
		free(bytes);
	}
}

/* One byte of a frame is another one: then it is no segment. */
static void test_no_segments(void **state)
{
	static const struct {
		size_t at; /* behind the Ethernet header */
		uint8_t byte;
	} changes[] = {
		{3, 39},                    /* total length: no whole header */
		{6, 0x20},                  /* more fragments */
		{9, 17},                    /* UDP */
		{IP4_SIZE + 12, 0x40},      /* header's length */
		{IP4_SIZE + 12, 0x60 + 15}, /* beyond the data */
	};
	const struct tcp_segment segment = {.flags = TCP_ACK};
	const struct flow flow = a_flow(IPV4);
	struct tcp_segment read;
	struct datagram datagram;
	struct packet out;

	(void)state;
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		tcp_write(&out, &flow, &segment, (const uint8_t *)"abc", 3);
		assert_true(tcp_read(out.bytes, out.length, &datagram, &read));
		out.bytes[FRAME_CARD_HEADER + ETHER_SIZE + changes[i].at] = changes[i].byte;
		if (tcp_read(out.bytes, out.length, &datagram, &read))
			fail_msg("change %zu", i);
	}
}

/* What a checksum's field can be; zero is a sum like any other. */
static void test_checksums(void **state)
{
	const struct tcp_segment segment = {.flags = TCP_ACK};
	struct datagram datagram;
	struct tcp_segment read;
	struct packet out;

	(void)state;
	for (int family = 0; family < IP_FAMILIES; family++) {
		const struct flow flow = a_flow((enum ip_family)family);
		const size_t tcp_at = ETHER_SIZE + (family == IPV4 ? IP4_SIZE : IP6_SIZE);
		const uint16_t start = (uint16_t)tcp_at, offset = TCP_CHECKSUM_AT;

		tcp_write(&out, &flow, &segment, (const uint8_t *)"abc", 3);
		uint8_t *field = out.bytes + FRAME_CARD_HEADER + tcp_at + TCP_CHECKSUM_AT;

		set16(field, 0);
		assert_true(tcp_read(out.bytes, out.length, &datagram, &read));
		assert_int_equal(datagram.offload, FRAME_CHECKSUM_BAD);
		assert_int_equal(datagram.firmware, FRAME_CHECKSUM_BAD);
		set16(field, wire_fold(wire_pseudo_sum(&flow, PROTO_TCP, TCP_SIZE + 3)));
		out.bytes[0] = 1;
		memcpy(out.bytes + 6, &start, 2);
		memcpy(out.bytes + 8, &offset, 2);
		assert_true(tcp_read(out.bytes, out.length, &datagram, &read));
		assert_true(datagram.partial);
		assert_int_equal(datagram.offload, FRAME_CHECKSUM_BAD);
		assert_int_equal(datagram.firmware, FRAME_CHECKSUM_OK);
	}
}

/* ---- What was recorded ---------------------------------------------------- */

static void test_recorded_opening(void **state)
{
	static const char *const names[] = {"tcp-open-offload", "tcp-open-firmware"};
	uint8_t bytes[PACKET_SIZE];
	struct datagram datagram;
	struct tcp_segment segment;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		assert_true(tcp_read(bytes, recorded(names[i], bytes), &datagram, &segment));
		assert_int_equal(segment.flags, TCP_SYN | TCP_ACK);
		assert_int_equal(segment.segment_size, 1460);
		assert_int_equal(datagram.flow.from_port, 8080);
		assert_int_equal(datagram.partial, i == 0);
		assert_int_equal(datagram.offload, i == 0 ? FRAME_CHECKSUM_BAD : FRAME_CHECKSUM_OK);
		assert_int_equal(datagram.firmware, FRAME_CHECKSUM_OK);
	}
	assert_true(tcp_read(bytes, recorded("tcp-refused", bytes), &datagram, &segment));
	assert_int_equal(segment.flags, TCP_RST | TCP_ACK);
	assert_int_equal(datagram.firmware, FRAME_CHECKSUM_OK);
}

static void test_recorded_answers(void **state)
{
	static const char *const names[] = {
		"http-answer-offload", "http-answer-firmware", "http-answer-ipv6"};
	uint8_t bytes[PACKET_SIZE];
	struct datagram datagram;
	struct tcp_segment segment;
	struct http_answer answer;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		assert_true(tcp_read(bytes, recorded(names[i], bytes), &datagram, &segment));
		assert_int_equal(datagram.firmware, FRAME_CHECKSUM_OK);
		assert_int_equal(http_read(datagram.data, datagram.length, &answer), HTTP_ANSWER);
		assert_int_equal(answer.status, 200);
		assert_int_equal(answer.size, 12345);
	}
}

/* ---- What a firewall says ------------------------------------------------- */

/* The flow that the recorded message is about: behind its own headers. */
static struct flow asked_about(enum ip_family family, const uint8_t *bytes)
{
	const size_t header = family == IPV4 ? IP4_SIZE : IP6_SIZE;
	const size_t size = family == IPV4 ? 4 : 16, from_at = family == IPV4 ? 12 : 8;
	const uint8_t *ip = bytes + FRAME_CARD_HEADER + ETHER_SIZE + header + 8;
	struct flow flow = {.family = family,
		.from_port = (uint16_t)get16(ip + header),
		.to_port = (uint16_t)get16(ip + header + 2)};

	memcpy(flow.from, ip + from_at, size);
	memcpy(flow.to, ip + from_at + size, size);
	return flow;
}

static const struct refusal_case {
	enum ip_family family;
	uint8_t type, code;
	enum icmp_refusal refusal;
} refusals[] = {
	{IPV4, 3, 13, ICMP_FORBIDDEN},
	{IPV4, 3, 10, ICMP_FORBIDDEN},
	{IPV4, 3, 9, ICMP_FORBIDDEN},
	{IPV4, 3, 3, ICMP_NO_PORT},
	{IPV4, 3, 1, ICMP_NO_WAY},
	{IPV4, 3, 4, ICMP_OTHER}, /* a link with a smaller MTU */
	{IPV4, 8, 0, ICMP_OTHER},
	{IPV6, 1, 1, ICMP_FORBIDDEN},
	{IPV6, 1, 5, ICMP_FORBIDDEN},
	{IPV6, 1, 6, ICMP_FORBIDDEN},
	{IPV6, 1, 4, ICMP_NO_PORT},
	{IPV6, 1, 3, ICMP_NO_WAY},
	{IPV6, 2, 0, ICMP_OTHER},
};

static void test_refusals(void **state)
{
	uint8_t bytes[PACKET_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		const struct refusal_case *wanted = &refusals[i];
		const bool ip4 = wanted->family == IPV4;
		const size_t length = recorded(ip4 ? "icmp-forbidden" : "icmp6-forbidden", bytes);
		uint8_t *message =
			bytes + FRAME_CARD_HEADER + ETHER_SIZE + (ip4 ? IP4_SIZE : IP6_SIZE);
		const struct flow flow = asked_about(wanted->family, bytes);

		assert_int_equal(flow.to_port, 8084);
		message[0] = wanted->type;
		message[1] = wanted->code;
		assert_int_equal(icmp_read_refusal(bytes, length, true, &flow), wanted->refusal);
		assert_int_equal(icmp_read_refusal(bytes, length, false, &flow), ICMP_OTHER);
	}
}

/* Of another connection, or cut off. */
static void test_refusals_of_others(void **state)
{
	static const size_t parts[] = {offsetof(struct flow, family), offsetof(struct flow, from),
		offsetof(struct flow, to), offsetof(struct flow, from_port),
		offsetof(struct flow, to_port)};
	uint8_t bytes[PACKET_SIZE];

	(void)state;
	for (int family = 0; family < IP_FAMILIES; family++) {
		const char *name = family == IPV4 ? "icmp-forbidden" : "icmp6-forbidden";
		const size_t length = recorded(name, bytes);
		const struct flow flow = asked_about((enum ip_family)family, bytes);

		for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
			struct flow other = flow;

			((uint8_t *)&other)[parts[i]] ^= 1;
			assert_int_equal(
				icmp_read_refusal(bytes, length, true, &other), ICMP_OTHER);
		}
		for (size_t size = 0; size < length; size++) {
			uint8_t *part = exactly(bytes, size);

			assert_int_equal(icmp_read_refusal(part, size, true, &flow), ICMP_OTHER);
			free(part);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_urls),
		cmocka_unit_test(test_requests),
		cmocka_unit_test(test_no_requests),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_beginnings),
		cmocka_unit_test(test_long_reason),
		cmocka_unit_test(test_write_and_read),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_no_segments),
		cmocka_unit_test(test_checksums),
		cmocka_unit_test(test_recorded_opening),
		cmocka_unit_test(test_recorded_answers),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_refusals_of_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
