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
#ifndef VIRT_NETBOOT_METRICS_H
#define VIRT_NETBOOT_METRICS_H

#include <stddef.h>
#include <stdio.h>

struct label {
	const char *name;
	const char *value; /* NULL is the same as "" [Prometheus' data model] */
};

struct series {
	char *labels; /* as they are written */
	double value;
};

/* A gauge. Begins as {name, help}. */
struct metric {
	const char *name;
	const char *help;
	struct series *series;
	size_t count;
};

void cleanup_metric(struct metric *metric);

/* Add a series; the last of @labels has no name. */
void metric_add(struct metric *metric, double value, const struct label *labels);

void metric_put(FILE *file, const struct metric *metric);

/* A metric of one series without labels. */
void metric_put_number(FILE *file, const char *name, const char *help, double value);

#endif
