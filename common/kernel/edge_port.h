// SPDX-License-Identifier: GPL-2.0-or-later
#ifndef VIRT_NETBOOT_EDGE_PORT_H
#define VIRT_NETBOOT_EDGE_PORT_H

#include <stdbool.h>

/*
 * Wait until no other process is making an edge port on this bridge, and finish what one has left
 * half done. Return: false if none can have been.
 */
bool edge_port_settle(unsigned int bridge);

#endif
