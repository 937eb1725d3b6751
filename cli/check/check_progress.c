// SPDX-License-Identifier: GPL-2.0-or-later
#include "check_progress.h"

#include <stdbool.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

/* Seconds: until the first line, and between two. */
#define PATIENCE 1.0
#define PAUSE 0.2

static double start;
static double next;
static bool shown;

double check_clock(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

void check_progress(const char *kind, size_t index, size_t count)
{
	double now = check_clock();

	if (start == 0.0) {
		start = now;
		next = now + PATIENCE;
	}
	if (now < next || isatty(STDERR_FILENO) != 1)
		return;
	next = now + PAUSE;
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
