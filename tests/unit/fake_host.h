// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * host.h without a host: answers from a scenario, records what is done, and refuses nothing
 * that the kernel would not refuse. What was done shows in later answers, so that running
 * an event twice can be tested.
 */
#ifndef VIRT_NETBOOT_FAKE_HOST_H
#define VIRT_NETBOOT_FAKE_HOST_H

#include "host.h"

#include <stdio.h>

/* A bridge of the scenario, and what serves it. */
struct fake_bridge {
	struct bridge_state state;
	bool dhcp_server[IP_FAMILIES];
	struct fill_state fill[IP_FAMILIES];
};

/* A guest's port on one of them. */
struct fake_port {
	const char *bridge;
	struct bridge_port port;
};

struct fake_host {
	struct fake_bridge bridges[8];
	struct fake_port ports[16];
	bool hello_due; /* a port has to wait for the bridge's next hello */
	bool stp_program;
	bool vhost_net;
	struct fill_support support;
	int get_error; /* what the functions that ask return instead of an answer */
	int set_error; /* what the functions that change return instead of changing */
	FILE *record;  /* gets a line for each change */
};

extern struct fake_host fake_host;

#endif
