// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is in the document says docs/probe.schema.json, and nothing else is in it: a key that is
 * added there and here is no new version, a key that goes or means something else is one.
 */
#include "probe_writers.h"

#include "cleanup.h"
#include "fields.h"
#include "json_parts.h"
#include "probe_machine.h"
#include "probe_words.h"

#include <errno.h>
#include <inttypes.h>

#define FORMAT_VERSION 1

/* A text that has none is an empty array of char. */
static bool put_name(struct json_object *object, const char *key, const char *name)
{
	return !*name || json_put_text(object, key, name);
}

/* A time that was never has no key. */
static bool put_time(struct json_object *object, const char *key, double time)
{
	return time < 0 || json_put_seconds(object, key, time);
}

static bool put_number(struct json_object *object, const char *key, unsigned long long number)
{
	return json_put(object, key, json_object_new_uint64(number));
}

/* A program must not take it for tried. */
static struct json_object *filter_new(const struct probe_result *result)
{
	struct json_object *filter = json_object_new_object();
	CLEANUP(cleanup_free) char *text = probe_filter_text(result);

	return json_whole(filter, json_put_text(filter, "name", result->filter) &&
					  json_put_bool(filter, "tried", false) &&
					  json_put_text(filter, "text", text));
}

static struct json_object *target_new(const struct probe_result *result)
{
	struct json_object *target = json_object_new_object();
	char mac[MAC_TEXT_SIZE];

	mac_write(mac, result->mac);
	return json_whole(target,
		json_put_text(target, "kind", probe_target_name(result->target)) &&
			json_put_text(target, "name", result->name) &&
			json_put_text(target, "device", result->device) &&
			json_put_bool(target, "macvtap", result->direct) &&
			json_put_text(target, "mac", mac) &&
			put_name(target, "client", result->client) &&
			(result->vlan == 0 || json_put_count(target, "vlan", result->vlan)) &&
			(!*result->filter || json_put(target, "filter", filter_new(result))) &&
			json_put_text(target, "arch", probe_arch_word(result->arch)) &&
			json_put_text(target, "view", probe_view_word(result->view)));
}

static struct json_object *port_new(const struct probe_result *result)
{
	struct json_object *port = json_object_new_object();

	return json_whole(port, json_put_seconds(port, "delay_seconds", result->hold) &&
					put_time(port, "forwarding_seconds", result->forwarded) &&
					put_time(port, "asked_seconds", result->asked) &&
					json_put_seconds(port, "waited_seconds", result->waited) &&
					json_put_bool(port, "lent_mac", result->lends_mac));
}

/* As the request's view has them. */
static bool put_checksums(struct json_object *object, const struct probe_result *result,
	enum probe_checksum offload, enum probe_checksum firmware)
{
	struct json_object *checksums = json_object_new_object();

	return json_put(object, "checksums", checksums) &&
	       (result->view == PROBE_FIRMWARE ||
		       json_put_text(checksums, "offload", probe_checksum_word(offload))) &&
	       (result->view == PROBE_OFFLOAD ||
		       json_put_text(checksums, "firmware", probe_checksum_word(firmware)));
}

static struct json_object *server_new(
	const struct probe_result *result, const struct probe_server *server)
{
	struct json_object *object = json_object_new_object();

	return json_whole(object,
		json_put_text(object, "family", probe_family_word(server->family)) &&
			json_put_text(object, "address", server->address) &&
			put_name(object, "mac", server->mac) &&
			json_put_text(object, "origin", probe_origin_word(server->origin)) &&
			put_name(object, "port", server->port) &&
			json_put_text(object, "program", server->program) &&
			json_put_seconds(object, "answered_seconds", server->answered) &&
			json_put_seconds(object, "offer_seconds", probe_offer_seconds(server)) &&
			json_put_bool(object, "proxy", server->proxy) &&
			put_name(object, "offered", server->offered) &&
			put_name(object, "next_server", server->next_server) &&
			json_put_text(object, "boot_file", server->boot_file) &&
			put_checksums(object, result, server->offload, server->firmware));
}

static const char *transfer_result(const struct probe_transfer *transfer)
{
	if (transfer->skipped)
		return "skipped";
	return probe_transfer_failed(transfer) ? "failed" : "read";
}

/* What was read, if anything was. */
static bool put_read(struct json_object *object, const struct probe_result *result,
	const struct probe_transfer *transfer)
{
	if (transfer->skipped || !transfer->answered)
		return true;
	return put_number(object, "read_bytes", transfer->bytes) &&
	       json_put_seconds(object, "read_seconds", transfer->seconds) &&
	       (transfer->size == 0 || put_number(object, "size_bytes", transfer->size)) &&
	       (transfer->status == 0 || json_put_count(object, "status", transfer->status)) &&
	       (transfer->kind == PROBE_TRANSFER_HTTP ||
		       json_put_bool(object, "options", transfer->options)) &&
	       put_checksums(object, result, transfer->offload, transfer->firmware);
}

static struct json_object *transfer_new(
	const struct probe_result *result, const struct probe_transfer *transfer)
{
	struct json_object *object = json_object_new_object();

	return json_whole(object,
		json_put_text(object, "kind", probe_transfer_word(transfer->kind)) &&
			json_put_text(object, "family", probe_family_word(transfer->family)) &&
			put_name(object, "server", transfer->server) &&
			put_name(object, "source", transfer->source) &&
			json_put_text(object, "file", transfer->file) &&
			json_put_text(object, "result", transfer_result(transfer)) &&
			json_put_text(object, "why",
				transfer->skipped ? transfer->skipped : transfer->error) &&
			put_read(object, result, transfer));
}

static struct json_object *router_new(const struct probe_router *router)
{
	struct json_object *object = json_object_new_object();

	return json_whole(object, json_put_text(object, "address", router->address) &&
					  json_put_bool(object, "managed", router->managed) &&
					  json_put_bool(object, "other", router->other));
}

static struct json_object *drop_new(const struct drop *drop)
{
	struct json_object *object = json_object_new_object();

	return json_whole(object,
		json_put_text(object, "way", probe_way_word(drop->way)) &&
			json_put_text(object, "kind", probe_drop_word(drop->kind)) &&
			json_put_text(object, "family", drop->family) &&
			json_put_text(object, "table", drop->table) &&
			json_put_text(object, "chain", drop->chain) &&
			(drop->handle == 0 || put_number(object, "handle", drop->handle)) &&
			(drop->number == 0 || json_put_count(object, "number", drop->number)) &&
			json_put_text(object, "text", drop->text) &&
			json_put_text(object, "owner", drop->owner) &&
			put_name(object, "out", drop->out));
}

static bool put_drops(struct json_object *request, const struct drop_report *drops)
{
	struct json_object *array = json_object_new_array();
	bool whole = json_put(request, "drops", array);

	for (size_t i = 0; whole && i < drops->count; i++)
		whole = json_append(array, drop_new(&drops->drops[i]));
	return whole;
}

static struct json_object *request_new(const struct probe_result *result)
{
	const struct drop_report *drops = &result->drops;
	struct json_object *request = json_object_new_object();

	return json_whole(
		request, json_put_bool(request, "followed", drops->looked) &&
				 json_put_bool(request, "reached_host", drops->reached_host) &&
				 json_put_bool(request, "host_serves", result->host_serves) &&
				 json_put_text(request, "host_server", result->host_server) &&
				 json_put_bool(request, "left", drops->left) &&
				 json_put_text(request, "left_through", drops->left_through) &&
				 json_put_bool(request, "answer_seen", drops->answer_seen) &&
				 json_put_text(request, "trouble", drops->trouble) &&
				 put_drops(request, drops));
}

static struct json_object *client_new(enum probe_client client, const struct probe_verdict *verdict)
{
	struct json_object *object = json_object_new_object();

	return json_whole(object, json_put_text(object, "name", probe_client_name(client)) &&
					  json_put_bool(object, "boots", verdict->boots) &&
					  put_time(object, "needed_seconds", verdict->needed) &&
					  put_time(object, "gives_up_seconds", verdict->gives_up) &&
					  json_put_text(object, "why", verdict->why));
}

static struct json_object *finding_new(const struct plan *plan, const struct finding *finding)
{
	struct json_object *object = json_object_new_object();

	return json_whole(object,
		json_put_text(object, "slug", finding->slug) &&
			json_put_text(object, "severity", severity_name(finding->severity)) &&
			json_put_text(object, "evidence", finding->evidence) &&
			json_put_text(object, "cure", finding->cure) &&
			json_put_text(object, "advice", plan_advice(plan, finding)));
}

/* Each gives the document an array, and fills it. */
static bool put_servers(struct json_object *document, const struct probe_result *result)
{
	struct json_object *array = json_object_new_array();
	bool whole = json_put(document, "servers", array);

	for (size_t i = 0; whole && i < result->server_count; i++)
		whole = json_append(array, server_new(result, &result->servers[i]));
	return whole;
}

static bool put_transfers(struct json_object *document, const struct probe_result *result)
{
	struct json_object *array = json_object_new_array();
	bool whole = json_put(document, "transfers", array);

	for (size_t i = 0; whole && i < result->transfer_count; i++)
		whole = json_append(array, transfer_new(result, &result->transfers[i]));
	return whole;
}

static bool put_clients(struct json_object *document, const struct probe_judgement *judgement)
{
	struct json_object *array = json_object_new_array();
	bool whole = json_put(document, "clients", array);

	for (enum probe_client client = 0; whole && client < CLIENTS; client++)
		whole = json_append(array, client_new(client, &judgement->clients[client]));
	return whole;
}

static bool put_findings(struct json_object *document, const struct plan *plan)
{
	struct json_object *array = json_object_new_array();
	bool whole = json_put(document, "findings", array);

	for (size_t i = 0; whole && i < plan->finding_count; i++)
		whole = json_append(array, finding_new(plan, &plan->findings[i]));
	return whole;
}

static bool fill(struct json_object *document, const struct probe_result *result,
	const struct probe_judgement *judgement)
{
	return json_put_count(document, "version", FORMAT_VERSION) &&
	       json_put_text(document, "program", "virt-netboot " VERSION) &&
	       json_put_now(document, "time") &&
	       json_put_text(document, "result", probe_outcome(result, judgement)) &&
	       json_put(document, "target", target_new(result)) &&
	       json_put(document, "port", port_new(result)) && put_servers(document, result) &&
	       (result->answers_left_out == 0 ||
		       put_number(document, "answers_left_out", result->answers_left_out)) &&
	       put_transfers(document, result) &&
	       (!result->router.answered ||
		       json_put(document, "router", router_new(&result->router))) &&
	       json_put(document, "request", request_new(result)) &&
	       put_clients(document, judgement) && put_findings(document, &judgement->plan);
}

int probe_write_json(
	FILE *file, const struct probe_result *result, const struct probe_judgement *judgement)
{
	CLEANUP(cleanup_json) struct json_object *document = json_object_new_object();

	return fill(document, result, judgement) ? json_write(file, document) : -ENOMEM;
}
