// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rows -> lines of text. Nothing of the system is asked for here, but how wide a letter is: that is
 * known for the locale.
 */
#include "show_rows.h"

#include "alloc.h"
#include "character.h"
#include "cleanup.h"

#include <string.h>
#include <wchar.h>

static const char *const titles[SHOW_COLUMNS] = {
	"NAME", "GUEST/NETWORK", "STATE", "CHECKSUM", "LIMIT"};

/* Between two columns. */
#define GAP 2

/* The least that is left of a column that has to be cut: of the tree with the longest name of a
 * device all. Of what is narrower anyway nothing is cut. */
static const size_t least[SHOW_COLUMNS] = {20, 8, 9, 8, 5};

/* Where that is still too much, at first, and at last. */
static const size_t little[SHOW_COLUMNS] = {20, 1, 1, 1, 1};
static const size_t nothing[SHOW_COLUMNS] = {1, 1, 1, 1, 1};

struct branches {
	const char *passes; /* beside what is on a device that is not the last */
	const char *next;
	const char *last;
	const char *nothing;
	const char *cut;
};

static const struct branches ascii = {"| ", "|-", "`-", "  ", "..."};
static const struct branches lines = {"│ ", "├─", "└─", "  ", "…"};

static const struct branches *branches_of(const struct show_style *style)
{
	return style->utf8 ? &lines : &ascii;
}

/* The code of the character that is so long [RFC 3629]. */
static wchar_t code_of(const char *text, size_t length)
{
	static const unsigned char first_bits[] = {0x00, 0x7f, 0x1f, 0x0f, 0x07};
	const unsigned char *bytes = (const unsigned char *)text;
	unsigned int code = bytes[0] & first_bits[length];

	for (size_t i = 1; i < length; i++)
		code = code << 6 | (bytes[i] & 0x3f);
	return (wchar_t)code;
}

/* How many columns the first character of @text takes; *@length gets that in bytes. */
static size_t width_of_first(const char *text, size_t *length)
{
	*length = character_length(text);
	if (*length == 0)
		*length = 1;
	int width = *length > 1 ? wcwidth(code_of(text, *length)) : 1;
	return width < 0 ? 1 : (size_t)width;
}

static size_t width_of(const char *text)
{
	size_t width = 0;
	size_t length;

	for (; *text; text += length)
		width += width_of_first(text, &length);
	return width;
}

/* As it is shown (character.h), and in ASCII with the bytes of other letters by their numbers. */
static char *show_text(const char *text, const struct show_style *style)
{
	size_t size = 4 * strlen(text) + sizeof(TEXT_CUT_MARK);
	CLEANUP(cleanup_free) char *shown = text_show(alloc_array(size, 1), size, text, "");
	char *escaped = alloc_array(4 * strlen(shown) + 1, 1);
	char *end = escaped;

	for (const char *from = shown; *from; from++) {
		if (style->utf8 || !((unsigned char)*from & 0x80))
			*end++ = *from;
		else
			end += snprintf(end, 5, "\\x%02x", (unsigned char)*from);
	}
	return escaped;
}

/* True if nothing follows on the same device, @depth deep in the tree. */
static bool is_last(const struct show_rows *rows, size_t row, unsigned int depth)
{
	for (size_t i = row + 1; i < rows->count && rows->rows[i].depth >= depth; i++) {
		if (rows->rows[i].depth == depth)
			return false;
	}
	return true;
}

/* The name of a device, with its branch of the tree. */
static char *draw_name(
	const struct show_rows *rows, size_t row, const char *name, const struct branches *branches)
{
	unsigned int depth = rows->rows[row].depth;
	char *drawn = alloc_copy("");

	for (unsigned int i = 1; i <= depth; i++) {
		CLEANUP(cleanup_free) char *before = drawn;
		bool last = is_last(rows, row, i);
		const char *branch = i < depth ? (last ? branches->nothing : branches->passes)
					       : (last ? branches->last : branches->next);
		drawn = alloc_format("%s%s", before, branch);
	}
	CLEANUP(cleanup_free) char *before = drawn;
	return alloc_format("%s%s", before, name);
}

/* The table as it is shown, and how wide each column is. */
struct table {
	char *(*cells)[SHOW_COLUMNS];
	size_t count;
	size_t widths[SHOW_COLUMNS]; /* 0: it is left out */
};

static void cleanup_table(struct table *table)
{
	for (size_t row = 0; row < table->count; row++) {
		for (size_t i = 0; i < SHOW_COLUMNS; i++)
			free(table->cells[row][i]);
	}
	free(table->cells);
}

static void fill_table(
	struct table *table, const struct show_rows *rows, const struct show_style *style)
{
	table->cells = alloc_array(rows->count, sizeof(*table->cells));
	table->count = rows->count;
	for (size_t row = 0; row < rows->count; row++) {
		for (size_t i = 0; i < SHOW_COLUMNS; i++) {
			const char *cell = rows->rows[row].cells[i];
			char *shown = show_text(cell ? cell : "", style);
			if (i == SHOW_NAME) {
				CLEANUP(cleanup_free) char *name = shown;
				shown = draw_name(rows, row, name, branches_of(style));
			}
			table->cells[row][i] = shown;
			size_t width = width_of(shown);
			if (width > table->widths[i])
				table->widths[i] = width;
		}
	}
}

static void count_titles(struct table *table)
{
	for (size_t i = 0; i < SHOW_COLUMNS; i++) {
		size_t width = strlen(titles[i]);
		if ((i == SHOW_NAME || table->widths[i] > 0) && width > table->widths[i])
			table->widths[i] = width;
	}
}

static size_t total_width(const size_t widths[SHOW_COLUMNS])
{
	size_t total = 0;

	for (size_t i = 0; i < SHOW_COLUMNS; i++)
		total += widths[i] > 0 ? widths[i] + GAP : 0;
	return total - GAP;
}

/* Take from the widest column, again and again, until all fit; from none more than leaves @minimum
 * of it. */
static void narrow(size_t widths[SHOW_COLUMNS], size_t columns, const size_t minimum[SHOW_COLUMNS])
{
	while (total_width(widths) > columns) {
		size_t *widest = NULL;
		for (size_t i = 0; i < SHOW_COLUMNS; i++) {
			if (widths[i] > minimum[i] && (!widest || widths[i] >= *widest))
				widest = &widths[i];
		}
		if (!widest)
			return;
		(*widest)--;
	}
}

/* How many bytes of @text take @width columns at most. */
static size_t fitting(const char *text, size_t width)
{
	size_t used = 0;
	size_t length;

	while (text[used]) {
		size_t next = width_of_first(text + used, &length);
		if (next > width)
			break;
		width -= next;
		used += length;
	}
	return used;
}

/* A cell, cut to @width; with the mark, if there is room for it. */
static void put_cell(FILE *out, const char *text, size_t width, const struct branches *branches)
{
	size_t cut = width_of(branches->cut);

	if (width_of(text) <= width)
		fputs(text, out);
	else if (width < cut)
		fprintf(out, "%.*s", (int)fitting(text, width), text);
	else
		fprintf(out, "%.*s%s", (int)fitting(text, width - cut), text, branches->cut);
}

/* Blanks are put only before what follows: no line ends in them. */
static void put_line(FILE *out, const char *const cells[SHOW_COLUMNS],
	const size_t widths[SHOW_COLUMNS], const struct branches *branches)
{
	size_t blanks = 0;

	for (size_t i = 0; i < SHOW_COLUMNS; i++) {
		size_t width = width_of(cells[i]);
		if (widths[i] == 0)
			continue;
		if (width > 0) {
			fprintf(out, "%*s", (int)blanks, "");
			put_cell(out, cells[i], widths[i], branches);
			blanks = 0;
		}
		blanks += widths[i] - (width > widths[i] ? widths[i] : width) + GAP;
	}
	putc('\n', out);
}

char *show_layout(const struct show_rows *rows, const struct show_style *style)
{
	CLEANUP(cleanup_table) struct table table = {0};
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		out_of_memory();
	fill_table(&table, rows, style);
	count_titles(&table);
	if (style->columns > 0) {
		narrow(table.widths, style->columns, least);
		narrow(table.widths, style->columns, little);
		narrow(table.widths, style->columns, nothing);
	}
	put_line(out, titles, table.widths, branches_of(style));
	for (size_t row = 0; row < table.count; row++)
		put_line(out, (const char *const *)table.cells[row], table.widths,
			branches_of(style));
	if (!alloc_close(out, &text))
		out_of_memory();
	return text;
}

void show_rows_clear(struct show_rows *rows)
{
	for (size_t row = 0; row < rows->count; row++) {
		for (size_t i = 0; i < SHOW_COLUMNS; i++)
			free(rows->rows[row].cells[i]);
	}
	free(rows->rows);
	*rows = (struct show_rows){0};
}
