// SPDX-License-Identifier: GPL-2.0-or-later
/* A file, or whatever else can be read, as a whole. */
#ifndef VIRT_NETBOOT_READ_ALL_H
#define VIRT_NETBOOT_READ_ALL_H

#include <stddef.h>

/* The largest XML that is read. The largest guest libvirt itself accepts is far smaller. */
#define READ_ALL_MAX (16U << 20)

/**
 * read_all() - read @fd to its end
 * @fd:		where from
 * @text:	gets the bytes, without a NUL; the caller frees
 * @length:	gets their number
 *
 * Return: 0, -EFBIG for more than READ_ALL_MAX bytes, or another negative errno.
 */
int read_all(int fd, char **text, size_t *length);

#endif
