// SPDX-License-Identifier: GPL-2.0-or-later
/* Where a text goes that is done: all of it or nothing. What goes wrong is logged. */
#ifndef VIRT_NETBOOT_OUTPUT_H
#define VIRT_NETBOOT_OUTPUT_H

#include "text.h"

/* Return: 0 or a negative errno, for all three. */
int output_write(struct text text);

/**
 * output_replace() - give a file new content, in one step
 * @path:	the file; a symbolic link stays, and what it leads to is replaced
 *
 * Owner and mode stay, or nothing is changed; access lists and labels are those of a new file.
 * Signals that end the program wait until it is done, so that nothing is left beside the file.
 */
int output_replace(const char *path, struct text text);

/* Print a unified diff, by diff(1); nothing if both are the same. */
int output_diff(const char *name, struct text before, struct text after);

#endif
