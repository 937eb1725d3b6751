// SPDX-License-Identifier: GPL-2.0-or-later
#include "check_progress.h"

#include "clock.h"

#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

/* Milliseconds: until the first line, and between two. */
#define PATIENCE 1000
#define PAUSE 200

static long long next; /* clock_now() */
static bool shown;

void check_progress(const char *kind, size_t index, size_t count)
{
	long long now = clock_now();

	if (next == 0)
		next = now + PATIENCE * NANOSECONDS_PER_MILLISECOND;
	if (now < next || isatty(STDERR_FILENO) != 1)
		return;
	next = now + PAUSE * NANOSECONDS_PER_MILLISECOND;
	shown = true;
	fprintf(stderr, "\r\033[Kchecking %s %zu of %zu", kind, index + 1, count);
	fflush(stderr);
}

void check_progress_end(void)
{
	if (shown)
		fputs("\r\033[K", stderr);
	shown = false;
}
