// SPDX-License-Identifier: GPL-2.0-or-later
#include "metrics.h"

#include "alloc.h"
#include "cleanup.h"
#include "machine_text.h"

#include <stdlib.h>
#include <string.h>

void cleanup_metric(struct metric *metric)
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
		out_of_memory();
	for (const struct label *label = labels; label->name; label++) {
		fprintf(file, "%c%s=\"", label == labels ? '{' : ',', label->name);
		put_escaped(file, label->value);
		fputc('"', file);
	}
	if (labels->name)
		fputc('}', file);
	if (!alloc_close(file, &text))
		out_of_memory();
	return text;
}

void metric_add(struct metric *metric, double value, const struct label *labels)
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

void metric_put(FILE *file, const struct metric *metric)
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

void metric_put_number(FILE *file, const char *name, const char *help, double value)
{
	CLEANUP(cleanup_metric) struct metric metric = {name, help, NULL, 0};

	metric_add(&metric, value, (struct label[]){{NULL, NULL}});
	metric_put(file, &metric);
}
