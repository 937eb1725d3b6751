// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One process at a time for each bridge, or for each port that is watched; and what the one before
 * has left to know.
 *
 * There are two files for each network namespace, which nobody but root can open. In
 * /run/virt-netboot/INODE a lock is on a range of bytes that is the bridge's or the port's alone,
 * and ends with the process. The notes are in INODE.devices. INODE.docker-user
 * is empty, and there if a rule of ours may have been made in DOCKER-USER since the host booted.
 */
#ifndef VIRT_NETBOOT_BRIDGE_LOCK_H
#define VIRT_NETBOOT_BRIDGE_LOCK_H

#include "device_key.h"
#include "facts.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * What was done to a bridge, or of the zone to any device; the times are ns of CLOCK_MONOTONIC, or
 * 0. See edge_port.c, tx_checksum.c, told.c, bridge_note.c and zone_note.c.
 *
 * Notes of one device are never shown for another that has its ifindex. A version that has other
 * notes must keep them in a file of another name, as this one does: 0.1.0 had its own in the file
 * of the locks, and builds between the two, which were not released, in INODE.notes. While one
 * version replaces another they share the locks, and neither reads what the other has noted. A file
 * of theirs stays until the next boot, and what only they knew is not taken back.
 */
struct bridge_history {
	struct device_key key;   /* whose notes these are; set by bridge_lock() */
	int64_t armed;           /* when we armed its hello timer last */
	int64_t hello;           /* a hello is known to have been sent then */
	int64_t left_off;        /* STP was seen to be off then, and it was us who left it so */
	int64_t left_off_timer;  /* and when its hello timer was to expire */
	int32_t told;            /* not 0: the log has the finding that is logged once */
	int32_t tx_checksum_off; /* not 0: by us */
	uint32_t delay_before;   /* its forward delay before we set it, 1/100 s, or 0 */
	uint32_t delay_set;      /* and what we set */
	struct zone_note zone;   /* of firewalld's */
	int32_t stp_off;         /* not 0: by us, to stay so */
	int32_t unused;
};

/**
 * bridge_lock() - wait until no other process has the bridge
 * @bridge:	ifindex
 * @create:	make the file if there is none
 * @history:	what bridge_lock_note() noted last of this device, or zeros
 *
 * Return: a descriptor that holds the lock until it is closed, or a negative errno.
 */
int bridge_lock(unsigned int bridge, bool create, struct bridge_history *history);

/**
 * bridge_lock_peek() - read what was noted last, without the lock
 * @bridge:	ifindex
 * @history:	filled in, or zeros
 *
 * It may be about a device that has gone; see bridge_lock_is_same(). Nothing is waited for, and no
 * file is made. What is to be done about a note is decided under the lock, where it is read again.
 *
 * Return: 1; 0 if nothing was noted; or a negative errno.
 */
int bridge_lock_peek(unsigned int bridge, struct bridge_history *history);

/* Note @history for the next process; by whoever has the lock. Return: 0 or a negative errno. */
int bridge_lock_note(unsigned int bridge, const struct bridge_history *history);

/* False if the device that @history is about is known to have gone, whatever has its ifindex now.
 */
bool bridge_lock_is_same(unsigned int bridge, const struct bridge_history *history);

/* Note, before it is made, that a rule of ours may be in DOCKER-USER: host_docker_user_was_made().
 * Return: 0 or a negative errno. */
int docker_user_note(void);

#endif
