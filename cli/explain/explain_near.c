// SPDX-License-Identifier: GPL-2.0-or-later
/* Names that somebody may have meant. */
#include "alloc.h"
#include "cleanup.h"
#include "explain.h"

#include <string.h>

/* The longest name there is, and more. */
#define NAME_MAX_LENGTH 40

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* How many letters have to be changed, added or removed to make one of the other: Levenshtein's
 * distance, a row at a time. Both are at most NAME_MAX_LENGTH long. */
static size_t distance(const char *a, const char *b)
{
	size_t row[NAME_MAX_LENGTH + 1];
	size_t length = strlen(b);

	for (size_t j = 0; j <= length; j++)
		row[j] = j;
	for (size_t i = 0; a[i]; i++) {
		size_t diagonal = row[0];
		row[0] = i + 1;
		for (size_t j = 0; j < length; j++) {
			size_t changed = diagonal + (a[i] != b[j]);
			diagonal = row[j + 1];
			row[j + 1] = least(changed, least(row[j], row[j + 1]) + 1);
		}
	}
	return row[length];
}

/* True if @part is words of @name: "zone" or "firewalld" of "firewalld-zone". */
static bool is_part(const char *name, const char *part)
{
	const char *found = strstr(name, part);

	return found && *part && (found == name || found[-1] == '-');
}

static bool is_near(const char *name, const char *given)
{
	size_t length = strlen(given);

	return is_part(name, given) ||
	       (length <= NAME_MAX_LENGTH && strlen(name) <= NAME_MAX_LENGTH &&
		       distance(name, given) <= length / 4);
}

char *explain_near(const char *name)
{
	char *all = alloc_copy("");

	for (size_t i = 0; i < explanation_count; i++) {
		if (!is_near(explanations[i].name, name))
			continue;
		CLEANUP(cleanup_free) char *before = all;
		all = alloc_format("%s%s%s", before, *before ? ", " : "", explanations[i].name);
	}
	return all;
}

const struct explanation *explain_find(const char *name)
{
	for (size_t i = 0; i < explanation_count; i++) {
		if (strcmp(explanations[i].name, name) == 0)
			return &explanations[i];
	}
	return NULL;
}
