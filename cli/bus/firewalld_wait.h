// SPDX-License-Identifier: GPL-2.0-or-later
/* Whether firewalld has made its rules. */
#ifndef VIRT_NETBOOT_FIREWALLD_WAIT_H
#define VIRT_NETBOOT_FIREWALLD_WAIT_H

/**
 * firewalld_wait() - wait until firewalld answers, if it runs
 *
 * When it starts and is reloaded it deletes all rules of iptables, and then makes its own. It
 * answers nobody meanwhile.
 *
 * Return: 0, also if it does not run; -ETIMEDOUT after FIREWALLD_LIMIT seconds.
 */
int firewalld_wait(void);
#define FIREWALLD_LIMIT 20

#endif
