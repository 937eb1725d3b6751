// SPDX-License-Identifier: GPL-2.0-or-later
/* What the command says of its own: on stderr, for a person. */
#include "log.h"

#include <stdarg.h>

__attribute__((format(printf, 1, 0))) static void say(const char *format, va_list arguments)
{
	fputs("virt-netboot: ", stderr);
	vfprintf(stderr, format, arguments);
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
