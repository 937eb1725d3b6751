// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What there is to say about each finding and each line of `virt-netboot check`. The table is made
 * of docs/findings by scripts/explanations.awk, as virt-netboot-findings(7) is.
 */
#ifndef VIRT_NETBOOT_EXPLANATION_H
#define VIRT_NETBOOT_EXPLANATION_H

#include <stddef.h>

enum explanation_kind {
	EXPLANATION_END,
	EXPLANATION_HEADING,
	EXPLANATION_PARAGRAPH,
	EXPLANATION_ITEM,      /* "- ..." or "1. ..." */
	EXPLANATION_CODE,      /* a line that is not wrapped */
	EXPLANATION_ITEM_CODE, /* one that belongs to the item above */
};

/* A line, or a paragraph to be wrapped, in which commands and the like stand between two `. */
struct explanation_line {
	enum explanation_kind kind;
	const char *text;
};

struct explanation {
	const char *name;
	const char
		*severity; /* "error; when a network starts, notice"; "check" for a line of check */
	const char *title;
	const struct explanation_line *lines; /* up to EXPLANATION_END */
};

/* In the order in which they are shown: the findings, then the lines of check. */
extern const struct explanation explanations[];
extern const size_t explanation_count;

#endif
