// SPDX-License-Identifier: GPL-2.0-or-later
/* What stdout can show. */
#ifndef VIRT_NETBOOT_TERMINAL_H
#define VIRT_NETBOOT_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

/* How many columns stdout has; 0 if it is no terminal, or one that does not say. */
size_t terminal_width(void);

/* True if stdout is a terminal that shows bold text and the like. */
bool terminal_has_styles(void);

#endif
