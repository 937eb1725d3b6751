// SPDX-License-Identifier: GPL-2.0-or-later
/* Who may switch the hooks. */
#ifndef VIRT_NETBOOT_ONE_AT_A_TIME_H
#define VIRT_NETBOOT_ONE_AT_A_TIME_H

#include <stdbool.h>

/**
 * one_at_a_time() - wait until no other enable, disable or repair is at work on the same files
 * @root:	the tree of files, "" for this host's own
 * @lock:	gets a descriptor that keeps others waiting until it is closed; -1 if there is no
 *		place for a lock
 *
 * Return: false, after a message, if another does not end.
 */
bool one_at_a_time(const char *root, int *lock);

#endif
