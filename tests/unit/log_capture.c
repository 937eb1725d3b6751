// SPDX-License-Identifier: GPL-2.0-or-later
#include "log_capture.h"

#include "log.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>

#define SIZE (8U << 20)

char *log_captured;

int log_capture_delay;

bool log_capture_stops;

__attribute__((constructor)) static void share(void)
{
	log_captured = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

void log_capture_clear(void)
{
	log_captured[0] = '\0';
}

void log_send(int level, const char *line)
{
	size_t used = strlen(log_captured);

	poll(NULL, 0, log_capture_delay);
	if (log_capture_stops)
		raise(SIGSTOP);
	snprintf(log_captured + used, SIZE - used, "%d %s\n", level, line);
}
