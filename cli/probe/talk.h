// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A probe's conversation with whoever is on its network: what the files of `probe` have in common
 * that ask and wait. One thread; a signal ends it early.
 */
#ifndef VIRT_NETBOOT_TALK_H
#define VIRT_NETBOOT_TALK_H

#include "clock.h"
#include "dhcp.h"
#include "drop.h"
#include "frame.h"
#include "host.h"
#include "probe_place.h"
#include "probe_result.h"

/* What is kept of an answer beside what is reported of it. */
struct talk_offer {
	struct dhcp_offer offer;
	uint8_t mac[MAC_SIZE];
	uint8_t source[16]; /* of the datagram */
};

struct talk {
	const struct probe_request *request;
	const struct probe_place *place;
	struct probe_result *result;
	struct card card;
	struct frame_identity identity; /* of the card, with its link-local address */
	struct frame_identity borrowed; /* the same with what was offered, while files are read */
	struct dhcp_question question;
	struct dhcp_question question6;
	struct talk_offer *offers;  /* of result->servers, one each */
	long long start;            /* clock_now() when the card was plugged in */
	struct drop_finder *finder; /* or NULL: nobody has had to be found yet */
	int error;                  /* why it had to end: 0 or a negative errno */
};

struct talk_frame {
	uint8_t bytes[2048 + FRAME_CARD_HEADER];
	size_t length;
};

/* From now on SIGINT, SIGTERM and SIGHUP end the conversation. */
void talk_catch_signals(void);

/* True if it is to end: by a signal, or an error. */
bool talk_is_over(const struct talk *talk);

/* Seconds since the card was plugged in. */
double talk_seconds(const struct talk *talk);

/* A moment @seconds from now on, for talk_next(). */
long long talk_moment(double seconds);

void talk_send(struct talk *talk, const struct packet *packet);

/**
 * talk_next() - wait for a frame
 * @until:	clock_now()
 * @frame:	filled in
 *
 * Who asks for the card's address is answered.
 *
 * Return: false if none came until then, or it is over.
 */
bool talk_next(struct talk *talk, long long until, struct talk_frame *frame);

/* Tell a person at a terminal what is waited for, and how many seconds yet at most. */
void talk_progress(struct talk *talk, const char *what, double seconds);
void talk_progress_end(void);

/* The address as text. */
void talk_address(char text[PROBE_ADDRESS_SIZE], enum ip_family family, const uint8_t *address);

/* ---- The address that files are asked for from; borrow.c ---- */

/* The offer whose address files of a server are asked for from: its own, or another one's where it
 * gives none; NULL if there is none. */
const struct talk_offer *talk_find_address(const struct talk *talk, size_t server);

/* Borrow what was offered, until talk_return_address(). Return: NULL, or why not, which the caller
 * frees. */
char *talk_borrow_address(struct talk *talk, const struct talk_offer *offer, enum ip_family family);

void talk_return_address(struct talk *talk);

/* When the card is gone, the host forgets all addresses that it can have had. */
void talk_forget_addresses(const struct talk *talk);

/* To whom frames for flow->to go. @server: whose offer named that; @address: what was borrowed.
 * Return: false if nobody answers for it. */
bool talk_find_way(struct talk *talk, const struct talk_offer *server,
	const struct talk_offer *address, struct flow *flow);

/* ---- The parts of it, in the order in which they happen ---- */

/* Wait for the port to forward, ask for addresses, take the answers; ask.c. */
void talk_ask(struct talk *talk);

/* Take an answer, or leave a frame that is none, also while something else is asked. */
void talk_take_answer(struct talk *talk, const struct talk_frame *frame);

/* Find out whether a program of this host serves at the bridge; origin.c. */
void talk_find_host_server(struct talk *talk);

/* And which one; when nothing has to be done in time any more. */
void talk_name_host_server(struct talk *talk);

/* True if it has answered, or another one of this host. */
bool talk_host_answered(const struct talk *talk);

/* The name of the guest of libvirt's whose port that is, which the caller frees; or NULL;
 * port_guest.c. @uri: as for libvirt_open(). */
char *talk_guest_at(const char *uri, const char *port);

/* Find out where each server is; origin.c. */
void talk_find_origins(struct talk *talk);

/* Ask proxyDHCP servers that named no boot file again, from an address; boot.c. */
void talk_ask_proxies(struct talk *talk);

/* Read the boot files; transfer.c. */
void talk_read_files(struct talk *talk);

#endif
