// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a bridge was like before a setting of ours; by whoever has its lock. Where it cannot be
 * noted the setting is made all the same: the repair matters more than that it can be taken back.
 */
#ifndef VIRT_NETBOOT_BRIDGE_NOTE_H
#define VIRT_NETBOOT_BRIDGE_NOTE_H

#include "bridge_lock.h"

/* Note that its forward delay is about to be @delay, 1/100 s, if that is shorter: what we make
 * longer is taken back. Return: 0 or a negative errno. */
int bridge_note_delay(unsigned int bridge, unsigned int delay, struct bridge_history *history);

/* The same after it was set: if it is what it was before us, the note goes. */
void bridge_note_delay_done(
	unsigned int bridge, unsigned int delay, struct bridge_history *history);

/* Note that we have switched its STP off. */
void bridge_note_stp(unsigned int bridge, struct bridge_history *history);

#endif
