// SPDX-License-Identifier: GPL-2.0-or-later
#include "alloc.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

__attribute__((weak, noreturn)) void out_of_memory(void)
{
	_exit(EXIT_NO_MEMORY);
}

void *alloc_one_more(void *array, size_t count, size_t size)
{
	char *larger = reallocarray(array, count + 1, size);

	if (!larger)
		out_of_memory();
	memset(larger + count * size, 0, size);
	return larger;
}

void *alloc_array(size_t count, size_t size)
{
	void *array = calloc(count, size);

	if (!array)
		out_of_memory();
	return array;
}

bool alloc_close(FILE *stream, char *const *text)
{
	bool whole = !ferror(stream);

	return fclose(stream) == 0 && whole && *text;
}

char *alloc_copy(const char *text)
{
	if (!text)
		return NULL;
	char *copy = strdup(text);
	if (!copy)
		out_of_memory();
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
		out_of_memory();
	return text;
}
