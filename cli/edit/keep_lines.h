// SPDX-License-Identifier: GPL-2.0-or-later
/* A document that was changed, in the words of the one that it was made from. */
#ifndef VIRT_NETBOOT_KEEP_LINES_H
#define VIRT_NETBOOT_KEEP_LINES_H

#include "text.h"

#include <libxml/tree.h>
#include <stddef.h>

/**
 * keep_lines() - the text of @after, with what did not change as it stands in @original
 * @what:	what @original is, for messages
 * @original:	the document as it came
 * @before:	the same, parsed
 * @after:	what it was changed to
 * @new_length:	gets the length of the result
 *
 * Lines that are the same in both keep their quotes, their entities, the space in their tags;
 * and if nothing changed the result is @original, byte for byte. Where the lines of @original are
 * not those that libxml2 writes (an element's attributes are on several lines, say) all of it is as
 * libxml2 writes it.
 *
 * Return: the new text, which the caller frees, or NULL, logged.
 */
char *keep_lines(
	const char *what, struct text original, xmlDoc *before, xmlDoc *after, size_t *new_length);

#endif
