// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Any bytes as what a card gives, and as what is in a UDP datagram or a TCP segment, and as a URL.
 * Questions and addresses are those that the bytes answer, or readers would go no further.
 */
#include "fuzz.h"

#include "dhcp.h"
#include "frame.h"
#include "http.h"
#include "icmp.h"
#include "tcp.h"
#include "tftp.h"

#include <stdlib.h>
#include <string.h>

/* Where a frame without tag has the address that it asks for. */
#define ARP_TARGET_AT (FRAME_CARD_HEADER + 14 + 24)
#define ND_TARGET_AT (FRAME_CARD_HEADER + 14 + 40 + 8)

static void must(bool what)
{
	if (!what)
		abort();
}

static bool is_text(const char *text, size_t size)
{
	return memchr(text, '\0', size) != NULL;
}

static bool is_inside(const uint8_t *part, size_t length, const uint8_t *whole, size_t size)
{
	return part >= whole && (size_t)(part - whole) <= size &&
	       length <= size - (size_t)(part - whole);
}

static struct dhcp_question question_for(const uint8_t *data, size_t size)
{
	struct dhcp_question question = {.client = {0x52, 0x54, 0, 1, 2, 3}, .arch = DHCP_ARCH_EFI};

	if (size >= 34) {
		question.transaction = get32(data + 4);
		memcpy(question.client, data + 28, MAC_SIZE);
	}
	return question;
}

static void read_answers(const uint8_t *data, size_t size)
{
	struct dhcp_question question = question_for(data, size);
	struct dhcp_offer offer;

	if (dhcp_read_offer(data, size, &question, &offer))
		must(!(offer.proxy && offer.has_address));
	must(is_text(offer.file, sizeof(offer.file)));
	must(is_text(offer.next_name, sizeof(offer.next_name)));
	if (size >= 18) {
		question.transaction = get32(data) & 0xffffff;
		memcpy(question.client, data + 12, MAC_SIZE);
	}
	if (dhcp6_read_advertise(data, size, &question, &offer))
		must(!(offer.proxy && offer.has_address));
	must(is_text(offer.file, sizeof(offer.file)));
}

static void read_tftp(const uint8_t *data, size_t size)
{
	struct tftp_message message;

	if (!tftp_read(data, size, &message))
		return;
	must(is_text(message.text, sizeof(message.text)));
	must(message.block_size >= 8 && message.block_size <= TFTP_BLOCK_SIZE);
	must(message.kind != TFTP_DATA || is_inside(message.data, message.length, data, size));
}

/* What a request has is in the URL, but for its end. */
static void read_url(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct packet request;
	struct url url;

	must(text != NULL);
	memcpy(text, data, size);
	text[size] = '\0';
	if (url_read(text, &url)) {
		must(url.host >= text && url.path == url.host + url.host_length);
		must(url.path <= text + strlen(text) && url.port <= 65535);
		if (http_head(&request, &url))
			must(memchr(request.bytes, '\n', request.length - 1) != NULL);
	}
	free(text);
}

/* What has come so far says the same, or nothing yet. */
static void read_http(const uint8_t *data, size_t size)
{
	struct http_answer answer, before;
	const enum http_progress progress = http_read(data, size, &answer);

	must(is_text(answer.reason, sizeof(answer.reason)));
	must(progress == HTTP_ANSWER ? answer.status >= 200 && answer.status < 600
				     : answer.status == 0);
	if (size > 0 && http_read(data, size - 1, &before) != HTTP_NO_END)
		must(before.status == answer.status);
}

/* What is sent must be what is read. */
static void send_segment_back(const struct datagram *datagram, const struct tcp_segment *segment)
{
	struct packet frame;
	struct datagram again;
	struct tcp_segment read;

	tcp_write(&frame, &datagram->flow, segment, datagram->data, datagram->length);
	if (frame.too_long) {
		must(frame.length == 0);
		return;
	}
	must(tcp_read(frame.bytes, frame.length, &again, &read));
	must(memcmp(&again.flow, &datagram->flow, sizeof(again.flow)) == 0);
	must(memcmp(&read, segment, sizeof(read)) == 0);
	must(again.length == datagram->length &&
		memcmp(again.data, datagram->data, again.length) == 0);
	must(again.offload == FRAME_CHECKSUM_OK && again.firmware == FRAME_CHECKSUM_OK);
}

static void read_segment(const uint8_t *bytes, size_t size)
{
	struct datagram datagram;
	struct tcp_segment segment;

	if (!tcp_read(bytes, size, &datagram, &segment))
		return;
	must(is_inside(datagram.data, datagram.length, bytes, size));
	must(datagram.partial || datagram.offload == datagram.firmware);
	must(datagram.offload != FRAME_CHECKSUM_ZERO && datagram.firmware != FRAME_CHECKSUM_ZERO);
	read_http(datagram.data, datagram.length);
	send_segment_back(&datagram, &segment);
}

/* Of the packet that it is about. */
static void read_refusal(const uint8_t *bytes, size_t size)
{
	for (int family = 0; family < IP_FAMILIES; family++) {
		const size_t header = family == IPV4 ? 20 : 40, from_at = family == IPV4 ? 12 : 8;
		const size_t address = family == IPV4 ? 4 : 16;
		const uint8_t *ip = bytes + FRAME_CARD_HEADER + 14 + header + 8;
		struct flow flow = {.family = (enum ip_family)family};

		if (size >= FRAME_CARD_HEADER + 14 + 2 * header + 8 + 4) {
			memcpy(flow.from, ip + from_at, address);
			memcpy(flow.to, ip + from_at + address, address);
			flow.from_port = (uint16_t)get16(ip + header);
			flow.to_port = (uint16_t)get16(ip + header + 2);
		}
		icmp_read_refusal(bytes, size, true, &flow);
		icmp_read_refusal(bytes, size, false, &flow);
	}
}

/* What is sent must be what is read. */
static void send_back(const struct flow *flow, const uint8_t *data, size_t size)
{
	struct packet payload, frame;
	struct datagram datagram;

	packet_clear(&payload);
	put(&payload, data, size);
	frame_write_udp(&frame, flow, &payload);
	if (frame.too_long) {
		must(frame.length == 0);
		return;
	}
	must(frame_read_udp(frame.bytes, frame.length, &datagram));
	must(memcmp(&datagram.flow, flow, sizeof(*flow)) == 0);
	must(datagram.length == size && memcmp(datagram.data, data, size) == 0);
	must(datagram.offload == FRAME_CHECKSUM_OK && datagram.firmware == FRAME_CHECKSUM_OK);
}

/* In memory of its own, so that what reads beyond it is seen. */
static void read_data(const uint8_t *bytes, size_t size)
{
	uint8_t *data = malloc(size ? size : 1);

	must(data != NULL);
	memcpy(data, bytes, size);
	read_answers(data, size);
	read_tftp(data, size);
	read_http(data, size);
	read_url(data, size);
	free(data);
}

static void read_neighbours(const uint8_t *bytes, size_t size)
{
	static const uint8_t nobody[16];
	const uint8_t *target4 = size >= ARP_TARGET_AT + 4 ? bytes + ARP_TARGET_AT : nobody;
	const uint8_t *target6 = size >= ND_TARGET_AT + 16 ? bytes + ND_TARGET_AT : nobody;
	struct frame_identity identity = {
		.mac = {0x52, 0x54, 0, 1, 2, 3}, .has4 = true, .has6 = true};
	uint8_t mac[MAC_SIZE] = {0};
	struct router_advert advert;
	struct packet answer;

	memcpy(identity.address4, target4, 4);
	memcpy(identity.address6, target6, 16);
	if (frame_answer_neighbour(bytes, size, &identity, &answer))
		must(!answer.too_long && answer.length > FRAME_CARD_HEADER);
	/* The sender's, in an answer. */
	frame_read_neighbour(
		bytes, size, IPV4, size >= ARP_TARGET_AT + 4 ? target4 - 10 : nobody, mac);
	frame_read_neighbour(bytes, size, IPV6, target6, mac);
	must((mac[0] & 1) == 0);
	router_read(bytes, size, &advert);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct datagram datagram;

	read_neighbours(data, size);
	read_data(data, size);
	read_segment(data, size);
	read_refusal(data, size);
	if (!frame_read_udp(data, size, &datagram))
		return 0;
	must(is_inside(datagram.data, datagram.length, data, size));
	must(datagram.partial || datagram.offload == datagram.firmware);
	must(datagram.vlan == 0 || datagram.tagged);
	read_data(datagram.data, datagram.length);
	send_back(&datagram.flow, datagram.data, datagram.length);
	return 0;
}
