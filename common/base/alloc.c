// SPDX-License-Identifier: GPL-2.0-or-later
#include "alloc.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void *alloc_one_more(void *array, size_t count, size_t size)
{
	char *larger = reallocarray(array, count + 1, size);

	if (!larger)
		_exit(EXIT_NO_MEMORY);
	memset(larger + count * size, 0, size);
	return larger;
}

void *alloc_array(size_t count, size_t size)
{
	void *array = calloc(count, size);

	if (!array)
		_exit(EXIT_NO_MEMORY);
	return array;
}

char *alloc_copy(const char *text)
{
	if (!text)
		return NULL;
	char *copy = strdup(text);
	if (!copy)
		_exit(EXIT_NO_MEMORY);
	return copy;
}

char *alloc_format(const char *format, ...)
{
	char *text;
	va_list arguments;

	va_start(arguments, format);
	int length = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (length < 0)
		_exit(EXIT_NO_MEMORY);
	return text;
}
