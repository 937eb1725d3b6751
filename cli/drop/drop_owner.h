// SPDX-License-Identifier: GPL-2.0-or-later
/* Whose rule it is, and what to do about it. Pure. */
#ifndef VIRT_NETBOOT_DROP_OWNER_H
#define VIRT_NETBOOT_DROP_OWNER_H

#include "drop.h"
#include "firewall.h"

/* Fill in owner, remedy, cure and advice of a drop; @bridge is empty for a macvtap. */
void drop_name_owner(struct drop *drop, const struct firewall_facts *facts, const char *bridge);

/**
 * drop_docker_user_is_free() - whether an ACCEPT for a bridge can be the first rule of DOCKER-USER
 *
 * In the tables of iptables of this family. Return: false if an administrator's rule there may drop
 * what the bridge forwards, which the ACCEPT would keep it from; or if the rules are not known.
 */
bool drop_docker_user_is_free(
	const struct firewall_facts *facts, enum firewall_family family, const char *bridge);

#endif
