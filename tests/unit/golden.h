// SPDX-License-Identifier: GPL-2.0-or-later
/* Texts that are as they are in the tree; UPDATE_GOLDEN=1 writes them there. */
#ifndef VIRT_NETBOOT_GOLDEN_H
#define VIRT_NETBOOT_GOLDEN_H

#include "test.h"

#include "read_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline char *read_golden(const char *path)
{
	char *text = NULL;
	size_t length = 0;
	FILE *file = fopen(path, "r");

	if (!file || read_all(fileno(file), &text, &length) != 0)
		fail_msg("%s cannot be read", path);
	char *ended = realloc(text, length + 1);
	assert_non_null(ended);
	ended[length] = '\0';
	fclose(file);
	return ended;
}

/* Show the first line that differs: cmocka cuts long strings. */
static inline void compare_golden(const char *path, const char *text, const char *golden)
{
	size_t start = 0;

	for (size_t i = 0; text[i] == golden[i]; i++) {
		if (text[i] == '\0')
			return;
		if (text[i] == '\n')
			start = i + 1;
	}
	fail_msg("%s\n  wanted: %.*s\n  got:    %.*s", path, (int)strcspn(golden + start, "\n"),
		golden + start, (int)strcspn(text + start, "\n"), text + start);
}

/* Fails unless @text is what the file says. */
static inline void check_golden(const char *path, const char *text)
{
	if (getenv("UPDATE_GOLDEN")) {
		FILE *file = fopen(path, "w");
		assert_non_null(file);
		fputs(text, file);
		fclose(file);
	}
	char *golden = read_golden(path);
	compare_golden(path, text, golden);
	free(golden);
}

#endif
