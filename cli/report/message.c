// SPDX-License-Identifier: GPL-2.0-or-later
/* What the command says of its own: on stderr, for a person. */
#include "log.h"

#include "cleanup.h"

#include <stdarg.h>

/* A control character, which names from XML may hold; those above 0x7f take two bytes. */
static size_t control_length(const unsigned char *text)
{
	if (*text < ' ' || *text == 0x7f)
		return 1;
	return *text == 0xc2 && text[1] >= 0x80 && text[1] < 0xa0 ? 2 : 0;
}

static void print_escaped(const unsigned char *text)
{
	while (*text) {
		size_t length = control_length(text);
		if (length == 0)
			putc(*text++, stderr);
		for (; length > 0; length--)
			fprintf(stderr, "\\x%02x", *text++);
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
	print_escaped((const unsigned char *)text);
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
