// SPDX-License-Identifier: GPL-2.0-or-later
#include "shown.h"

#include "alloc.h"
#include "character.h"

#include <string.h>

char *shown_text(const char *text)
{
	size_t size = 4 * strlen(text) + sizeof(TEXT_CUT_MARK);

	return text_show(alloc_array(size, 1), size, text, "");
}
