// SPDX-License-Identifier: GPL-2.0-or-later
/* The formats of `virt-netboot check`. */
#ifndef VIRT_NETBOOT_CHECK_WRITERS_H
#define VIRT_NETBOOT_CHECK_WRITERS_H

#include "check_list.h"

#include <stdio.h>

/* How the text is to look. */
struct check_style {
	bool quiet;  /* only what does not pass */
	bool colour; /* for a terminal */
};

/* For people, as virt-host-validate(1) prints, and a last line that sums up. */
void check_write_text(FILE *file, const struct check_list *list, const struct check_style *style);

/* One JSON document: docs/check.schema.json. Return: 0 or a negative errno. */
int check_write_json(FILE *file, const struct check_list *list);

/* For the textfile collector of Prometheus' node_exporter. */
void check_write_prometheus(FILE *file, const struct check_list *list);

#endif
