// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The address that files are asked for from.
 *
 * Nothing was requested, so no address is this card's. It borrows the one that a server offered,
 * for as long as that takes, unless somebody answers for it. That of a guest which runs is never
 * borrowed: the server would send the guest's packets here. If this host is the server, it is let
 * forget that the card had the address, before a guest gets it. Others' entries age.
 */
#include "talk.h"

#include "alloc.h"

#include <arpa/inet.h>
#include <string.h>

/* Seconds: until an address is taken to be free; between two tries to find a way, and how many. */
#define FREE_ADDRESS 0.3
#define RETRY 1.0
#define TRIES 4

/* Return: true if somebody said who has the address. */
static bool resolve(struct talk *talk, enum ip_family family, const uint8_t *address,
	double seconds, uint8_t *mac)
{
	struct packet request = {.length = 0};
	struct talk_frame frame;
	long long until = talk_moment(seconds);

	frame_write_neighbour_request(&request, &talk->borrowed, family, address);
	talk_send(talk, &request);
	while (talk_next(talk, until, &frame)) {
		if (frame_read_neighbour(frame.bytes, frame.length, family, address, mac))
			return true;
		talk_take_answer(talk, &frame);
	}
	return false;
}

char *talk_borrow_address(struct talk *talk, const struct talk_offer *offer, enum ip_family family)
{
	uint8_t mac[MAC_SIZE];
	char text[PROBE_ADDRESS_SIZE];

	if (*talk->place->port)
		return alloc_format("the guest runs, and its address is its own");
	if (!offer || !offer->offer.has_address)
		return alloc_format("no address was offered to ask from");
	talk_address(text, family, offer->offer.address);
	if (resolve(talk, family, offer->offer.address, FREE_ADDRESS, mac))
		return alloc_format("%s, which was offered, is in use", text);
	if (family == IPV4)
		memcpy(talk->borrowed.address4, offer->offer.address, 4);
	else
		memcpy(talk->borrowed.address6, offer->offer.address, 16);
	talk->borrowed.has4 = family == IPV4;
	talk->borrowed.has6 = family == IPV6;
	return NULL;
}

void talk_return_address(struct talk *talk)
{
	talk->borrowed.has4 = talk->borrowed.has6 = false;
}

void talk_forget_addresses(const struct talk *talk)
{
	const struct probe_result *result = talk->result;
	const uint8_t *mac = talk->identity.mac;

	for (size_t i = 0; i < result->server_count; i++) {
		if (talk->offers[i].offer.has_address)
			(void)host_neighbour_forget(
				result->servers[i].family, talk->offers[i].offer.address, mac);
	}
	if (talk->identity.has6)
		(void)host_neighbour_forget(IPV6, talk->identity.address6, mac);
}

/* Where it does not say its network, all is on the link. */
static bool is_on_link(const struct dhcp_offer *offer, const uint8_t *address)
{
	for (size_t i = 0; i < 4; i++) {
		if ((offer->address[i] ^ address[i]) & offer->netmask[i])
			return false;
	}
	return true;
}

/* Where another network begins is only said in IPv4: in IPv6, the router is asked for what does not
 * answer itself. Return: false if there is none. */
static bool find_router(const struct talk *talk, uint8_t router[16])
{
	return talk->result->router.answered &&
	       inet_pton(AF_INET6, talk->result->router.address, router) == 1;
}

bool talk_find_way(struct talk *talk, const struct talk_offer *server,
	const struct talk_offer *address, struct flow *flow)
{
	static const uint8_t none[4];
	const uint8_t *next = flow->to;
	uint8_t router[16];

	if (memcmp(flow->to, server->source, flow->family == IPV4 ? 4 : 16) == 0) {
		memcpy(flow->to_mac, server->mac, MAC_SIZE);
		return true;
	}
	if (flow->family == IPV4 && !is_on_link(&address->offer, flow->to) &&
		memcmp(address->offer.router, none, sizeof(none)) != 0)
		next = address->offer.router;
	for (int i = 0; i < TRIES && !talk_is_over(talk); i++) {
		if (resolve(talk, flow->family, next, RETRY, flow->to_mac))
			return true;
		if (flow->family == IPV6 && find_router(talk, router))
			next = router;
	}
	return false;
}

const struct talk_offer *talk_find_address(const struct talk *talk, size_t server)
{
	const struct probe_result *result = talk->result;

	if (!result->servers[server].proxy)
		return &talk->offers[server];
	for (size_t i = 0; i < result->server_count; i++) {
		if (result->servers[i].family == result->servers[server].family &&
			talk->offers[i].offer.has_address)
			return &talk->offers[i];
	}
	return NULL;
}
