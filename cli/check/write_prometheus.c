// SPDX-License-Identifier: GPL-2.0-or-later
/* For the textfile collector of Prometheus' node_exporter: metrics.h. */
#include "check_writers.h"

#include "cleanup.h"
#include "machine_text.h"
#include "metrics.h"

#include <time.h>

static void put_build(FILE *file)
{
	CLEANUP(cleanup_metric)
	struct metric metric = {"virt_netboot_build_info",
		"A constant 1; the version of virt-netboot is its label.", NULL, 0};

	metric_add(&metric, 1, (struct label[]){{"version", VERSION}, {NULL, NULL}});
	metric_put(file, &metric);
}

static void put_findings(FILE *file, const struct check_list *list)
{
	CLEANUP(cleanup_metric)
	struct metric metric = {"virt_netboot_finding",
		"A constant 1 for each finding; virt-netboot-findings(7) explains the slugs.", NULL,
		0};

	for (size_t i = 0; i < list->count; i++) {
		const struct check_line *line = &list->lines[i];
		if (line->slug)
			metric_add(&metric, 1,
				(struct label[]){{"slug", line->slug},
					{"severity", machine_severity(line)},
					{"level", check_level_name(line->question->level)},
					{"object", line->object}, {"interface", line->interface},
					{"result", machine_result(line->result)}, {NULL, NULL}});
	}
	metric_put(file, &metric);
}

static size_t count_of(
	const struct check_list *list, enum check_level level, enum check_result result)
{
	size_t count = 0;

	for (size_t i = 0; i < list->count; i++)
		count += list->lines[i].question->level == level && list->lines[i].result == result;
	return count;
}

/* All of them, also those that are 0: what an alert asks for is always there. */
static void put_results(FILE *file, const struct check_list *list)
{
	CLEANUP(cleanup_metric)
	struct metric metric = {
		"virt_netboot_check_results", "Checks by level and result.", NULL, 0};

	for (enum check_level level = 0; level < CHECK_LEVELS; level++) {
		for (enum check_result result = 0; result < CHECK_RESULTS; result++)
			metric_add(&metric, (double)count_of(list, level, result),
				(struct label[]){{"level", check_level_name(level)},
					{"result", machine_result(result)}, {NULL, NULL}});
	}
	metric_put(file, &metric);
}

static void put_bridges(FILE *file, const struct check_list *list)
{
	CLEANUP(cleanup_metric)
	struct metric hold = {"virt_netboot_bridge_hold_seconds",
		"Time until a new port of the bridge forwards.", NULL, 0};
	CLEANUP(cleanup_metric)
	struct metric root = {"virt_netboot_bridge_stp_root",
		"1 if the bridge is the root of its spanning tree, otherwise 0.", NULL, 0};

	for (size_t i = 0; i < list->bridge_count; i++) {
		const struct check_bridge *bridge = &list->bridges[i];
		const struct label labels[] = {{"bridge", bridge->name}, {NULL, NULL}};
		metric_add(&hold, bridge->hold, labels);
		metric_add(&root, bridge->is_root, labels);
	}
	metric_put(file, &hold);
	metric_put(file, &root);
}

void check_write_prometheus(FILE *file, const struct check_list *list)
{
	put_build(file);
	put_findings(file, list);
	put_bridges(file, list);
	put_results(file, list);
	metric_put_number(file, "virt_netboot_check_incomplete",
		"What could not be checked; the messages of virt-netboot check say why.",
		(double)list->incomplete);
	metric_put_number(file, "virt_netboot_check_duration_seconds", "How long the check took.",
		list->seconds);
	metric_put_number(file, "virt_netboot_check_completed_timestamp_seconds",
		"When the check was completed, in seconds since 1970.", (double)time(NULL));
}
