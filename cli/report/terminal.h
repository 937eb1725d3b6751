// SPDX-License-Identifier: GPL-2.0-or-later
/* What stdout can show. */
#ifndef VIRT_NETBOOT_TERMINAL_H
#define VIRT_NETBOOT_TERMINAL_H

#include <stdbool.h>

/* How many columns and, unless that is NULL, lines stdout has. Return: false if it is no terminal,
 * or one that does not say. */
bool terminal_size(unsigned int *columns, unsigned int *lines);

/* True if stdout is a terminal that shows bold text and the like. */
bool terminal_has_styles(void);

#endif
