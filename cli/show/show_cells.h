// SPDX-License-Identifier: GPL-2.0-or-later
/* What the cells of one device say. Each is the caller's to free, or NULL if it is empty. */
#ifndef VIRT_NETBOOT_SHOW_CELLS_H
#define VIRT_NETBOOT_SHOW_CELLS_H

#include "show_facts.h"

/* The guests that its port is of, or the networks that its bridge is of; or what it is instead. */
char *show_cell_who(const struct show_facts *facts, const struct show_device *device);

/* @bridge is what a port is on, or NULL. */
char *show_cell_state(const struct show_device *device, const struct show_device *bridge);
char *show_cell_checksum(const struct show_facts *facts, const struct show_device *device,
	const struct show_device *bridge);
char *show_cell_limit(const struct show_device *device);

#endif
