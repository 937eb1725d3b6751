// SPDX-License-Identifier: GPL-2.0-or-later
/* What the command says of its own: on stderr, for a person. */
#include "log.h"

#include "character.h"
#include "cleanup.h"

#include <stdarg.h>

/* Names from XML may hold control characters. */
static void print_escaped(const char *text)
{
	while (*text) {
		size_t length = character_length(text);
		if (length > 0)
			fwrite(text, length, 1, stderr);
		else
			fprintf(stderr, "\\x%02x", (unsigned char)*text);
		text += length ? length : 1;
	}
}

__attribute__((format(printf, 1, 0))) static void say(const char *format, va_list arguments)
{
	CLEANUP(cleanup_free) char *text = NULL;

	if (vasprintf(&text, format, arguments) < 0) {
		text = NULL;
		return;
	}
	fputs("virt-netboot: ", stderr);
	print_escaped(text);
	putc('\n', stderr);
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
