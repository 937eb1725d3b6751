// SPDX-License-Identifier: GPL-2.0-or-later
/* Facts about the lower devices of macvtaps. What cannot be told of them is as the XML has it. */
#ifndef VIRT_NETBOOT_GATHER_LOWER_H
#define VIRT_NETBOOT_GATHER_LOWER_H

#include "facts.h"
#include "guest.h"

/* What a macvtap is on that is made on the device of this name. Return: its name, or the same if
 * that cannot be told; the facts', or @name itself. */
const char *gather_lower(struct host_facts *facts, const char *name);

/* What a guest's macvtaps are on, those of them that are among the facts' ports, or will be on. */
void gather_guest_lowers(struct host_facts *facts, const struct guest *guest);

/* Where DHCP servers of this host are there. */
void gather_lower_servers(struct host_facts *facts);

#endif
