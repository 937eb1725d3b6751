// SPDX-License-Identifier: GPL-2.0-or-later
#include "cure.h"

#include "alloc.h"
#include "character.h"
#include "cleanup.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/*
 * False for what the log does not show as it is (log.h). Bytes that are no character cannot be
 * typed. Quotes and backslashes have a backslash before them there, and a shell that gets this line
 * would see other words in it: '$(reboot)' with its quotes could even be run.
 */
static bool can_be_pasted(const char *word)
{
	size_t length;

	if (*word == '\0' || strpbrk(word, "'\"\\"))
		return false;
	for (; *word; word += length) {
		length = character_length(word);
		if (length == 0)
			return false;
	}
	return true;
}

/* True for what no shell makes something else of; the caller has to quote the rest. */
static bool is_plain(const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789-_.@+,";

	return word[strspn(word, plain)] == '\0';
}

/* @command with the next words of a format; the caller frees. Takes @command. */
static char *append(char *command, const char *text, size_t length, const char *value)
{
	CLEANUP(cleanup_free) char *start = command;
	const char *quote = is_plain(value) ? "" : "'";

	return alloc_format("%s%.*s%s%s%s", start, (int)length, text, quote, value, quote);
}

char *cure_command(const char *format, ...)
{
	char *command = alloc_copy("");
	bool pasted = true;
	va_list values;

	va_start(values, format);
	while (*format) {
		size_t length = strcspn(format, "%");
		char number[16] = "";
		const char *value = number;
		if (format[length] == '%') {
			if (format[length + 1] == 'u')
				snprintf(
					number, sizeof(number), "%u", va_arg(values, unsigned int));
			else
				value = va_arg(values, const char *);
			pasted = pasted && can_be_pasted(value);
		}
		command = append(command, format, length, value);
		format += length + (format[length] ? 2 : 0);
	}
	va_end(values);
	if (pasted)
		return command;
	cleanup_free(&command);
	return NULL;
}
