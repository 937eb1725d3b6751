// SPDX-License-Identifier: GPL-2.0-or-later
/* What lies beyond a guest's port: whether its packets get anywhere once the port forwards. */
#ifndef VIRT_NETBOOT_GATHER_PATH_H
#define VIRT_NETBOOT_GATHER_PATH_H

#include "facts.h"

/*
 * Fill in @port's path, of which port and bridge are known. One dump of the bridge's ports where
 * the port is up and the bridge delays new ones, and nothing elsewhere; a dump of UDP sockets only
 * where no uplink forwards.
 */
void gather_path(struct port_facts *port);

#endif
