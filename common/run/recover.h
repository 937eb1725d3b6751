// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * STP that a process of ours has left off (kernel/edge_port.c): the hooks, and what goes on in the
 * background, switch it on again where they meet it. That is logged at once, for such a process may
 * end any time. The command changes nothing that it only looks at, and does not.
 */
#ifndef VIRT_NETBOOT_RECOVER_H
#define VIRT_NETBOOT_RECOVER_H

/* From now on, in this process and those that it forks. */
void recover_stp(void);

#endif
