// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One process at a time for each bridge, or for each port that is watched; and what the one before
 * has left to know.
 *
 * There is one file for each network namespace, /run/virt-netboot/INODE, which nobody but root can
 * open. A lock is on a range of its bytes that is the bridge's or the port's alone, and ends with
 * the process.
 */
#ifndef VIRT_NETBOOT_BRIDGE_LOCK_H
#define VIRT_NETBOOT_BRIDGE_LOCK_H

#include <stdbool.h>
#include <stdint.h>

/* What was done to a bridge; the times, ns of CLOCK_MONOTONIC or 0, are those of its hello timer.
 * See edge_port.c, tx_checksum.c and told.c. The size must stay: a new version finds the notes of
 * the one before. */
struct bridge_history {
	int64_t armed;           /* when we armed it last */
	int64_t hello;           /* a hello is known to have been sent then */
	int32_t open;            /* not 0: whoever noted this was about to switch STP off and on */
	int32_t told;            /* not 0: the log has the finding that is logged once */
	int64_t tx_checksum_off; /* not 0: by us */
};

/**
 * bridge_lock() - wait until no other process has the bridge
 * @bridge:	ifindex
 * @create:	make the file if there is none
 * @history:	what bridge_lock_note() noted last, or zeros
 *
 * Return: a descriptor that holds the lock until it is closed, or a negative errno.
 */
int bridge_lock(unsigned int bridge, bool create, struct bridge_history *history);

/**
 * bridge_lock_peek() - read what was noted last, without the lock
 * @bridge:	ifindex
 * @history:	filled in, or zeros
 *
 * Nothing is waited for, and no file is made. What is to be done about a note is decided under the
 * lock, where it is read again. Return: false if nothing was noted.
 */
bool bridge_lock_peek(unsigned int bridge, struct bridge_history *history);

/* Note @history for the next process. Return: 0 or a negative errno. */
int bridge_lock_note(int lock, unsigned int bridge, const struct bridge_history *history);

#endif
