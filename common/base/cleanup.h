// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Resources that free themselves at the end of their scope. Each type that needs
 * it has one function here or beside its own declaration:
 *
 *     CLEANUP(cleanup_fd) int fd = open(...);
 */
#ifndef VIRT_NETBOOT_CLEANUP_H
#define VIRT_NETBOOT_CLEANUP_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define CLEANUP(function) __attribute__((cleanup(function)))

static inline void cleanup_free(void *pointer)
{
	free(*(void **)pointer);
}

static inline void cleanup_fd(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void cleanup_file(FILE **file)
{
	if (*file)
		fclose(*file);
}

#endif
