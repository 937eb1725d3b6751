// SPDX-License-Identifier: GPL-2.0-or-later
#include "option_values.h"

#include "alloc.h"
#include "character.h"
#include "ifname.h"
#include "log.h"
#include "words.h"

#include <string.h>

bool option_format(const char *value, bool metrics, enum look_format *format)
{
	static const struct word words[] = {{"text", LOOK_TEXT}, {"json", LOOK_JSON},
		{"prometheus", LOOK_PROMETHEUS}, {NULL, 0}};
	int found;

	if (!word_find(words, value, &found) || (found == LOOK_PROMETHEUS && !metrics)) {
		log_error(metrics ? "--format must be 'text', 'json' or 'prometheus', not '%s'"
				  : "--format must be 'text' or 'json', not '%s'",
			TEXT_NAME(value));
		return false;
	}
	*format = (enum look_format)found;
	return true;
}

bool option_device(const char *option, const char *value)
{
	if (ifname_is_valid(value))
		return true;
	log_error("%s must be a device's name of 1 to %d bytes, without a slash, colon or "
		  "space, not '%s'",
		option, IFNAME_SIZE - 1, TEXT_NAME(value));
	return false;
}

void option_add_name(struct check_names *names, const char *name)
{
	for (size_t i = 0; i < names->count; i++) {
		if (strcmp(names->names[i], name) == 0)
			return;
	}
	names->names = alloc_one_more(names->names, names->count, sizeof(*names->names));
	names->names[names->count++] = name;
}
