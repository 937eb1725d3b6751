// SPDX-License-Identifier: GPL-2.0-or-later
/* The legacy table "filter", where it is in use: model/firewall.h. What these take and give is as
 * in host.h. */
#ifndef VIRT_NETBOOT_LEGACY_FILTER_H
#define VIRT_NETBOOT_LEGACY_FILTER_H

#include "firewall.h"

int legacy4_filter_read(struct firewall_facts *facts);
int legacy6_filter_read(struct firewall_facts *facts);

#endif
