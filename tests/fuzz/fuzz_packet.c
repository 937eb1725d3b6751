// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Any bytes as what a card gives, and as what is in a UDP datagram. Questions and addresses are
 * those that the bytes answer, or readers would go no further.
 */
#include "fuzz.h"

#include "dhcp.h"
#include "frame.h"
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
	if (!frame_read_udp(data, size, &datagram))
		return 0;
	must(is_inside(datagram.data, datagram.length, data, size));
	must(datagram.partial || datagram.offload == datagram.firmware);
	must(datagram.vlan == 0 || datagram.tagged);
	read_data(datagram.data, datagram.length);
	send_back(&datagram.flow, datagram.data, datagram.length);
	return 0;
}
