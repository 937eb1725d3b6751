// SPDX-License-Identifier: GPL-2.0-or-later
/* The kernel's functions, by addresses in them. */
#ifndef VIRT_NETBOOT_DROP_SYMBOLS_H
#define VIRT_NETBOOT_DROP_SYMBOLS_H

#include "drop_seen.h"

#include <stdint.h>

struct drop_symbol {
	uint64_t address; /* that is asked for */
	uint64_t start;   /* of the function that it is in */
	char name[DROP_NAME_SIZE];
};

struct drop_symbols {
	struct drop_symbol *list;
	size_t count;
};

/* Note an address; then read /proc/kallsyms once for all; then ask. */
void drop_symbols_want(struct drop_symbols *symbols, uint64_t address);
void drop_symbols_read(struct drop_symbols *symbols);

/* @name, of DROP_NAME_SIZE bytes, is empty if the function is not known. What compilers add, as in
 * "ip_rcv.constprop.0", is left out. */
void drop_symbols_name(const struct drop_symbols *symbols, uint64_t address, char *name);

void drop_symbols_clear(struct drop_symbols *symbols);

#endif
