// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Transmit checksumming of a bridge. Off, the kernel fills every packet that goes out through it,
 * also those of TCP, and cuts them all up before (no segmentation offload without checksumming
 * [linux net/core/dev.c, netdev_fix_features()]). That it was us who switched it off is noted
 * beside the bridge's lock, because what an administrator switched off is not ours to switch on.
 *
 * An administrator's later change wins. If checksumming is found on, he switched it on, and the
 * note goes; every event that reads the bridge looks. The note is written after the switch and
 * removed before the switch back: a process that is killed between the two leaves no note.
 * Checksumming then stays off, until the administrator switches it on, but his own "off" is never
 * switched on.
 */
#include "bridge_lock.h"
#include "cleanup.h"
#include "ethtool.h"
#include "host.h"
#include "only_look.h"

#include <errno.h>

bool host_tx_checksum_is_off(const char *name)
{
	uint32_t on = 0;

	return ethtool_value(name, ETHTOOL_GTXCSUM, &on) == 0 && !on;
}

static int note_switch(unsigned int ifindex, bool off, struct bridge_history *history)
{
	history->tx_checksum_off = off;
	return bridge_lock_note(ifindex, history);
}

/* Read the state under the lock, and remove a note that is not true any more. */
static int read_switch(
	const char *name, unsigned int ifindex, struct bridge_history *history, bool *off)
{
	uint32_t on = 0;
	int result = ethtool_value(name, ETHTOOL_GTXCSUM, &on);

	*off = !on;
	if (result == 0 && on && history->tx_checksum_off && !look_only())
		result = note_switch(ifindex, false, history);
	return result;
}

int host_tx_checksum_is_ours(const char *name, unsigned int ifindex, bool *ours)
{
	struct bridge_history history;
	bool off = false;

	*ours = false;
	int noted = bridge_lock_peek(ifindex, &history);
	if (noted <= 0 || !history.tx_checksum_off)
		return noted < 0 ? noted : 0;
	CLEANUP(cleanup_fd) int lock = bridge_lock(ifindex, false, &history);
	if (lock < 0)
		return lock;
	int result = read_switch(name, ifindex, &history, &off);
	*ours = result == 0 && off && history.tx_checksum_off;
	return result;
}

static int set_switch(const char *name, bool on)
{
	uint32_t value = on;
	int result = ethtool_value(name, ETHTOOL_STXCSUM, &value);

	if (result == 0 && host_tx_checksum_is_off(name) == on)
		result = -EPROTO;
	return result;
}

/* What cannot be noted is not done. */
static int switch_off(const char *name, unsigned int ifindex, struct bridge_history *history)
{
	int result = set_switch(name, false);

	if (result != 0)
		return result;
	result = note_switch(ifindex, true, history);
	if (result != 0)
		(void)set_switch(name, true);
	return result;
}

static int switch_on(const char *name, unsigned int ifindex, struct bridge_history *history)
{
	int result = note_switch(ifindex, false, history);

	if (result != 0)
		return result;
	result = set_switch(name, true);
	if (result != 0)
		(void)note_switch(ifindex, true, history);
	return result;
}

int host_tx_checksum_set(const char *name, unsigned int ifindex, bool on)
{
	struct bridge_history history;
	CLEANUP(cleanup_fd) int lock = bridge_lock(ifindex, true, &history);
	bool off;

	if (lock < 0)
		return lock;
	int result = read_switch(name, ifindex, &history, &off);
	if (result != 0 || off == !on || (on && !history.tx_checksum_off))
		return result;
	return on ? switch_on(name, ifindex, &history) : switch_off(name, ifindex, &history);
}
