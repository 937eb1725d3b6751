// SPDX-License-Identifier: GPL-2.0-or-later
#include "bus_values.h"

#include <stdio.h>

const char *bus_read_text(struct bus *bus, sd_bus_message *message)
{
	const char *text = NULL;

	return bus->sd_bus_message_read_basic(message, 's', &text) > 0 ? text : NULL;
}

void bus_read_texts(struct bus *bus, sd_bus_message *message, bus_text_taker *take, void *to)
{
	const char *text;

	if (bus->sd_bus_message_enter_container(message, 'a', "s") <= 0)
		return;
	while ((text = bus_read_text(bus, message)))
		take(to, text);
	bus->sd_bus_message_exit_container(message);
}

void bus_read_dictionary(struct bus *bus, sd_bus_message *message, const char *entry,
	bus_value_reader *read, void *to)
{
	char array[16];

	snprintf(array, sizeof(array), "{%s}", entry);
	if (bus->sd_bus_message_enter_container(message, 'a', array) <= 0)
		return;
	while (bus->sd_bus_message_enter_container(message, 'e', entry) > 0) {
		const char *key = bus_read_text(bus, message);
		if (key)
			read(bus, message, key, to);
		bus->sd_bus_message_exit_container(message);
	}
	bus->sd_bus_message_exit_container(message);
}
