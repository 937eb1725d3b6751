// SPDX-License-Identifier: GPL-2.0-or-later
/* Words of XML and of configuration files and what they stand for. */
#ifndef VIRT_NETBOOT_WORDS_H
#define VIRT_NETBOOT_WORDS_H

#include <stdbool.h>
#include <string.h>

/* One of a table that ends with a NULL name. */
struct word {
	const char *name;
	int value;
};

/* True and *@value set if @name (which may be NULL) is in the table. */
static inline bool word_find(const struct word *table, const char *name, int *value)
{
	for (; name && table->name; table++) {
		if (strcmp(table->name, name) == 0) {
			*value = table->value;
			return true;
		}
	}
	return false;
}

/* The value of @name, or @otherwise. */
static inline int word_value(const struct word *table, const char *name, int otherwise)
{
	int value = otherwise;

	word_find(table, name, &value);
	return value;
}

#endif
