// SPDX-License-Identifier: GPL-2.0-or-later
/* The lock that iptables takes with -w, which keeps two programs from replacing a table at once. */
#ifndef VIRT_NETBOOT_XTABLES_LOCK_H
#define VIRT_NETBOOT_XTABLES_LOCK_H

/* Return: a descriptor that holds the lock until it is closed, or a negative errno. */
int xtables_lock(void);

#endif
