// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * firewalld has its name on the bus before it makes its rules, and its calls are answered by the
 * loop that runs after that [firewalld src/firewall/server/server.py, run_server()]. For systemd it
 * has started when it has its name [config/firewalld.service.in: Type=dbus]; newer versions ask it
 * for its state there, before what comes after them may start.
 */
#include "firewalld_wait.h"

#include "bus.h"
#include "cleanup.h"
#include "clock.h"

#include <errno.h>
#include <stddef.h>

static int ask(struct bus *bus)
{
	static const char *const no_arguments[] = {NULL};
	sd_bus_message *reply = NULL;
	int result = bus_call(
		bus, "org.fedoraproject.FirewallD1", "getDefaultZone", no_arguments, &reply);

	bus->sd_bus_message_unref(reply);
	return result;
}

int firewalld_wait(unsigned int seconds)
{
	CLEANUP(bus_close) struct bus bus;
	int result = bus_open(&bus, seconds * 1000);

	if (result == 0)
		result = ask(&bus);
	/* Where firewalld ends without an answer, the bus answers like this before the time. */
	while (result == -ETIMEDOUT && clock_now() < bus.deadline)
		result = ask(&bus);
	return bus_is_absence(result) ? -ENOENT : result;
}
