// SPDX-License-Identifier: GPL-2.0-or-later
#ifndef VIRT_NETBOOT_FIREWALLD_H
#define VIRT_NETBOOT_FIREWALLD_H

#include "firewall.h"

/*
 * Ask firewalld for its zones, by the system bus; it is not started. All of it takes a second at
 * most. Without the library, the bus or an answer, @firewalld is unknown if @expected says that
 * firewalld is there, and else it is not running.
 */
void firewalld_read(struct firewalld *firewalld, bool expected);

#endif
