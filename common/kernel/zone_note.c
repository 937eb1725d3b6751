// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The zone of firewalld's that a device was put into. Whether it is in that zone still only
 * firewalld knows, so whoever reads the note asks.
 */
#include "bridge_lock.h"
#include "cleanup.h"
#include "host.h"
#include "only_look.h"

#include <errno.h>
#include <string.h>

/* A note is believed no further than it can be right. */
static void end_names(struct zone_note *note)
{
	note->before[ZONE_SIZE - 1] = '\0';
	note->set[ZONE_SIZE - 1] = '\0';
}

int host_zone_noted(unsigned int ifindex, struct zone_note *note)
{
	struct bridge_history history;

	*note = (struct zone_note){0};
	int noted = bridge_lock_peek(ifindex, &history);
	if (noted <= 0 || !*history.zone.set)
		return noted < 0 ? noted : 0;
	CLEANUP(cleanup_fd) int lock = bridge_lock(ifindex, false, &history);
	if (lock < 0)
		return lock;
	*note = history.zone;
	end_names(note);
	return 0;
}

int host_note_zone(unsigned int ifindex, const struct zone_note *note)
{
	struct bridge_history history;

	if (look_only())
		return -EROFS;
	CLEANUP(cleanup_fd) int lock = bridge_lock(ifindex, true, &history);
	if (lock < 0)
		return lock;
	if (memcmp(&history.zone, note, sizeof(*note)) == 0)
		return 0;
	history.zone = *note;
	return bridge_lock_note(ifindex, &history);
}
