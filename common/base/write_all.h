// SPDX-License-Identifier: GPL-2.0-or-later
#ifndef VIRT_NETBOOT_WRITE_ALL_H
#define VIRT_NETBOOT_WRITE_ALL_H

#include <stddef.h>

/* write(2) until all is written. Return: 0 or a negative errno. */
int write_all(int fd, const char *text, size_t length);

#endif
