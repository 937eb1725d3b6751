// SPDX-License-Identifier: GPL-2.0-or-later
/* Text that others wrote, in lines that end before column 80. */
#ifndef VIRT_NETBOOT_PROBE_LINES_H
#define VIRT_NETBOOT_PROBE_LINES_H

#include <stdio.h>

/* After what stands at @column already; further lines begin at @indent. */
void probe_put_lines(FILE *file, size_t column, size_t indent, const char *text);

/* From the first column on. Takes @text. */
void probe_put_sentence(FILE *file, char *text);

#endif
