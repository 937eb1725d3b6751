// SPDX-License-Identifier: GPL-2.0-or-later
/* Whether firewalld has made its rules. */
#ifndef VIRT_NETBOOT_FIREWALLD_WAIT_H
#define VIRT_NETBOOT_FIREWALLD_WAIT_H

/**
 * firewalld_wait() - wait until firewalld answers, if it runs
 * @seconds:	at most
 *
 * When it starts or is reloaded it may delete all rules of iptables, whoever made them, and
 * then makes its own. It answers nobody meanwhile.
 *
 * Return: 0; -ENOENT if it does not run; -ETIMEDOUT; or another negative errno.
 */
int firewalld_wait(unsigned int seconds);

#endif
