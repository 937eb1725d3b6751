// SPDX-License-Identifier: GPL-2.0-or-later
/* Reads the firewalls of this host: model/firewall.h. Nothing is changed, loaded or started. */
#ifndef VIRT_NETBOOT_FIREWALL_READ_H
#define VIRT_NETBOOT_FIREWALL_READ_H

#include "firewall.h"

/**
 * firewall_read() - read rules of nftables, firewalld's zones, and who else is there
 * @facts:	filled in, for firewall_clear(), also after an error. The legacy tables are not
 *read: host.h
 *
 * One dump of the rules, a second one if there are sets of ports or devices, and one conversation
 *with firewalld, which may take a second.
 *
 * Return: 0; -EPERM if only root may; or another negative errno, after a message.
 */
int firewall_read(struct firewall_facts *facts);

#endif
