// SPDX-License-Identifier: GPL-2.0-or-later
/* Whose rule it is, and what to do about it. Pure. */
#ifndef VIRT_NETBOOT_DROP_OWNER_H
#define VIRT_NETBOOT_DROP_OWNER_H

#include "drop.h"
#include "firewall.h"

/* Fill in owner, cure and advice of a drop; @bridge is empty for a macvtap. */
void drop_name_owner(struct drop *drop, const struct firewall_facts *facts, const char *bridge);

#endif
