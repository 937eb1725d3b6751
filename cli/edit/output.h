// SPDX-License-Identifier: GPL-2.0-or-later
/* Where a text goes that is done: all of it or nothing. What goes wrong is logged. */
#ifndef VIRT_NETBOOT_OUTPUT_H
#define VIRT_NETBOOT_OUTPUT_H

#include "text.h"

/* Return: 0 or a negative errno, for both. */
int output_write(struct text text);

/* Print a unified diff, by diff(1); nothing if both are the same. */
int output_diff(const char *name, struct text before, struct text after);

#endif
