// SPDX-License-Identifier: GPL-2.0-or-later
#include "log_capture.h"

#include "log.h"

#include <string.h>

char log_captured[8192];

void log_capture_clear(void)
{
	log_captured[0] = '\0';
}

void log_send(int level, const char *line)
{
	size_t used = strlen(log_captured);

	snprintf(log_captured + used, sizeof(log_captured) - used, "%d %s\n", level, line);
}
