// SPDX-License-Identifier: GPL-2.0-or-later
#include "probe_lines.h"

#include "cleanup.h"
#include "shown.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS 79

/* In columns, if each character takes one. */
static size_t width_of(const char *text, size_t length)
{
	size_t width = 0;

	for (size_t i = 0; i < length; i++)
		width += ((unsigned char)text[i] & 0xc0) != 0x80;
	return width;
}

/* Of the word at the start of @text; what is counted stays with its number. */
static size_t word_length(const char *text)
{
	static const char *const units[] = {" s", " ms", " kB", " MB", " bytes"};
	size_t length = strcspn(text, " ");

	if (length == 0 || text[length - 1] < '0' || text[length - 1] > '9')
		return length;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		size_t unit = strlen(units[i]);
		if (strncmp(text + length, units[i], unit) == 0 &&
			strchr(" ,;:.)", text[length + unit]))
			return length + unit + strcspn(text + length + unit, " ");
	}
	return length;
}

void probe_put_lines(FILE *file, size_t column, size_t indent, const char *text)
{
	CLEANUP(cleanup_free) char *shown = shown_text(text);
	const char *word = shown;
	bool first = true;

	while (*word) {
		size_t length = word_length(word);
		size_t width = width_of(word, length);
		if (!first && column + 1 + width > COLUMNS) {
			fprintf(file, "\n%*s", (int)indent, "");
			column = indent;
		} else if (!first) {
			fputc(' ', file);
			column++;
		}
		fprintf(file, "%.*s", (int)length, word);
		column += width;
		word += length + (word[length] == ' ');
		first = false;
	}
	fputc('\n', file);
}

void probe_put_sentence(FILE *file, char *text)
{
	probe_put_lines(file, 0, 0, text);
	free(text);
}
