// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Memory that is always there: where it is not, the process ends at once with
 * EXIT_NO_MEMORY. That is safe because all work is done in a child of the hook's
 * process, whose death the parent reports and survives (guard.h).
 */
#ifndef VIRT_NETBOOT_ALLOC_H
#define VIRT_NETBOOT_ALLOC_H

#include <stddef.h>

#define EXIT_NO_MEMORY 71

/* Grow @array (of @count elements of @size bytes) by one zeroed element; the caller frees. */
void *alloc_one_more(void *array, size_t count, size_t size);

/* @count zeroed elements of @size bytes, at least one; the caller frees. */
void *alloc_array(size_t count, size_t size);

/* Like strdup(3); NULL stays NULL. The caller frees. */
char *alloc_copy(const char *text);

/* Like asprintf(3); the caller frees. */
char *alloc_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
