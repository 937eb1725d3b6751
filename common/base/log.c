// SPDX-License-Identifier: GPL-2.0-or-later
#include "log.h"

#include "character.h"

#include <stdbool.h>
#include <string.h>

static int log_level = LOG_NOTICE;

void log_set_level(int level)
{
	log_level = level;
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

void log_line(int level, const char *line)
{
	if (level > log_level)
		return;
	log_send(level, line);
}
