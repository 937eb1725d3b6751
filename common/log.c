// SPDX-License-Identifier: GPL-2.0-or-later
#include "log.h"

#include "cleanup.h"

#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

static int log_level = LOG_NOTICE;
static const char *object_kind;
static const char *object_name;

void log_set_level(int level)
{
	log_level = level;
}

void log_set_object(const char *kind, const char *name)
{
	object_kind = kind;
	object_name = name;
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
	for (const unsigned char *c = (const unsigned char *)value; *c; c++) {
		if (*c == '"' || *c == '\\')
			fprintf(line, "\\%c", *c);
		else if (*c < ' ' || *c == 0x7f)
			fprintf(line, "\\x%02x", *c);
		else
			putc(*c, line);
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

__attribute__((format(printf, 3, 0))) static void log_text(
	int level, const char *key, const char *format, va_list arguments)
{
	CLEANUP(cleanup_free) char *text = NULL;
	CLEANUP(cleanup_free) char *line = NULL;
	size_t length;

	/* Without memory the message is lost, and nothing else: the hook's parent process logs too.
	 */
	if (vasprintf(&text, format, arguments) < 0) {
		text = NULL;
		return;
	}
	FILE *fields = open_memstream(&line, &length);
	if (!fields)
		return;
	log_field(fields, key, text);
	if (object_kind)
		log_field(fields, object_kind, object_name);
	fclose(fields);
	log_line(level, line);
}

void log_error(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	log_text(LOG_ERR, "error", format, arguments);
	va_end(arguments);
}

void log_warning(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	log_text(LOG_WARNING, "warning", format, arguments);
	va_end(arguments);
}
