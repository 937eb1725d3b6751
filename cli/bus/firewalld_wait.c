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

int firewalld_wait(void)
{
	static const char *const no_arguments[] = {NULL};
	CLEANUP(bus_close) struct bus bus;
	sd_bus_message *reply = NULL;
	int result = bus_open(&bus, FIREWALLD_LIMIT * 1000);

	if (result != 0)
		return result == -ETIMEDOUT ? result : 0;
	result = bus_call(
		&bus, "org.fedoraproject.FirewallD1", "getDefaultZone", no_arguments, &reply);
	bus.sd_bus_message_unref(reply);
	/* Any error of its own is an answer, too. */
	return result == -ETIMEDOUT ? result : 0;
}
