// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The system bus, by libsystemd, which is loaded when it is needed: a host need not have it. Nobody
 * is started by a call, and all calls together have a time limit.
 */
#ifndef VIRT_NETBOOT_BUS_H
#define VIRT_NETBOOT_BUS_H

#include <stdbool.h>
#include <systemd/sd-bus.h>

/* What is used of sd-bus(3). */
#define BUS_FUNCTIONS(X)                  \
	X(sd_bus_open_system)             \
	X(sd_bus_is_ready)                \
	X(sd_bus_process)                 \
	X(sd_bus_wait)                    \
	X(sd_bus_close)                   \
	X(sd_bus_unref)                   \
	X(sd_bus_call)                    \
	X(sd_bus_message_new_method_call) \
	X(sd_bus_message_set_auto_start)  \
	X(sd_bus_message_append_basic)    \
	X(sd_bus_message_read_basic)      \
	X(sd_bus_message_enter_container) \
	X(sd_bus_message_exit_container)  \
	X(sd_bus_message_skip)            \
	X(sd_bus_message_unref)

struct bus {
#define BUS_POINTER(name) __typeof__ (&(name))(name);
	BUS_FUNCTIONS(BUS_POINTER)
#undef BUS_POINTER
	sd_bus *connection;
	long long deadline; /* clock_now() */
};

/* Connect within @milliseconds, in which all calls have to end, too. Return: 0 or a negative errno;
 * the caller closes it with bus_close(), also after an error. */
int bus_open(struct bus *bus, unsigned int milliseconds);
void bus_close(struct bus *bus);

/* The interface of its permanent configuration, which is an object of its own; all others are of
 * firewalld as it runs. */
#define BUS_CONFIG "org.fedoraproject.FirewallD1.config"

/**
 * bus_call() - call a method of firewalld's
 * @interface, @method:	of either of its two objects
 * @arguments:	text, and NULL behind the last one
 * @reply:	the answer; NULL after an error
 *
 * Return: 0 or a negative errno.
 */
int bus_call(struct bus *bus, const char *interface, const char *method,
	const char *const *arguments, sd_bus_message **reply);

/* True for what these answer where nobody has firewalld's name, or there is no bus or library. */
bool bus_is_absence(int result);

#endif
