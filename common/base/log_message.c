// SPDX-License-Identifier: GPL-2.0-or-later
/* The hooks' own messages, as fields in the system log. The command has its own:
 * cli/report/message.c. */
#include "log.h"

#include "alloc.h"
#include "cleanup.h"

#include <stdarg.h>

static const char *object_kind;
static const char *object_name;

void log_set_object(const char *kind, const char *name)
{
	object_kind = kind;
	object_name = name;
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
	if (alloc_close(fields, &line))
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
