// SPDX-License-Identifier: GPL-2.0-or-later
/* Commands that let a bridge's DHCP through a firewall. For firewall_plan.c only. */
#ifndef VIRT_NETBOOT_FIREWALL_CURE_H
#define VIRT_NETBOOT_FIREWALL_CURE_H

#include "firewall.h"

/* As cure_command(): have @chain accept requests that come in by the bridge; the caller frees. */
char *firewall_input_cure(const struct firewall_facts *facts, const struct firewall_chain *chain,
	const char *bridge, enum ip_family family);

/* Have it accept what the bridge forwards. */
char *firewall_forward_cure(
	const struct firewall_facts *facts, const struct firewall_chain *chain, const char *bridge);

#endif
