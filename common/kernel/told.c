// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whether the log has the finding that is logged once for each bridge. It is noted until the next
 * boot, or until the bridge is deleted.
 */
#include "bridge_lock.h"
#include "cleanup.h"
#include "host.h"

#include <errno.h>

bool host_is_told(unsigned int bridge)
{
	struct bridge_history history;

	return bridge_lock_peek(bridge, &history) > 0 && history.told &&
	       bridge_lock_is_same(bridge, &history);
}

int host_note_told(unsigned int bridge)
{
	struct bridge_history history;
	CLEANUP(cleanup_fd) int lock = bridge_lock(bridge, true, &history);

	if (lock < 0)
		return lock;
	if (history.told)
		return -EALREADY;
	history.told = true;
	return bridge_lock_note(bridge, &history);
}
