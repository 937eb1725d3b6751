// SPDX-License-Identifier: GPL-2.0-or-later
#include "ifname.h"

#include <string.h>

/* As the kernel sees it, which takes bytes for characters of Latin-1: 0xa0 is a space, too, also as
 * the last byte of a UTF-8 "à" [linux lib/ctype.c]. */
static bool is_space(unsigned char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r') || c == 0xa0;
}

bool ifname_is_valid(const char *name)
{
	size_t length = strlen(name);

	if (length == 0 || length >= IFNAME_SIZE)
		return false;
	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return false;
	for (; *name; name++) {
		if (*name == '/' || *name == ':' || is_space((unsigned char)*name))
			return false;
	}
	return true;
}
