// SPDX-License-Identifier: GPL-2.0-or-later
/* Text that others wrote, on its way to stdout. */
#ifndef VIRT_NETBOOT_SHOWN_H
#define VIRT_NETBOOT_SHOWN_H

/* A copy as it is shown to people (character.h), however long it is; the caller frees. */
char *shown_text(const char *text);

#endif
