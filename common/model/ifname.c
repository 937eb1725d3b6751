// SPDX-License-Identifier: GPL-2.0-or-later
#include "ifname.h"

#include <string.h>

bool ifname_is_valid(const char *name)
{
	size_t length = strlen(name);

	if (length == 0 || length >= IFNAME_SIZE)
		return false;
	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return false;
	for (; *name; name++) {
		if (*name <= ' ' || *name > '~' || *name == '/' || *name == ':')
			return false;
	}
	return true;
}
