// SPDX-License-Identifier: GPL-2.0-or-later
/* What the command says of its own: on stderr, for a person. */
#include "message.h"

#include "log.h"

#include "alloc.h"
#include "character.h"
#include "cleanup.h"

#include <stdarg.h>
#include <string.h>

static size_t messages;

size_t messages_said(void)
{
	return messages;
}

__attribute__((format(printf, 1, 0))) static void say(const char *format, va_list arguments)
{
	CLEANUP(cleanup_free) char *text = NULL;

	messages++;
	if (vasprintf(&text, format, arguments) < 0) {
		text = NULL;
		return;
	}
	/* Names from XML may hold control characters. */
	size_t size = 4 * strlen(text) + sizeof(TEXT_CUT_MARK);
	CLEANUP(cleanup_free) char *shown = alloc_array(size, 1);
	fprintf(stderr, "virt-netboot: %s\n", text_show(shown, size, text, ""));
}

void log_error(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	say(format, arguments);
	va_end(arguments);
}

void log_warning(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	say(format, arguments);
	va_end(arguments);
}
