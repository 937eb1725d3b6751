// SPDX-License-Identifier: GPL-2.0-or-later
#ifndef VIRT_NETBOOT_RULE_H
#define VIRT_NETBOOT_RULE_H

#include "ruleset.h"

/* Add a rule to its chain, by its list of statements; one with a verdict map is added as several,
 * one for each element. */
void rule_read(struct firewall_chain *chain, const struct named_sets *sets,
	struct json_object *statements);

#endif
