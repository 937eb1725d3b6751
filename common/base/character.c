// SPDX-License-Identifier: GPL-2.0-or-later
#include "character.h"

#include <stdbool.h>
#include <stdint.h>

/* The bytes of UTF-8 by the length of a sequence: what the first one has above its part of the
 * code, how wide that part is, and the least code that needs so many [RFC 3629]. */
static const struct form {
	unsigned char mark;
	unsigned char bits;
	uint32_t least;
} forms[] = {
	{0x00, 0x7f, 0x00},
	{0xc0, 0x1f, 0x80},
	{0xe0, 0x0f, 0x800},
	{0xf0, 0x07, 0x10000},
};

/* C0, DEL and C1; what only UTF-16 has; and beyond the last. */
static bool is_shown(uint32_t code)
{
	bool controls = code < ' ' || (code >= 0x7f && code < 0xa0);

	return !controls && !(code >= 0xd800 && code < 0xe000) && code < 0x110000;
}

size_t character_length(const char *text)
{
	const unsigned char *bytes = (const unsigned char *)text;
	size_t more = 0;

	while (more < sizeof(forms) / sizeof(forms[0]) &&
		(bytes[0] & ~forms[more].bits & 0xff) != forms[more].mark)
		more++;
	if (more == sizeof(forms) / sizeof(forms[0]))
		return 0;
	uint32_t code = bytes[0] & forms[more].bits;
	for (size_t i = 1; i <= more; i++) {
		if ((bytes[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (bytes[i] & 0x3f);
	}
	return code >= forms[more].least && is_shown(code) ? more + 1 : 0;
}
