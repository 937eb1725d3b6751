// SPDX-License-Identifier: GPL-2.0-or-later
/* Stands in for the system log (log_send.c): appends "LEVEL LINE\n" to log_captured. */
#ifndef VIRT_NETBOOT_LOG_CAPTURE_H
#define VIRT_NETBOOT_LOG_CAPTURE_H

#include <stdbool.h>

/* Shared with the processes that the test forks. */
extern char *log_captured;

/* Forget what was captured. */
void log_capture_clear(void);

/* How long the fake takes for each, in milliseconds. */
extern int log_capture_delay;

/* The process that sends to it stops before it does. */
extern bool log_capture_stops;

#endif
