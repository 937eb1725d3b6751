// SPDX-License-Identifier: GPL-2.0-or-later
#include "log.h"

#include "character.h"
#include "cleanup.h"
#include "progress.h"

#include <stdbool.h>
#include <string.h>

static const char cut_mark[] = "...[cut]";

static int log_level = LOG_NOTICE;

void log_set_level(int level)
{
	log_level = level;
}

bool log_takes(int level)
{
	return level <= log_level;
}

static bool is_plain(const char *value)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789-_.:/@+,";

	return *value && value[strspn(value, plain)] == '\0';
}

static void put_quoted(FILE *line, const char *value)
{
	putc('"', line);
	while (*value) {
		size_t length = character_length(value);
		if (length == 0)
			fprintf(line, "\\x%02x", (unsigned char)*value);
		else if (*value == '"' || *value == '\\')
			fprintf(line, "\\%c", *value);
		else
			fwrite(value, length, 1, line);
		value += length ? length : 1;
	}
	putc('"', line);
}

void log_field(FILE *line, const char *key, const char *value)
{
	if (!value)
		return;
	fprintf(line, "%s%s=", ftell(line) > 0 ? " " : "", key);
	if (is_plain(value))
		fputs(value, line);
	else
		put_quoted(line, value);
}

/* How much of a line that is too long is kept: no part of a character of UTF-8. */
static int length_before_mark(const char *line)
{
	int most = LOG_LINE_SIZE - (int)sizeof(cut_mark);
	int length = most;

	/* A character has at most four bytes; what has more is not UTF-8. */
	while (length > most - 3 && ((unsigned char)line[length] & 0xc0) == 0x80)
		length--;
	return length;
}

void log_line(int level, const char *line)
{
	CLEANUP(cleanup_free) char *cut = NULL;

	if (!log_takes(level))
		return;
	if (strlen(line) >= LOG_LINE_SIZE) {
		if (asprintf(&cut, "%.*s%s", length_before_mark(line), line, cut_mark) < 0)
			cut = NULL;
		line = cut ? cut : cut_mark;
	}
	if (!progress_log(level, line))
		log_send(level, line);
}
