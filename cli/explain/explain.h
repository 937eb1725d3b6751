// SPDX-License-Identifier: GPL-2.0-or-later
/* Explanations for a person to read: on a terminal, or as plain text. */
#ifndef VIRT_NETBOOT_EXPLAIN_H
#define VIRT_NETBOOT_EXPLAIN_H

#include "explanation.h"

#include <stdbool.h>
#include <stdio.h>

struct explain_style {
	size_t width; /* columns; what cannot be broken may be longer */
	bool bold;    /* headings, and what is to be typed */
};

/* All there are: name, severity and title of each. */
void explain_list(FILE *file);

/* One of them, whole. */
void explain_print(
	FILE *file, const struct explain_style *style, const struct explanation *explanation);

/* The one of that name, or NULL. */
const struct explanation *explain_find(const char *name);

/**
 * explain_near() - names that may have been meant
 *
 * Those that begin or end as @name does, and those from which it differs by a few letters.
 *
 * Return: "a, b, c", or "" if there is none; the caller frees it.
 */
char *explain_near(const char *name);

#endif
