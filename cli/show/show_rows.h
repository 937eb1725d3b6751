// SPDX-License-Identifier: GPL-2.0-or-later
/* The picture as a tree and a table: a row for each device that is drawn. */
#ifndef VIRT_NETBOOT_SHOW_ROWS_H
#define VIRT_NETBOOT_SHOW_ROWS_H

#include <stdbool.h>
#include <stddef.h>

enum show_column {
	SHOW_NAME,
	SHOW_WHO,
	SHOW_STATE,
	SHOW_CHECKSUM,
	SHOW_LIMIT,
	SHOW_COLUMNS,
};

struct show_row {
	unsigned int depth;        /* 0: a bridge or a parent device; 1: what is on it */
	char *cells[SHOW_COLUMNS]; /* as they came, from whomever; NULL for an empty one */
};

struct show_rows {
	struct show_row *rows;
	size_t count;
};

void show_rows_clear(struct show_rows *rows);

/* How and where it is drawn. */
struct show_style {
	bool utf8;            /* lines and letters other than those of ASCII may be used */
	unsigned int columns; /* of the terminal, to cut cells to; 0 for no limit */
};

/**
 * show_layout() - draw
 *
 * A column that is empty in all rows is left out.
 *
 * Return: lines of text, a title first, each with its newline; the caller frees.
 */
char *show_layout(const struct show_rows *rows, const struct show_style *style);

#endif
