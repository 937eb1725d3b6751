// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Asks for addresses.
 *
 * Theory of operation
 *
 * The request is sent when the port forwards, and again after the pauses in pauses[], as long as
 * nobody has answered. After the first answer others have SECOND_SERVER to come: two servers that
 * wait for the same time before they answer, as dnsmasq does to see whether an address is free,
 * answer nearly together. One of this host that is known to be there has CAREFUL_SERVER from the
 * first request on. Where nobody answers within SUSPICIOUS, requests are followed through
 * the kernel from then on (drop.h), and if it is certain that no server can get them, nobody is
 * waited for any longer.
 */
#include "talk.h"

#include "alloc.h"
#include "log.h"

#include <errno.h>
#include <string.h>

/* Seconds. */
#define SUSPICIOUS 0.5
#define SECOND_SERVER 1.2
#define CAREFUL_SERVER 3.5
#define DEFAULT_TIMEOUT 6.0 /* dnsmasq waits for 3 s, ISC's server for 1 s */
#define HOLD_MARGIN 5.0     /* beyond what the bridge's delays add up to */
#define LOOK 0.02           /* how often the port is looked at */

/* How long what was traced may take to be told of: the kernel does it before write(2) returns, but
 * for an answer's. */
#define TRACED 0.1

/* How long frames are read for before anything else is done. */
#define LISTEN 0.005

/* Others are counted only. */
#define SERVERS_MAX 16

static const double pauses[] = {0.25, 0.25, 0.5, 1, 1, 2, 2, 4};

#define PAUSES (sizeof(pauses) / sizeof(pauses[0]))

struct asking {
	size_t sent;
	long long next;      /* when the next request is due */
	long long suspicion; /* when requests are followed from; clock_now() */
	long long traced;    /* when what became of the traced one should be known; or 0 */
	bool legacy;         /* legacy tables are looked at, too */
	double first_answer; /* seconds; PROBE_NEVER */
	size_t answers;      /* when host_missing was found out */
	bool host_missing;   /* a server of this host has not answered yet */
};

/* ---- The port ---- */

/* Return: true once the port forwards. */
static bool port_forwards(struct talk *talk)
{
	struct bridge_port port;

	if (talk->place->direct)
		return true;
	int result = host_port_get_index(talk->card.ifindex, &port);
	if (result == 0 && port.bridge == 0)
		result = -ENODEV;
	if (result != 0) {
		talk->error = result;
		return false;
	}
	return port.state == PORT_FORWARDING;
}

/* Frames that come before the port forwards are other people's. */
static void wait_for_port(struct talk *talk)
{
	struct probe_result *result = talk->result;
	struct talk_frame frame;
	double limit = result->hold + HOLD_MARGIN;

	while (!talk_is_over(talk) && !port_forwards(talk)) {
		if (talk_is_over(talk) || talk_seconds(talk) > limit)
			return;
		talk_progress(talk, "the port to forward", limit - talk_seconds(talk));
		long long look = talk_moment(LOOK);
		while (talk_next(talk, look, &frame))
			;
	}
	if (!talk_is_over(talk))
		result->forwarded = talk_seconds(talk);
}

/* ---- Answers ---- */

static enum probe_checksum checksum_of(enum frame_checksum checksum)
{
	if (checksum == FRAME_CHECKSUM_ZERO)
		return PROBE_CHECKSUM_NONE;
	return checksum == FRAME_CHECKSUM_OK ? PROBE_CHECKSUM_OK : PROBE_CHECKSUM_BAD;
}

/* The address that the server says, or that it sent from. */
static const uint8_t *server_address(
	const struct dhcp_offer *offer, const uint8_t *source, enum ip_family family)
{
	static const uint8_t none[16];

	return memcmp(offer->server, none, family == IPV4 ? 4 : 16) != 0 ? offer->server : source;
}

/* One that has several addresses may send from any of them. */
static bool is_known(
	const struct talk *talk, const struct datagram *datagram, const struct dhcp_offer *offer)
{
	const enum ip_family family = datagram->flow.family;
	const uint8_t *address = server_address(offer, datagram->flow.from, family);

	for (size_t i = 0; i < talk->result->server_count; i++) {
		const struct talk_offer *known = &talk->offers[i];

		if (talk->result->servers[i].family == family &&
			memcmp(known->mac, datagram->flow.from_mac, MAC_SIZE) == 0 &&
			memcmp(server_address(&known->offer, known->source, family), address,
				family == IPV4 ? 4 : 16) == 0)
			return true;
	}
	return false;
}

static void describe_offer(struct probe_server *server, const struct dhcp_offer *offer)
{
	static const uint8_t none[4];
	bool ip4 = server->family == IPV4;

	server->proxy = offer->proxy;
	server->http = offer->http;
	if (offer->has_address)
		talk_address(server->offered, server->family, offer->address);
	if (ip4 && memcmp(offer->next_server, none, sizeof(none)) != 0)
		talk_address(server->next_server, IPV4, offer->next_server);
	if (*offer->file)
		server->boot_file = alloc_copy(offer->file);
}

/* Room for all at once: who reads the file of one keeps pointers to it while others answer. */
static void make_room(struct talk *talk)
{
	struct probe_result *result = talk->result;

	if (result->servers)
		return;
	result->servers = alloc_array(SERVERS_MAX, sizeof(*result->servers));
	talk->offers = alloc_array(SERVERS_MAX, sizeof(*talk->offers));
}

static void add_server(
	struct talk *talk, const struct datagram *datagram, const struct dhcp_offer *offer)
{
	struct probe_result *result = talk->result;
	size_t count = result->server_count;

	if (count == SERVERS_MAX) {
		result->answers_left_out++;
		return;
	}
	make_room(talk);
	result->server_count++;
	talk->offers[count].offer = *offer;
	memcpy(talk->offers[count].mac, datagram->flow.from_mac, MAC_SIZE);
	memcpy(talk->offers[count].source, datagram->flow.from, sizeof(datagram->flow.from));

	struct probe_server *server = &result->servers[count];
	server->family = datagram->flow.family;
	server->first_asked = result->asked;
	server->answered = talk_seconds(talk);
	server->offload = checksum_of(datagram->offload);
	server->firmware = checksum_of(datagram->firmware);
	talk_address(server->address, server->family,
		server_address(offer, datagram->flow.from, server->family));
	mac_write(server->mac, datagram->flow.from_mac);
	describe_offer(server, offer);
}

static void take_router(struct talk *talk, const struct talk_frame *frame)
{
	struct router_advert advert;
	struct probe_router *router = &talk->result->router;

	if (router->answered || !router_read(frame->bytes, frame->length, &advert))
		return;
	router->answered = true;
	router->managed = advert.managed;
	router->other = advert.other;
	talk_address(router->address, IPV6, advert.address);
}

void talk_take_answer(struct talk *talk, const struct talk_frame *frame)
{
	struct datagram datagram;
	struct dhcp_offer offer;
	bool taken;

	if (talk->request->ipv6)
		take_router(talk, frame);
	if (!frame_read_udp(frame->bytes, frame->length, &datagram))
		return;
	if (datagram.flow.family == IPV4)
		taken = datagram.flow.to_port == 68 &&
			dhcp_read_offer(datagram.data, datagram.length, &talk->question, &offer);
	else
		taken = datagram.flow.to_port == 546 &&
			dhcp6_read_advertise(
				datagram.data, datagram.length, &talk->question6, &offer);
	if (!taken)
		return;
	if (!is_known(talk, &datagram, &offer))
		add_server(talk, &datagram, &offer);
}

/* Of a family; one that only has boot files is none. */
static bool has_server(const struct talk *talk, enum ip_family family)
{
	for (size_t i = 0; i < talk->result->server_count; i++) {
		const struct probe_server *server = &talk->result->servers[i];

		if (server->family == family && !server->proxy)
			return true;
	}
	return false;
}

/* ---- Requests ---- */

static void send_discover(struct talk *talk)
{
	struct flow flow = {.family = IPV4, .from_port = 68, .to_port = 67};
	struct packet data = {.length = 0};
	struct packet frame = {.length = 0};

	memset(flow.to, 255, 4);
	memset(flow.to_mac, 255, MAC_SIZE);
	memcpy(flow.from_mac, talk->identity.mac, MAC_SIZE);
	talk->question.seconds = (unsigned int)talk_seconds(talk);
	dhcp_discover(&data, &talk->question);
	frame_write_udp(&frame, &flow, &data);
	talk_send(talk, &frame);
}

/* To ff02::1:2. */
static void send_solicit(struct talk *talk)
{
	struct flow flow = {
		.family = IPV6,
		.to_mac = {0x33, 0x33, 0, 1, 0, 2},
		.to = {0xff, 2, [13] = 1, [15] = 2},
		.from_port = 546,
		.to_port = 547,
	};
	struct packet data = {.length = 0};
	struct packet frame = {.length = 0};

	memcpy(flow.from_mac, talk->identity.mac, MAC_SIZE);
	frame_link_local(talk->identity.mac, flow.from);
	dhcp6_solicit(&data, &talk->question6);
	frame_write_udp(&frame, &flow, &data);
	talk_send(talk, &frame);
	router_solicit(&frame, talk->identity.mac);
	talk_send(talk, &frame);
}

static void send_requests(struct talk *talk, struct asking *asking)
{
	if (!has_server(talk, IPV4))
		send_discover(talk);
	if (talk->request->ipv6 && !has_server(talk, IPV6))
		send_solicit(talk);
	asking->next = talk_moment(pauses[asking->sent < PAUSES ? asking->sent : PAUSES - 1]);
	asking->sent++;
}

/* ---- Who drops them ---- */

static void follow(struct talk *talk, struct asking *asking)
{
	struct drop_wish wish = {0};
	int result;

	memcpy(wish.port, talk->card.name, IFNAME_SIZE);
	if (!talk->place->direct)
		memcpy(wish.bridge, talk->place->device, IFNAME_SIZE);
	memcpy(wish.source, talk->identity.mac, MAC_SIZE);
	memcpy(wish.client, talk->question.client, MAC_SIZE);
	wish.transaction = talk->question.transaction;
	asking->suspicion = 0;
	result = drop_open(&wish, &talk->finder);
	if (result != 0) {
		talk->finder = NULL;
		talk->result->drops.trouble =
			alloc_format("packets cannot be followed here: %s", strerror(-result));
		return;
	}
	send_discover(talk);
	asking->traced = talk_moment(TRACED);
}

/* Return: true if it is useless to wait any longer. */
static bool look_at_drops(struct talk *talk, struct asking *asking)
{
	long long now = clock_now();

	if (asking->suspicion && now >= asking->suspicion)
		follow(talk, asking);
	if (!asking->traced || now < asking->traced)
		return false;
	asking->traced = talk_moment(TRACED);
	if (drop_pending(talk->finder))
		return true;
	if (!asking->legacy && drop_wants_legacy(talk->finder)) {
		asking->legacy = true;
		if (drop_trace_legacy(talk->finder) == 0)
			send_discover(talk);
	}
	return false;
}

/* ---- All of it ---- */

static void look_for_host(struct talk *talk, struct asking *asking)
{
	const struct probe_result *result = talk->result;

	if (asking->answers == result->server_count)
		return;
	asking->answers = result->server_count;
	talk_find_host_server(talk);
	asking->host_missing = result->host_serves && !talk_host_answered(talk);
}

/* Until when answers are waited for, in seconds; it depends on what has come. */
static double end_of_asking(struct talk *talk, struct asking *asking)
{
	const struct probe_result *result = talk->result;
	double timeout = talk->request->timeout ? talk->request->timeout : DEFAULT_TIMEOUT;
	double end = result->asked + timeout;
	bool all = has_server(talk, IPV4) && (!talk->request->ipv6 || has_server(talk, IPV6));

	if (!all || talk->request->timeout)
		return end;
	if (asking->first_answer < 0)
		asking->first_answer = talk_seconds(talk);
	look_for_host(talk, asking);
	double last = asking->first_answer + SECOND_SERVER;
	if (asking->host_missing && last < result->asked + CAREFUL_SERVER)
		last = result->asked + CAREFUL_SERVER;
	return last < end ? last : end;
}

static long long sooner(long long one, long long other)
{
	return other && other < one ? other : one;
}

static void ask_and_wait(struct talk *talk, struct asking *asking)
{
	struct talk_frame frame;
	double end;

	while (!talk_is_over(talk) && talk_seconds(talk) < (end = end_of_asking(talk, asking))) {
		bool answered = has_server(talk, IPV4);

		if (clock_now() >= asking->next)
			send_requests(talk, asking);
		if (!answered && look_at_drops(talk, asking)) {
			talk->result->wait_ended_early = true;
			return;
		}
		talk_progress(talk, "answers", end - talk_seconds(talk));
		long long pause = sooner(talk_moment(end - talk_seconds(talk)), asking->next);
		if (!answered)
			pause = sooner(sooner(pause, asking->suspicion), asking->traced);
		/* What was due may have taken longer than until it is due again. */
		long long least = talk_moment(LISTEN);
		if (talk_next(talk, pause > least ? pause : least, &frame))
			talk_take_answer(talk, &frame);
	}
}

/* Who answered at the last moment did answer. */
static void take_last_answers(struct talk *talk)
{
	struct talk_frame frame;
	long long until = talk_moment(TRACED);

	while (!has_server(talk, IPV4) && talk_next(talk, until, &frame))
		talk_take_answer(talk, &frame);
}

void talk_ask(struct talk *talk)
{
	struct probe_result *result = talk->result;
	struct asking asking = {.first_answer = PROBE_NEVER};

	wait_for_port(talk);
	if (talk_is_over(talk) || result->forwarded < 0)
		return;
	result->asked = talk_seconds(talk);
	asking.next = clock_now();
	asking.suspicion = talk_moment(SUSPICIOUS);
	ask_and_wait(talk, &asking);
	take_last_answers(talk);
	result->waited = talk_seconds(talk) - result->forwarded;
	if (talk->finder && !has_server(talk, IPV4))
		drop_judge(talk->finder, &result->drops);
	drop_close(&talk->finder);
	talk_progress_end();
}
