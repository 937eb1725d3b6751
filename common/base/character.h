// SPDX-License-Identifier: GPL-2.0-or-later
/* Which characters of a name may be shown as they are. */
#ifndef VIRT_NETBOOT_CHARACTER_H
#define VIRT_NETBOOT_CHARACTER_H

#include <stddef.h>

/*
 * The length in bytes of the character at the start of @text, which is not empty: one that is
 * UTF-8, as journald and terminals take text to be, and controls nothing. 0 if there is none: then
 * the first byte is to be shown by its number. The kernel takes any bytes for the name of a device.
 */
size_t character_length(const char *text);

#endif
