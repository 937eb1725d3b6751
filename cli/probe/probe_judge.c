// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Theory of operation
 *
 * The probe asks as soon as its port forwards, and again until an answer comes. A client asks at
 * times of its own; the first of its requests that meets a port that forwards is answered as late
 * after it as the probe's was. If that is before the client gives up, it has its address, and
 * firmware needs its boot file, too.
 *
 * Which checksum a client meets: firmware does not take partial ones, so that the kernel completes
 * them for it; an installed system takes them as they are.
 */
#include "probe_judge.h"

#include "alloc.h"
#include "cleanup.h"
#include "exit_status.h"
#include "probe_clients.h"
#include "probe_findings.h"
#include "probe_words.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Between two requests of the probe there is more. */
#define SAME_REQUEST 0.5

/* As the client's driver hands it over. */
static enum probe_checksum checksum_for(enum probe_client client, const struct probe_result *result,
	enum probe_checksum offload, enum probe_checksum firmware)
{
	if (result->view == PROBE_FIRMWARE || probe_client_netboots(client))
		return firmware;
	/* It knows that the network card was meant to complete it. */
	if (probe_client_takes_partial(client) && probe_is_partial(offload, firmware))
		return PROBE_CHECKSUM_OK;
	return offload;
}

static bool accepts(enum probe_client client, const struct probe_result *result,
	const struct probe_server *server)
{
	return checksum_for(client, result, server->offload, server->firmware) !=
	       PROBE_CHECKSUM_BAD;
}

/* From when on a request reaches the server, in a client's time. It may be later than the port:
 * behind an uplink that STP delays, for instance. */
static double ready_for(const struct probe_result *result, const struct probe_server *server)
{
	return probe_client_time(server->first_asked > result->asked + SAME_REQUEST
					 ? server->first_asked
					 : result->forwarded);
}

/* When the client has the server's OFFER; PROBE_NEVER if it has given up before. */
static double offer_time(enum probe_client client, double ready, const struct probe_server *server)
{
	double patience = probe_client_patience(client);
	double asks = probe_client_asks(client, ready);

	if (asks < 0)
		return PROBE_NEVER;
	double offered = asks + server->answered - server->first_asked;
	if (patience >= 0 && offered > patience)
		return PROBE_NEVER;
	return probe_client_takes(client, offered);
}

/* The server whose OFFER is the first that the client accepts; NULL if there is none. */
static const struct probe_server *choose(
	enum probe_client client, const struct probe_result *result, double *needed)
{
	const struct probe_server *chosen = NULL;

	*needed = PROBE_NEVER;
	for (size_t i = 0; i < result->server_count; i++) {
		const struct probe_server *server = &result->servers[i];
		if (!probe_gives_address(server) || !accepts(client, result, server))
			continue;
		double time = offer_time(client, ready_for(result, server), server);
		if (time >= 0 && (*needed < 0 || time < *needed)) {
			chosen = server;
			*needed = time;
		}
	}
	return chosen;
}

/* Somebody gives addresses, but none that the client could accept in time. */
static char *why_not_this(enum probe_client client, const struct probe_result *result,
	const struct probe_server *server)
{
	double last = probe_client_asks_last(client);
	double ready = ready_for(result, server);

	if (!accepts(client, result, server))
		return alloc_copy(probe_is_partial(server->offload, server->firmware)
					  ? "the OFFER's checksum is incomplete; older releases "
					    "drop it"
					  : "it drops the OFFER, whose checksum is wrong");
	if (last >= 0 && ready > last)
		return alloc_format("it asks last at %.0f s, before %s", last,
			ready > probe_client_time(result->forwarded) ? "the server can be reached"
								     : "the port forwards");
	return alloc_format(
		"the server needs %.1f s to answer", server->answered - server->first_asked);
}

static char *why_no_address(enum probe_client client, const struct probe_result *result)
{
	const struct drop *drop = probe_first_drop(result);

	for (size_t i = 0; i < result->server_count; i++) {
		if (probe_gives_address(&result->servers[i]))
			return why_not_this(client, result, &result->servers[i]);
	}
	if (result->interrupted)
		return alloc_copy("the probe was interrupted");
	if (result->forwarded < 0)
		return alloc_copy("its port does not forward");
	if (drop)
		return alloc_format(
			"the %s is dropped", drop->way == DROP_ANSWER ? "answer" : "request");
	return alloc_copy(probe_has_family(result, IPV4) ? "no server gives it an address"
							 : "nobody answers");
}

static bool is_url(const char *file)
{
	return file &&
	       (strncasecmp(file, "http://", 7) == 0 || strncasecmp(file, "https://", 8) == 0);
}

/* With HTTP boot, EDK2 takes URLs only from who says in option 60 that it has some; without, it
 * does not know them [edk2 NetworkPkg/HttpBootDxe/HttpBootDhcp4.c, HttpBootParseDhcp4Packet(),
 * HttpBootSelectDhcpOffer()]. */
static bool names_url_to_edk2(
	const struct probe_result *result, const struct probe_server *address_server)
{
	for (size_t i = 0; i < result->server_count; i++) {
		const struct probe_server *server = &result->servers[i];
		if (!is_url(server->boot_file))
			continue;
		if (server->family == IPV6 ||
			(server->http && (server == address_server || server->proxy)))
			return true;
	}
	return false;
}

/* Why what is named is nothing that the client reads, or NULL. */
static char *why_other_protocol(enum probe_client client, const struct probe_result *result,
	const struct probe_server *server)
{
	if (client == CLIENT_PXE && is_url(server->boot_file))
		return alloc_copy("it reads by TFTP only, and the boot file is a URL");
	if (client != CLIENT_EDK2)
		return NULL;
	if (result->arch != PROBE_HTTP && is_url(server->boot_file))
		return alloc_copy("it boots by HTTP only if the server names the URL to those who "
				  "ask for that (--arch http)");
	if (result->arch == PROBE_HTTP && server->boot_file && !names_url_to_edk2(result, server))
		return alloc_copy(is_url(server->boot_file)
					  ? "it boots by HTTP only from a server that says "
					    "'HTTPClient' in option 60"
					  : "no server names a URL to it");
	return NULL;
}

/* True if the client got the file as the probe did. */
static bool was_read(enum probe_client client, const struct probe_result *result,
	const struct probe_transfer *transfer)
{
	return !transfer->skipped && !probe_transfer_failed(transfer) &&
	       checksum_for(client, result, transfer->offload, transfer->firmware) !=
		       PROBE_CHECKSUM_BAD;
}

/* Why the boot file cannot be had, or NULL if it can, if there is none, or if nobody knows: then it
 * was not tried, which has been said. */
static char *why_no_file(enum probe_client client, const struct probe_result *result,
	const struct probe_server *server)
{
	const struct probe_transfer *failed = NULL;
	char *why = why_other_protocol(client, result, server);

	if (why)
		return why;
	for (size_t i = 0; i < result->transfer_count; i++) {
		const struct probe_transfer *transfer = &result->transfers[i];
		if (transfer->family != IPV4 || transfer->skipped)
			continue;
		if (was_read(client, result, transfer))
			return NULL;
		failed = transfer;
	}
	if (!failed)
		return NULL;
	return alloc_copy(probe_transfer_failed(failed)
				  ? "it has an address, but cannot read the boot file"
				  : "it drops the boot file, whose checksums are wrong");
}

static struct probe_verdict judge_client(
	enum probe_client client, const struct probe_result *result)
{
	struct probe_verdict verdict = {.gives_up = probe_client_patience(client)};
	const struct probe_server *server = choose(client, result, &verdict.needed);

	if (!server)
		verdict.why = why_no_address(client, result);
	else if (probe_client_netboots(client))
		verdict.why = why_no_file(client, result, server);
	verdict.boots = !verdict.why;
	if (verdict.why)
		verdict.needed = PROBE_NEVER;
	return verdict;
}

void probe_judge(const struct probe_result *result, struct probe_judgement *judgement)
{
	*judgement = (struct probe_judgement){0};
	for (enum probe_client client = 0; client < CLIENTS; client++)
		judgement->clients[client] = judge_client(client, result);
	probe_find(result, &judgement->plan);
}

void probe_judgement_clear(struct probe_judgement *judgement)
{
	for (enum probe_client client = 0; client < CLIENTS; client++)
		free(judgement->clients[client].why);
	plan_clear(&judgement->plan);
	*judgement = (struct probe_judgement){0};
}

int probe_status(const struct probe_result *result, const struct probe_judgement *judgement)
{
	unsigned int boots = 0;

	if (result->interrupted)
		return EXIT_FAILED;
	for (enum probe_client client = 0; client < CLIENTS; client++)
		boots += judgement->clients[client].boots;
	if (boots == CLIENTS)
		return EXIT_DONE;
	return boots > 0 ? EXIT_LEFT : EXIT_FAULTS;
}
