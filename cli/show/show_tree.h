// SPDX-License-Identifier: GPL-2.0-or-later
/* Facts -> rows. */
#ifndef VIRT_NETBOOT_SHOW_TREE_H
#define VIRT_NETBOOT_SHOW_TREE_H

#include "show_facts.h"
#include "show_rows.h"

/**
 * show_want() - mark what is to be drawn
 * @name:	of a bridge or parent device, of a network or of a guest; NULL for all there is
 *
 * Return: false if nothing is called so, or has no port now.
 */
bool show_want(struct show_facts *facts, const char *name);

/* The rows of what is wanted: bridges and parent devices in the order of their names, and what is
 * on each below it; vnet2 comes before vnet10. The caller clears @rows. */
void show_tree(const struct show_facts *facts, struct show_rows *rows);

/* True if a port waits for its bridge, so that the picture changes with time. */
bool show_is_waiting(const struct show_facts *facts);

#endif
