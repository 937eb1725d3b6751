// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * [firewalld src/firewall/server/firewalld.py, src/firewall/core/fw_zone.py]
 *
 *     zone.getZoneOfInterface(s interface) -> s, empty if it is in no zone of its own
 *     zone.changeZoneOfInterface(s zone, s interface) -> s, also of one that is in none
 *     zone.removeInterface(s zone, s interface) -> s, from whichever it is in if that is empty; an
 *     error if it is in none
 *
 * They are about the configuration as it runs, which firewalld forgets when it is reloaded or ends.
 * About the one that it then takes instead [config.py]:
 *
 *     config.getZoneOfInterface(s interface) -> s, likewise
 */
#include "zone.h"

#include "bus.h"
#include "cleanup.h"

#include <errno.h>
#include <string.h>

#define ZONE "org.fedoraproject.FirewallD1.zone"

/* Milliseconds. A change takes as long as firewalld needs for its rules; a call that was given up
 * may be carried out still. */
#define LOOK_LIMIT 1000
#define CHANGE_LIMIT 10000

static int read_zone(
	struct bus *bus, const char *interface, const char *device, char zone[ZONE_SIZE])
{
	const char *const arguments[] = {device, NULL};
	sd_bus_message *reply = NULL;
	const char *text = NULL;
	int result = bus_call(bus, interface, "getZoneOfInterface", arguments, &reply);

	*zone = '\0';
	if (result == 0 && bus->sd_bus_message_read_basic(reply, 's', &text) <= 0)
		result = -EPROTO;
	if (result == 0 && strlen(text) >= ZONE_SIZE)
		result = -ENAMETOOLONG;
	if (result == 0)
		memcpy(zone, text, strlen(text) + 1);
	bus->sd_bus_message_unref(reply);
	return result;
}

static int change_zone(struct bus *bus, const char *device, const char *zone)
{
	const char *const arguments[] = {zone, device, NULL};
	sd_bus_message *reply = NULL;
	int result = bus_call(
		bus, ZONE, *zone ? "changeZoneOfInterface" : "removeInterface", arguments, &reply);

	bus->sd_bus_message_unref(reply);
	return result;
}

static int set_zone(struct bus *bus, const char *device, const char *zone)
{
	char now[ZONE_SIZE];
	int result = read_zone(bus, ZONE, device, now);

	if (result != 0 || strcmp(now, zone) == 0)
		return result;
	result = change_zone(bus, device, zone);
	if (result == 0)
		result = read_zone(bus, ZONE, device, now);
	if (result == 0 && strcmp(now, zone) != 0)
		result = -EPROTO;
	return result;
}

static int ask(const char *interface, const char *device, char zone[ZONE_SIZE])
{
	CLEANUP(bus_close) struct bus bus;
	int result = bus_open(&bus, LOOK_LIMIT);

	*zone = '\0';
	if (result == 0)
		result = read_zone(&bus, interface, device, zone);
	return bus_is_absence(result) ? -ENOENT : result;
}

int zone_of(const char *device, char zone[ZONE_SIZE])
{
	return ask(ZONE, device, zone);
}

int zone_kept(const char *device, char zone[ZONE_SIZE])
{
	return ask(BUS_CONFIG, device, zone);
}

int zone_set(const char *device, const char *zone)
{
	CLEANUP(bus_close) struct bus bus;
	int result = bus_open(&bus, CHANGE_LIMIT);

	if (result == 0)
		result = set_zone(&bus, device, zone);
	return bus_is_absence(result) ? -ENOENT : result;
}
