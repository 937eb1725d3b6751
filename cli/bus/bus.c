// SPDX-License-Identifier: GPL-2.0-or-later
#include "bus.h"

#include "clock.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>

#define LIBRARY "libsystemd.so.0"
#define DESTINATION "org.fedoraproject.FirewallD1"
#define OBJECT "/org/fedoraproject/FirewallD1"
#define OBJECT_CONFIG OBJECT "/config"

/* It stays loaded until the process ends. */
static int load(struct bus *bus)
{
	void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	void *symbol = NULL;

	if (!library)
		return -ENOENT;
#define BUS_LOAD(name)                  \
	symbol = dlsym(library, #name); \
	if (!symbol)                    \
		return -ENOENT;         \
	memcpy(&bus->name, &symbol, sizeof(symbol));
	BUS_FUNCTIONS(BUS_LOAD)
#undef BUS_LOAD
	return 0;
}

/* Microseconds, at least one: for sd-bus 0 means its own limit, 25 s. */
static uint64_t time_left(const struct bus *bus)
{
	long long left = (bus->deadline - clock_now()) / 1000;

	return left > 0 ? (uint64_t)left : 1;
}

/* The connection is made and accepted step by step. A call would wait for it without our limit. */
static int wait_until_ready(struct bus *bus)
{
	while (clock_now() < bus->deadline) {
		int result = bus->sd_bus_process(bus->connection, NULL);
		if (result < 0)
			return result;
		if (bus->sd_bus_is_ready(bus->connection) > 0)
			return 0;
		if (result == 0)
			result = bus->sd_bus_wait(bus->connection, time_left(bus));
		if (result < 0 && result != -EINTR)
			return result;
	}
	return -ETIMEDOUT;
}

int bus_open(struct bus *bus, unsigned int milliseconds)
{
	*bus = (struct bus){.deadline = clock_now() + milliseconds * NANOSECONDS_PER_MILLISECOND};
	int result = load(bus);

	if (result == 0)
		result = bus->sd_bus_open_system(&bus->connection);
	return result < 0 ? result : wait_until_ready(bus);
}

void bus_close(struct bus *bus)
{
	if (!bus->connection)
		return;
	bus->sd_bus_close(bus->connection);
	bus->sd_bus_unref(bus->connection);
}

static int add_arguments(struct bus *bus, sd_bus_message *request, const char *const *arguments)
{
	int result = bus->sd_bus_message_set_auto_start(request, 0);

	for (; *arguments && result >= 0; arguments++)
		result = bus->sd_bus_message_append_basic(request, 's', *arguments);
	return result;
}

int bus_call(struct bus *bus, const char *interface, const char *method,
	const char *const *arguments, sd_bus_message **reply)
{
	sd_bus_message *request = NULL;
	const char *object = strcmp(interface, BUS_CONFIG) == 0 ? OBJECT_CONFIG : OBJECT;

	*reply = NULL;
	int result = bus->sd_bus_message_new_method_call(
		bus->connection, &request, DESTINATION, object, interface, method);
	if (result >= 0)
		result = add_arguments(bus, request, arguments);
	if (result >= 0)
		result = bus->sd_bus_call(bus->connection, request, time_left(bus), NULL, reply);
	bus->sd_bus_message_unref(request);
	return result < 0 ? result : 0;
}

bool bus_is_absence(int result)
{
	return result == -EHOSTUNREACH || result == -ENXIO || result == -ENOENT ||
	       result == -ECONNREFUSED;
}
