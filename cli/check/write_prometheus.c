// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Prometheus' text format [prometheus.io/docs/instrumenting/exposition_formats], version 0.0.4,
 * without timestamps, which node_exporter's textfile collector refuses.
 *
 * A series is a metric with its labels, and must come once. Two objects can have the same labels
 * all the same: guests with two findings that differ in their evidence only, or bridges whose names
 * differ only in what is no UTF-8. Of those the greatest value is written. The series of a metric
 * are in the order of their labels, so that the same state gives the same file.
 */
#include "check_writers.h"

#include "alloc.h"
#include "cleanup.h"
#include "machine_text.h"

#include <string.h>
#include <time.h>

struct label {
	const char *name;
	const char *value; /* NULL is the same as "" [Prometheus' data model] */
};

struct series {
	char *labels; /* as they are written */
	double value;
};

struct metric {
	const char *name;
	const char *help;
	struct series *series;
	size_t count;
};

static void cleanup_metric(struct metric *metric)
{
	for (size_t i = 0; i < metric->count; i++)
		free(metric->series[i].labels);
	free(metric->series);
}

static void put_escaped(FILE *file, const char *value)
{
	CLEANUP(cleanup_free) char *text = machine_text(value);

	for (const char *c = text ? text : ""; *c; c++) {
		if (*c == '"' || *c == '\\' || *c == '\n')
			fputc('\\', file);
		fputc(*c == '\n' ? 'n' : *c, file);
	}
}

/* As they are written; the last of @labels has no name. The caller frees. */
static char *labels_text(const struct label *labels)
{
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	if (!file)
		exit(EXIT_NO_MEMORY);
	for (const struct label *label = labels; label->name; label++) {
		fprintf(file, "%c%s=\"", label == labels ? '{' : ',', label->name);
		put_escaped(file, label->value);
		fputc('"', file);
	}
	if (labels->name)
		fputc('}', file);
	if (fclose(file) != 0)
		exit(EXIT_NO_MEMORY);
	return text;
}

static void add(struct metric *metric, double value, const struct label *labels)
{
	metric->series = alloc_one_more(metric->series, metric->count, sizeof(*metric->series));
	metric->series[metric->count++] =
		(struct series){.labels = labels_text(labels), .value = value};
}

/* By labels, the greatest value first. */
static int compare(const void *one, const void *other)
{
	const struct series *a = one;
	const struct series *b = other;
	int order = strcmp(a->labels, b->labels);

	return order ? order : (a->value < b->value) - (a->value > b->value);
}

static void put_metric(FILE *file, const struct metric *metric)
{
	char value[MACHINE_SECONDS_SIZE];

	fprintf(file, "# HELP %s %s\n# TYPE %s gauge\n", metric->name, metric->help, metric->name);
	if (metric->count > 0)
		qsort(metric->series, metric->count, sizeof(*metric->series), compare);
	for (size_t i = 0; i < metric->count; i++) {
		const struct series *series = &metric->series[i];
		if (i > 0 && strcmp(series[-1].labels, series->labels) == 0)
			continue;
		machine_seconds(value, series->value);
		fprintf(file, "%s%s %s\n", metric->name, series->labels, value);
	}
}

static void put_number(FILE *file, const char *name, const char *help, double value)
{
	CLEANUP(cleanup_metric) struct metric metric = {name, help, NULL, 0};

	add(&metric, value, (struct label[]){{NULL, NULL}});
	put_metric(file, &metric);
}

static void put_build(FILE *file)
{
	CLEANUP(cleanup_metric)
	struct metric metric = {"virt_netboot_build_info",
		"A constant 1; the version of virt-netboot is its label.", NULL, 0};

	add(&metric, 1, (struct label[]){{"version", VERSION}, {NULL, NULL}});
	put_metric(file, &metric);
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
			add(&metric, 1,
				(struct label[]){{"slug", line->slug},
					{"severity", machine_severity(line)},
					{"level", check_level_name(line->question->level)},
					{"object", line->object}, {"interface", line->interface},
					{"result", machine_result(line->result)}, {NULL, NULL}});
	}
	put_metric(file, &metric);
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
			add(&metric, (double)count_of(list, level, result),
				(struct label[]){{"level", check_level_name(level)},
					{"result", machine_result(result)}, {NULL, NULL}});
	}
	put_metric(file, &metric);
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
		add(&hold, bridge->hold, labels);
		add(&root, bridge->is_root, labels);
	}
	put_metric(file, &hold);
	put_metric(file, &root);
}

void check_write_prometheus(FILE *file, const struct check_list *list)
{
	put_build(file);
	put_findings(file, list);
	put_bridges(file, list);
	put_results(file, list);
	put_number(file, "virt_netboot_check_incomplete",
		"What could not be checked; the messages of virt-netboot check say why.",
		(double)list->incomplete);
	put_number(file, "virt_netboot_check_duration_seconds", "How long the check took.",
		list->seconds);
	put_number(file, "virt_netboot_check_completed_timestamp_seconds",
		"When the check was completed, in seconds since 1970.", (double)time(NULL));
}
