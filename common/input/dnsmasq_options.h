// SPDX-License-Identifier: GPL-2.0-or-later
/* Options that a network's XML gives to libvirt's dnsmasq by itself, in <dnsmasq:options>: libvirt
 * writes them into its configuration as they are, and knows nothing of what they serve. */
#ifndef VIRT_NETBOOT_DNSMASQ_OPTIONS_H
#define VIRT_NETBOOT_DNSMASQ_OPTIONS_H

#include "network.h"

#include <libxml/tree.h>

/* Add what the options of a <network> have dnsmasq serve. */
void dnsmasq_options_read(const xmlNode *network, struct network_service services[IP_FAMILIES]);

#endif
