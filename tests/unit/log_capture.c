// SPDX-License-Identifier: GPL-2.0-or-later
#include "log_capture.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

char log_captured[8192];

void log_capture_clear(void)
{
	log_captured[0] = '\0';
}

static void capture(int level, const char *format, va_list arguments)
{
	size_t used = strlen(log_captured);
	char line[4096];

	vsnprintf(line, sizeof(line), format, arguments);
	snprintf(log_captured + used, sizeof(log_captured) - used, "%d %s\n", level, line);
}

/* Found before the C library's. */
void syslog(int level, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	capture(level, format, arguments);
	va_end(arguments);
}

/* What syslog() is called under -D_FORTIFY_SOURCE. */
void __syslog_chk(int level, int flag, const char *format, ...);
void __syslog_chk(int level, int flag, const char *format, ...)
{
	va_list arguments;

	(void)flag;
	va_start(arguments, format);
	capture(level, format, arguments);
	va_end(arguments);
}
