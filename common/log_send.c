// SPDX-License-Identifier: GPL-2.0-or-later
#include "log.h"

void log_send(int level, const char *line)
{
	openlog("virt-netboot", LOG_PID, LOG_DAEMON);
	syslog(level, "%s", line);
}
