// SPDX-License-Identifier: GPL-2.0-or-later
/* Following packets through legacy tables: what needs a change to the host, which is taken back. */
#ifndef VIRT_NETBOOT_DROP_LEGACY_H
#define VIRT_NETBOOT_DROP_LEGACY_H

#include "drop_seen.h"

struct drop_legacy;

/* True if there are legacy tables in this network namespace. None is brought into use. */
bool drop_legacy_in_use(void);

/* True if they tell of marked packets already, but to the kernel's log. */
bool drop_legacy_is_loud(void);

/**
 * drop_legacy_open() - have legacy tables tell of packets that are marked
 * @legacy:	gets what has to be closed
 * @trouble:	gets why it cannot be done, in a sentence, static; or NULL
 *
 * Return: 0; -EBUSY if another program does so; or another negative errno.
 */
int drop_legacy_open(struct drop_legacy **legacy, const char **trouble);

/* Take what was told of a client's packets. */
void drop_legacy_read(
	struct drop_legacy *legacy, const unsigned char *client, struct drop_seen *seen);

/* All is as it was when this returns. */
void drop_legacy_close(struct drop_legacy **legacy);

/* The rule, or with @number 0 the policy, as iptables-legacy lists it; the caller frees. NULL if
 * that is not to be had. */
char *drop_legacy_text(const char *table, const char *chain, unsigned int number);

#endif
