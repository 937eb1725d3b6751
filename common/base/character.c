// SPDX-License-Identifier: GPL-2.0-or-later
#include "character.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

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

/*
 * In order, codes that are no letter of anything: controls (C0, DEL, C1); those that cannot be seen
 * [Unicode, DerivedCoreProperties.txt, Default_Ignorable_Code_Point], or are blank but no space
 * [general category Zs]; those that change the direction of what follows, so that a text is read as
 * another [Bidi_Control], or separate lines [Zl, Zp]; what only UTF-16 has; and noncharacters, for
 * which journalctl shows "blob data" instead of the line [systemd src/basic/utf8.c,
 * unichar_is_valid()].
 */
static const struct range {
	uint32_t first;
	uint32_t last;
} not_shown[] = {
	{0x00, 0x1f},           /* C0 */
	{0x7f, 0xa0},           /* C1, no-break space */
	{0xad, 0xad},           /* soft hyphen */
	{0x34f, 0x34f},         /* combining grapheme joiner */
	{0x61c, 0x61c},         /* Arabic letter mark */
	{0x115f, 0x1160},       /* fillers of Hangul */
	{0x1680, 0x1680},       /* Ogham space mark */
	{0x17b4, 0x17b5},       /* vowels of Khmer */
	{0x180b, 0x180f},       /* Mongolian variation selectors, vowel separator */
	{0x2000, 0x200f},       /* spaces; of no width; left-to-right and right-to-left marks */
	{0x2028, 0x202f},       /* line and paragraph separator; embeddings and overrides; space */
	{0x205f, 0x206f},       /* space, word joiner, isolates */
	{0x2800, 0x2800},       /* Braille without a dot */
	{0x3000, 0x3000},       /* ideographic space */
	{0x3164, 0x3164},       /* filler of Hangul */
	{0xd800, 0xdfff},       /* surrogates */
	{0xfdd0, 0xfdef},       /* noncharacters */
	{0xfe00, 0xfe0f},       /* variation selectors */
	{0xfeff, 0xfeff},       /* byte order mark */
	{0xffa0, 0xffa0},       /* filler of Hangul */
	{0xfff0, 0xfffb},       /* annotations */
	{0x1bca0, 0x1bca3},     /* of shorthand */
	{0x1d173, 0x1d17a},     /* of music */
	{0xe0000, 0xe0fff},     /* tags, variation selectors */
	{0x110000, UINT32_MAX}, /* beyond the last */
};

static bool is_shown(uint32_t code)
{
	for (const struct range *range = not_shown; code >= range->first; range++) {
		if (code <= range->last)
			return false;
	}
	return (code & 0xfffe) != 0xfffe;
}

/* The code of the sequence at the start of @text. Return: its length; 0 if it is not well-formed.
 */
static size_t decode(const char *text, uint32_t *code)
{
	const unsigned char *bytes = (const unsigned char *)text;
	size_t more = 0;

	while (more < sizeof(forms) / sizeof(forms[0]) &&
		(bytes[0] & ~forms[more].bits & 0xff) != forms[more].mark)
		more++;
	if (more == sizeof(forms) / sizeof(forms[0]))
		return 0;
	*code = bytes[0] & forms[more].bits;
	for (size_t i = 1; i <= more; i++) {
		if ((bytes[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | (bytes[i] & 0x3f);
	}
	return *code >= forms[more].least ? more + 1 : 0;
}

size_t character_length(const char *text)
{
	uint32_t code;
	size_t length = decode(text, &code);

	return length && is_shown(code) ? length : 0;
}

/* No surrogates, and nothing beyond the last code [RFC 3629, section 3]. */
size_t utf8_length(const char *text)
{
	uint32_t code;
	size_t length = decode(text, &code);

	return length && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff) ? length : 0;
}

/*
 * One character, or the first byte of what is none: as it is, or, where @special is not NULL, as it
 * is shown. Return: how much of @text that is.
 */
static size_t take(const char *text, char taken[8], const char *special)
{
	size_t length = character_length(text);
	size_t used = length ? length : 1;

	memcpy(taken, text, used);
	taken[used] = '\0';
	if (special && length == 0)
		snprintf(taken, 8, "\\x%02x", (unsigned char)*text);
	else if (special && strchr(special, *text))
		snprintf(taken, 8, "\\%c", *text);
	return used;
}

/* @special is NULL where the text is not to be shown, but copied. */
static char *copy_characters(char *copy, size_t size, const char *text, const char *special)
{
	size_t used = 0;
	size_t before_mark = 0;

	while (*text) {
		char taken[8];
		text += take(text, taken, special);
		size_t length = strlen(taken);
		if (used + length >= size) {
			used = before_mark;
			memcpy(copy + used, TEXT_CUT_MARK, strlen(TEXT_CUT_MARK));
			used += strlen(TEXT_CUT_MARK);
			break;
		}
		memcpy(copy + used, taken, length);
		used += length;
		if (used + sizeof(TEXT_CUT_MARK) <= size)
			before_mark = used;
	}
	copy[used] = '\0';
	return copy;
}

char *text_cut(char *copy, size_t size, const char *text)
{
	return copy_characters(copy, size, text, NULL);
}

char *text_show(char *copy, size_t size, const char *text, const char *special)
{
	return copy_characters(copy, size, text, special);
}
