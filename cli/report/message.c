// SPDX-License-Identifier: GPL-2.0-or-later
/* What the command says of its own: on stderr, for a person. */
#include "message.h"

#include "log.h"

#include "alloc.h"
#include "character.h"
#include "cleanup.h"
#include "exit_status.h"

#include <stdarg.h>
#include <string.h>
#include <unistd.h>

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

/* Changes are listed when several have been made. */
void out_of_memory(void)
{
	static const char text[] = "virt-netboot: out of memory: not everything was done, and what "
				   "was done may not be listed\n";

	(void)!write(STDERR_FILENO, text, sizeof(text) - 1);
	_exit(EXIT_FAILED);
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
