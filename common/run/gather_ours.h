// SPDX-License-Identifier: GPL-2.0-or-later
#ifndef VIRT_NETBOOT_GATHER_OURS_H
#define VIRT_NETBOOT_GATHER_OURS_H

#include "facts.h"

/*
 * Everything of ours in this network namespace, for plan_undo(); the caller frees it with
 * host_facts_clear(), also after an error. Return: 0, or the first negative errno, each after a
 * message.
 */
int gather_ours(struct host_facts *facts);

#endif
