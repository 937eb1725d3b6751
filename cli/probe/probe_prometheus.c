// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * For the textfile collector of Prometheus' node_exporter: metrics.h. Each series has the target
 * among its labels, because there may be a file for each of several, and the same series in two
 * files is an error.
 */
#include "probe_writers.h"

#include "cleanup.h"
#include "fields.h"
#include "metrics.h"
#include "probe_machine.h"

#define TARGET_LABELS(result)                          \
	{"kind", probe_target_name((result)->target)}, \
	{                                              \
		"target", (result)->name               \
	}

static void put_success(
	FILE *file, const struct probe_result *result, const struct probe_judgement *judgement)
{
	CLEANUP(cleanup_metric)
	struct metric metric = {"virt_netboot_probe_success",
		"1 if all kinds of clients would boot, otherwise 0.", NULL, 0};

	metric_add(&metric, probe_status(result, judgement) == 0,
		(struct label[]){TARGET_LABELS(result), {NULL, NULL}});
	metric_put(file, &metric);
}

/* Of a port that has not forwarded there is no series. */
static void put_forwarding(FILE *file, const struct probe_result *result)
{
	CLEANUP(cleanup_metric)
	struct metric metric = {"virt_netboot_probe_forwarding_seconds",
		"Time until the probe's port forwarded.", NULL, 0};

	if (result->forwarded >= 0)
		metric_add(&metric, result->forwarded,
			(struct label[]){TARGET_LABELS(result), {NULL, NULL}});
	metric_put(file, &metric);
}

static void put_offers(FILE *file, const struct probe_result *result)
{
	CLEANUP(cleanup_metric)
	struct metric metric = {"virt_netboot_probe_offer_seconds",
		"Time from the request to the server's answer.", NULL, 0};

	for (size_t i = 0; i < result->server_count; i++)
		metric_add(&metric, probe_offer_seconds(&result->servers[i]),
			(struct label[]){TARGET_LABELS(result),
				{"server", result->servers[i].address}, {NULL, NULL}});
	metric_put(file, &metric);
}

static void put_clients(
	FILE *file, const struct probe_result *result, const struct probe_judgement *judgement)
{
	CLEANUP(cleanup_metric)
	struct metric metric = {"virt_netboot_probe_client_boots",
		"1 if this kind of client would boot, or get its address, otherwise 0.", NULL, 0};

	/* Of a probe that was interrupted nobody knows. */
	for (enum probe_client client = 0; client < CLIENTS && !result->interrupted; client++)
		metric_add(&metric, judgement->clients[client].boots,
			(struct label[]){TARGET_LABELS(result),
				{"client", probe_client_name(client)}, {NULL, NULL}});
	metric_put(file, &metric);
}

static void put_findings(FILE *file, const struct probe_result *result, const struct plan *plan)
{
	CLEANUP(cleanup_metric)
	struct metric metric = {"virt_netboot_probe_finding",
		"A constant 1 for each finding; virt-netboot-findings(7) explains the slugs.", NULL,
		0};

	for (size_t i = 0; i < plan->finding_count; i++)
		metric_add(&metric, 1,
			(struct label[]){TARGET_LABELS(result), {"slug", plan->findings[i].slug},
				{"severity", severity_name(plan->findings[i].severity)},
				{NULL, NULL}});
	metric_put(file, &metric);
}

void probe_write_prometheus(
	FILE *file, const struct probe_result *result, const struct probe_judgement *judgement)
{
	put_success(file, result, judgement);
	put_forwarding(file, result);
	put_offers(file, result);
	put_clients(file, result, judgement);
	put_findings(file, result, &judgement->plan);
}
