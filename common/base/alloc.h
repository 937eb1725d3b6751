// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Memory that is always there: where it is not, the process ends at once. In a hook that is safe
 * because all work is done in a child of the hook's process, whose death the parent reports and
 * survives (guard.h). The command says so and fails (message.c).
 */
#ifndef VIRT_NETBOOT_ALLOC_H
#define VIRT_NETBOOT_ALLOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define EXIT_NO_MEMORY 71

/* The end of a process without memory: with EXIT_NO_MEMORY, unless the program has its own. */
__attribute__((noreturn)) void out_of_memory(void);

/* Grow @array (of @count elements of @size bytes) by one zeroed element; the caller frees. */
void *alloc_one_more(void *array, size_t count, size_t size);

/* @count zeroed elements of @size bytes, at least one; the caller frees. */
void *alloc_array(size_t count, size_t size);

/* Close a stream of open_memstream(3). Return: false if its text is not whole: there may be none,
 * though fclose(3) succeeds (seen with glibc 2.36). */
bool alloc_close(FILE *stream, char *const *text);

/* Like strdup(3); NULL stays NULL. The caller frees. */
char *alloc_copy(const char *text);

/* Like asprintf(3); the caller frees. */
char *alloc_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
