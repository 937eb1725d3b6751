// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * STP that a process of ours has left off (kernel/edge_port.c): the hooks, and what goes on in the
 * background, switch it on again where they meet it. That is logged at once, for such a process may
 * end any time. Of the command only `repair` does.
 */
#ifndef VIRT_NETBOOT_RECOVER_H
#define VIRT_NETBOOT_RECOVER_H

#include "plan.h"

/* From now on, in this process and those that it forks. @teller is told, too, unless it is NULL. */
void recover_stp(void (*teller)(const struct action *done));

#endif
