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

#include <errno.h>
#include <stddef.h>

int firewalld_wait(unsigned int seconds)
{
	static const char *const no_arguments[] = {NULL};
	CLEANUP(bus_close) struct bus bus;
	sd_bus_message *reply = NULL;
	int result = bus_open(&bus, seconds * 1000);

	if (result != 0)
		return bus_is_absence(result) ? -ENOENT : result;
	result = bus_call(
		&bus, "org.fedoraproject.FirewallD1", "getDefaultZone", no_arguments, &reply);
	bus.sd_bus_message_unref(reply);
	return bus_is_absence(result) ? -ENOENT : result;
}
