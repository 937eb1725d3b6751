// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Text that others wrote, as it is shown to people: names from XML, of devices, of files. What
 * would be read as something else than it is does not get through, and text that is too long is cut
 * at the end of a character and says so. Both loggers (log.h), the guard and what tells it its
 * progress use this, and nothing else.
 */
#ifndef VIRT_NETBOOT_CHARACTER_H
#define VIRT_NETBOOT_CHARACTER_H

#include <stddef.h>

/* What a text that was cut ends in. */
#define TEXT_CUT_MARK "...[cut]"

/*
 * The length in bytes of the character at the start of @text, which is not empty: one that is
 * UTF-8, as journald and terminals take text to be, that can be seen, and controls nothing. 0 if
 * there is none: then the first byte is to be shown by its number. The kernel takes any bytes for
 * the name of a device, and libvirt nearly any for that of a guest.
 */
size_t character_length(const char *text);

/* The same for programs that read it: any well-formed UTF-8, whether it can be seen or not. */
size_t utf8_length(const char *text);

/*
 * Copy @text to @copy, of @size bytes with the NUL, which has room for the mark at least; it is
 * cut where it is too long. Return: @copy.
 */
char *text_cut(char *copy, size_t size, const char *text);

/* A name in the midst of a sentence, of which it shall leave something; for the block it is in. */
#define TEXT_NAME(text) text_cut((char[TEXT_NAME_SIZE]){0}, TEXT_NAME_SIZE, text)
#define TEXT_NAME_SIZE 72

/* Likewise, as it is shown: each byte of what is no character as \xNN, and a backslash before those
 * of @special. So one byte of text takes four at most. */
char *text_show(char *copy, size_t size, const char *text, const char *special);

#endif
