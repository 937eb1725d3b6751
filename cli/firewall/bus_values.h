// SPDX-License-Identifier: GPL-2.0-or-later
/* Values in a message of the system bus. What is of another type is left out. */
#ifndef VIRT_NETBOOT_BUS_VALUES_H
#define VIRT_NETBOOT_BUS_VALUES_H

#include "bus.h"

/* Return: the message's, or NULL. */
const char *bus_read_text(struct bus *bus, sd_bus_message *message);

/* Takes one text of a list. */
typedef void bus_text_taker(void *to, const char *text);

void bus_read_texts(struct bus *bus, sd_bus_message *message, bus_text_taker *take, void *to);

/* Reads the value of one key. */
typedef void bus_value_reader(struct bus *bus, sd_bus_message *message, const char *key, void *to);

/* A dictionary whose entries are of type @entry, "sv" for instance. */
void bus_read_dictionary(struct bus *bus, sd_bus_message *message, const char *entry,
	bus_value_reader *read, void *to);

#endif
