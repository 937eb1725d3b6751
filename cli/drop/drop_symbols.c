// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * /proc/kallsyms has some 100000 lines. Only the wanted addresses are kept, in order; a function
 * that begins at or before one of them is noted at the first such one, and handed on to those
 * behind it at the end.
 */
#include "drop_symbols.h"

#include "alloc.h"
#include "cleanup.h"

#include <stdlib.h>
#include <string.h>

#define WANTED_MAX 4096

/* Where the address is, or would be. */
static size_t find(const struct drop_symbols *symbols, uint64_t address)
{
	size_t low = 0;
	size_t high = symbols->count;

	while (low < high) {
		size_t middle = (low + high) / 2;
		if (symbols->list[middle].address < address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void drop_symbols_want(struct drop_symbols *symbols, uint64_t address)
{
	size_t place = find(symbols, address);

	if (symbols->count == WANTED_MAX ||
		(place < symbols->count && symbols->list[place].address == address))
		return;
	symbols->list = alloc_one_more(symbols->list, symbols->count, sizeof(*symbols->list));
	memmove(&symbols->list[place + 1], &symbols->list[place],
		(symbols->count - place) * sizeof(*symbols->list));
	symbols->list[place] = (struct drop_symbol){.address = address};
	symbols->count++;
}

/* "ffffffff81000000 T _text", and for modules their name in brackets. */
static void take_line(struct drop_symbols *symbols, char *line)
{
	char *end;
	uint64_t start = strtoull(line, &end, 16);

	if (start == 0 || end[0] != ' ' || strchr("tTwW", end[1]) == NULL || end[1] == '\0')
		return;
	size_t place = find(symbols, start);
	if (place == symbols->count || symbols->list[place].start >= start)
		return;
	struct drop_symbol *symbol = &symbols->list[place];
	symbol->start = start;
	snprintf(symbol->name, sizeof(symbol->name), "%.*s", (int)strcspn(end + 3, ".\t\n"),
		end + 3);
}

void drop_symbols_read(struct drop_symbols *symbols)
{
	CLEANUP(cleanup_file) FILE *file = fopen("/proc/kallsyms", "re");
	CLEANUP(cleanup_free) char *line = NULL;
	size_t size = 0;

	while (file && getline(&line, &size, file) > 0)
		take_line(symbols, line);
	for (size_t i = 1; i < symbols->count; i++) {
		struct drop_symbol *symbol = &symbols->list[i];
		if (symbol->start < symbol[-1].start) {
			symbol->start = symbol[-1].start;
			memcpy(symbol->name, symbol[-1].name, sizeof(symbol->name));
		}
	}
}

void drop_symbols_name(const struct drop_symbols *symbols, uint64_t address, char *name)
{
	size_t place = find(symbols, address);

	*name = '\0';
	if (place < symbols->count && symbols->list[place].address == address)
		memcpy(name, symbols->list[place].name, DROP_NAME_SIZE);
}

void drop_symbols_clear(struct drop_symbols *symbols)
{
	free(symbols->list);
	*symbols = (struct drop_symbols){0};
}
