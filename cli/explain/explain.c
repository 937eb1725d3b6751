// SPDX-License-Identifier: GPL-2.0-or-later
#include "explain.h"

#include <string.h>

#define INDENT 4
#define CODE_INDENT 8
#define ITEM_CODE_INDENT 12

#define BOLD "\033[1m"
#define PLAIN "\033[0m"

/* Where the next word goes. */
struct cursor {
	FILE *file;
	const struct explain_style *style;
	size_t indent; /* of further lines */
	size_t column;
	bool in_code; /* between two ` */
};

static void put_spaces(FILE *file, size_t count)
{
	fprintf(file, "%*s", (int)count, "");
}

static void put_bold(FILE *file, const struct explain_style *style, const char *text)
{
	fprintf(file, "%s%s%s", style->bold ? BOLD : "", text, style->bold ? PLAIN : "");
}

/* A word without what only marks code in it. */
static size_t shown_length(const char *word, size_t length)
{
	size_t shown = 0;

	for (size_t i = 0; i < length; i++)
		shown += word[i] != '`';
	return shown;
}

static void put_word(struct cursor *at, const char *word, size_t length)
{
	const char *begin = at->style->bold ? BOLD : "";
	const char *end = at->style->bold ? PLAIN : "";

	fputs(at->in_code ? begin : "", at->file);
	for (size_t i = 0; i < length; i++) {
		if (word[i] != '`') {
			fputc(word[i], at->file);
			continue;
		}
		at->in_code = !at->in_code;
		fputs(at->in_code ? begin : end, at->file);
	}
	/* The space after it, and the start of a line, are not bold. */
	fputs(at->in_code ? end : "", at->file);
	at->column += shown_length(word, length);
}

/* Wrap @text, the first line of which begins at @at, and @end, which follows its last word. */
static void put_text(struct cursor *at, const char *text, const char *end)
{
	bool first = true;

	while (*text) {
		size_t length = strcspn(text, " ");
		size_t shown = shown_length(text, length);
		if (!first && at->column + 1 + shown > at->style->width) {
			fputc('\n', at->file);
			put_spaces(at->file, at->indent);
			at->column = at->indent;
		} else if (!first) {
			fputc(' ', at->file);
			at->column++;
		}
		put_word(at, text, length);
		first = false;
		text += length;
		text += strspn(text, " ");
	}
	fprintf(at->file, "%s\n", end);
}

/* The mark, "-" or "1.", stands before what is wrapped. */
static void put_item(FILE *file, const struct explain_style *style, const char *text)
{
	size_t mark = strcspn(text, " ") + 1;
	struct cursor at = {
		.file = file,
		.style = style,
		.indent = INDENT + mark,
		.column = INDENT + mark,
	};

	put_spaces(file, INDENT);
	fwrite(text, 1, mark, file);
	put_text(&at, text + mark, "");
}

static void put_paragraph(FILE *file, const struct explain_style *style, const char *text)
{
	struct cursor at = {.file = file, .style = style, .indent = INDENT, .column = INDENT};

	put_spaces(file, INDENT);
	put_text(&at, text, "");
}

static void put_code(FILE *file, const struct explain_style *style, size_t indent, const char *text)
{
	put_spaces(file, indent);
	put_bold(file, style, text);
	fputc('\n', file);
}

static void put_heading(FILE *file, const struct explain_style *style, const char *text)
{
	fputc('\n', file);
	put_bold(file, style, text);
	fputc('\n', file);
}

/* Paragraphs are set off; items and lines of code are together. */
static bool wants_space(enum explanation_kind before, enum explanation_kind kind)
{
	return before != EXPLANATION_HEADING && kind != EXPLANATION_HEADING &&
	       (before == EXPLANATION_PARAGRAPH || kind == EXPLANATION_PARAGRAPH ||
		       (before == EXPLANATION_CODE) != (kind == EXPLANATION_CODE));
}

static void put_line(
	FILE *file, const struct explain_style *style, const struct explanation_line *line)
{
	switch (line->kind) {
	case EXPLANATION_HEADING:
		put_heading(file, style, line->text);
		break;
	case EXPLANATION_PARAGRAPH:
		put_paragraph(file, style, line->text);
		break;
	case EXPLANATION_ITEM:
		put_item(file, style, line->text);
		break;
	case EXPLANATION_CODE:
		put_code(file, style, CODE_INDENT, line->text);
		break;
	case EXPLANATION_ITEM_CODE:
		put_code(file, style, ITEM_CODE_INDENT, line->text);
		break;
	case EXPLANATION_END:
		break;
	}
}

/* After the name, which is longer than a line is indented. */
static void put_severity(
	FILE *file, const struct explain_style *style, const struct explanation *explanation)
{
	struct cursor at = {
		.file = file,
		.style = style,
		.indent = INDENT,
		.column = strlen(explanation->name) + strlen(" ("),
	};

	fputs(" (", file);
	put_text(&at, explanation->severity, ")");
}

void explain_print(
	FILE *file, const struct explain_style *style, const struct explanation *explanation)
{
	const struct explanation_line *line = explanation->lines;

	put_bold(file, style, explanation->name);
	put_severity(file, style, explanation);
	put_paragraph(file, style, explanation->title);
	for (enum explanation_kind before = EXPLANATION_HEADING; line->kind != EXPLANATION_END;
		before = line++->kind) {
		if (wants_space(before, line->kind))
			fputc('\n', file);
		put_line(file, style, line);
	}
}

void explain_list(FILE *file)
{
	for (size_t i = 0; i < explanation_count; i++) {
		const struct explanation *one = &explanations[i];
		/* The first word: the worst there is. */
		fprintf(file, "%-24s  %-7.*s  %s\n", one->name, (int)strcspn(one->severity, ",; "),
			one->severity, one->title);
	}
}
