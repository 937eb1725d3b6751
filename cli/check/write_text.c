// SPDX-License-Identifier: GPL-2.0-or-later
#include "check_writers.h"

#include "alloc.h"
#include "cleanup.h"
#include "shown.h"

/* Of the question; a longer one moves the result. */
#define WHAT_WIDTH 48

static const char *const colours[CHECK_RESULTS] = {
	[CHECK_PASS] = "\033[32m",
	[CHECK_NOTE] = "\033[34m",
	[CHECK_WARN] = "\033[33m",
	[CHECK_FAIL] = "\033[31m",
};

static const char *const labels[CHECK_LEVELS] = {"HOST", "BRIDGE", "NETWORK", "GUEST"};

/* Text that others wrote. */
static void print_shown(FILE *file, const char *text)
{
	CLEANUP(cleanup_free) char *shown = shown_text(text);

	fputs(shown, file);
}

static void print_label(FILE *file, const struct check_line *line)
{
	fputs(labels[line->question->level], file);
	if (line->object) {
		fputc(' ', file);
		print_shown(file, line->object);
	}
	if (line->interface) {
		fputc(' ', file);
		print_shown(file, line->interface);
	}
}

/* Those of the texts that are there, in parentheses. */
static void print_details(FILE *file, const char *const *texts, size_t count)
{
	const char *before = " (";

	for (size_t i = 0; i < count; i++) {
		if (!texts[i])
			continue;
		fputs(before, file);
		print_shown(file, texts[i]);
		before = "; ";
	}
	if (*before == ';')
		fputc(')', file);
}

/* Of what the hooks repair, nothing. The advice names the probe, too. */
static const char *what_to_do(const struct check_line *line)
{
	if (line->result == CHECK_NOTE && line->slug)
		return line->advice;
	return line->cure ? line->cure : line->advice;
}

static void print_line(FILE *file, const struct check_line *line, const struct check_style *style)
{
	const char *cure = what_to_do(line);
	CLEANUP(cleanup_free)
	char *probe =
		line->probe && cure == line->cure ? alloc_format("`%s` knows", line->probe) : NULL;
	const char *const details[] = {
		line->value ? line->value : line->evidence,
		probe,
		line->slug ? line->slug : line->question->id,
		cure,
	};
	bool passed = line->result == CHECK_PASS;

	print_label(file, line);
	fprintf(file, ": Checking %-*s : %s%s%s", WHAT_WIDTH, line->question->what,
		style->colour ? colours[line->result] : "", check_result_name(line->result),
		style->colour ? "\033[0m" : "");
	print_details(file, details, passed ? 1 : sizeof(details) / sizeof(details[0]));
	fputc('\n', file);
}

static void print_count(FILE *file, const struct check_list *list, enum check_result result,
	const char *one, const char *many)
{
	size_t count = check_count(list, result);

	fprintf(file, ", %zu %s", count, count == 1 ? one : many);
}

static void print_sum(FILE *file, const struct check_list *list)
{
	fprintf(file, "%zu check%s: %zu passed", list->count, list->count == 1 ? "" : "s",
		check_count(list, CHECK_PASS));
	print_count(file, list, CHECK_NOTE, "note", "notes");
	print_count(file, list, CHECK_WARN, "warning", "warnings");
	print_count(file, list, CHECK_FAIL, "failure", "failures");
	if (list->incomplete > 0)
		fprintf(file, "; not all could be checked");
	fputc('\n', file);
}

void check_write_text(FILE *file, const struct check_list *list, const struct check_style *style)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct check_line *line = &list->lines[i];
		if (!style->quiet || line->result != CHECK_PASS)
			print_line(file, line, style);
	}
	if (check_count(list, CHECK_FAIL) > 0)
		fputs("`virt-netboot repair --dry-run` says what it would repair now.\n", file);
	print_sum(file, list);
}
