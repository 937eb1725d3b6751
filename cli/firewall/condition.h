// SPDX-License-Identifier: GPL-2.0-or-later
/* Which conditions of nftables a client's DHCP request meets. */
#ifndef VIRT_NETBOOT_CONDITION_H
#define VIRT_NETBOOT_CONDITION_H

#include "ruleset.h"

/*
 * Put a condition into a rule: that @left, an expression, is (or is not: @inverted) @right, a
 * value, a range, a prefix, a list or a set of these.
 */
void condition_read(struct firewall_rule *rule, const struct firewall_chain *chain,
	const struct named_sets *sets, struct json_object *left, struct json_object *right,
	bool inverted);

/* A condition that is not understood. */
void condition_unknown(struct firewall_rule *rule);

#endif
