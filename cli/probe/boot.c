// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A proxyDHCP server gives no addresses, only boot files, and may leave the file for a second
 * question, which the client sends to its port 4011 when it has an address. It may also have a
 * menu, of which the first item is asked for then [PXE 2.1, 2.2.2]. dnsmasq does the one for UEFI,
 * and the other for the BIOS [dnsmasq src/rfc2131.c, dhcp_reply()].
 */
#include "talk.h"

#include "alloc.h"

#include <stdlib.h>
#include <string.h>

#define CLIENT_PORT 68
#define BOOT_PORT 4011

/* Seconds between two tries, and how many of them. */
#define RETRY 1.0
#define TRIES 3

/* What servers can make a probe do has an end. */
#define PROXIES_MAX 4

static bool is_reply(const struct datagram *datagram, const struct flow *flow)
{
	return datagram->flow.family == IPV4 && datagram->flow.to_port == CLIENT_PORT &&
	       datagram->flow.from_port == BOOT_PORT &&
	       memcmp(datagram->flow.from, flow->to, 4) == 0;
}

/* Return: true if an answer came before @until. */
static bool wait_for_reply(
	struct talk *talk, const struct flow *flow, long long until, struct dhcp_offer *reply)
{
	struct talk_frame frame;
	struct datagram datagram;

	while (talk_next(talk, until, &frame)) {
		if (!frame_read_udp(frame.bytes, frame.length, &datagram) ||
			!is_reply(&datagram, flow))
			talk_take_answer(talk, &frame);
		else if (dhcp_read_offer(datagram.data, datagram.length, &talk->question, reply))
			return true;
	}
	return false;
}

static bool ask(struct talk *talk, const struct dhcp_question *question, const struct flow *flow,
	struct dhcp_offer *reply)
{
	struct packet data = {.length = 0};
	struct packet frame = {.length = 0};

	dhcp_boot_request(&data, question, flow->from);
	frame_write_udp(&frame, flow, &data);
	for (int i = 0; i < TRIES && !talk_is_over(talk); i++) {
		talk_progress(talk, "the name of the boot file", RETRY * (TRIES - i));
		talk_send(talk, &frame);
		if (wait_for_reply(talk, flow, talk_moment(RETRY), reply))
			return true;
	}
	return false;
}

static void take_reply(struct talk *talk, size_t proxy, const struct dhcp_offer *reply)
{
	static const uint8_t none[4];
	struct probe_server *server = &talk->result->servers[proxy];
	struct dhcp_offer *offer = &talk->offers[proxy].offer;

	if (!*reply->file)
		return;
	memcpy(offer->file, reply->file, sizeof(offer->file));
	memcpy(offer->next_name, reply->next_name, sizeof(offer->next_name));
	server->boot_file = alloc_copy(reply->file);
	if (memcmp(reply->next_server, none, sizeof(none)) == 0)
		return;
	memcpy(offer->next_server, reply->next_server, sizeof(none));
	talk_address(server->next_server, IPV4, reply->next_server);
}

/* It may have sent its offer from another address. */
static const uint8_t *server_of(const struct talk_offer *proxy)
{
	static const uint8_t none[4];

	return memcmp(proxy->offer.server, none, sizeof(none)) != 0 ? proxy->offer.server
								    : proxy->source;
}

static void ask_proxy(struct talk *talk, size_t proxy)
{
	const struct talk_offer *address = talk_find_address(talk, proxy);
	struct flow flow = {.family = IPV4, .from_port = CLIENT_PORT, .to_port = BOOT_PORT};
	struct dhcp_question question = talk->question;
	struct dhcp_offer reply;
	char *refused = talk_borrow_address(talk, address, IPV4);

	if (refused) {
		free(refused);
		return;
	}
	question.boot_item = talk->offers[proxy].offer.boot_item;
	memcpy(flow.from_mac, talk->identity.mac, MAC_SIZE);
	memcpy(flow.from, address->offer.address, 4);
	memcpy(flow.to, server_of(&talk->offers[proxy]), 4);
	if (talk_find_way(talk, &talk->offers[proxy], address, &flow) &&
		ask(talk, &question, &flow, &reply))
		take_reply(talk, proxy, &reply);
	talk_return_address(talk);
}

void talk_ask_proxies(struct talk *talk)
{
	const size_t count = talk->result->server_count;
	unsigned int asked = 0;

	for (size_t i = 0; i < count && asked < PROXIES_MAX && !talk_is_over(talk); i++) {
		const struct probe_server *server = &talk->result->servers[i];

		if (server->family != IPV4 || !server->proxy || server->boot_file)
			continue;
		ask_proxy(talk, i);
		asked++;
	}
}
