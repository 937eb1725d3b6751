// SPDX-License-Identifier: GPL-2.0-or-later
#include "log.h"

#include "character.h"
#include "progress.h"

#include <stdbool.h>
#include <string.h>

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

void log_field(FILE *line, const char *key, const char *value)
{
	char shown[LOG_VALUE_SIZE];

	if (!value)
		return;
	fprintf(line, "%s%s=", ftell(line) > 0 ? " " : "", key);
	if (is_plain(value) && strlen(value) < sizeof(shown))
		fputs(value, line);
	else
		fprintf(line, "\"%s\"", text_show(shown, sizeof(shown), value, "\"\\"));
}

void log_line(int level, const char *line)
{
	char whole[LOG_LINE_SIZE];

	if (!log_takes(level))
		return;
	text_cut(whole, sizeof(whole), line);
	if (!progress_log(level, whole))
		log_send(level, whole);
}
