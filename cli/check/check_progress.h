// SPDX-License-Identifier: GPL-2.0-or-later
/* A line on the terminal of who waits for more than a second. */
#ifndef VIRT_NETBOOT_CHECK_PROGRESS_H
#define VIRT_NETBOOT_CHECK_PROGRESS_H

#include <stddef.h>

/* Say on stderr, if that is a terminal, that object @index of @count of a kind ("guest") is next.
 */
void check_progress(const char *kind, size_t index, size_t count);

/* Take the line away, before anything else is printed. */
void check_progress_end(void);

#endif
