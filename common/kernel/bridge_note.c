// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Settings of a bridge that are taken back: what they were before.
 *
 * The forward delay is noted before it is set. A process that is killed between the two leaves a
 * note of what was never set, and a later one believes a note only while the delay is exactly what
 * was to be set: whatever it is otherwise, somebody else has chosen it, and it stays. Found so, the
 * note goes. That an administrator has since set the very value that we had set cannot be told.
 *
 * What a bridge that is not the root has for itself cannot be read: the kernel tells the root's
 * delay [linux net/bridge/br_netlink.c, br_fill_info(), and br_stp.c, __br_set_forward_delay()]. So
 * nothing is noted of it then, and a note is kept, and only told, until it is the root again.
 *
 * STP that was switched off is noted afterwards, since it is only told, never taken back.
 */
#include "bridge_note.h"

#include "bridge.h"
#include "cleanup.h"
#include "host.h"
#include "only_look.h"

static bool delay_is_ours(const struct bridge_state *now, const struct bridge_history *history)
{
	return history->delay_set != 0 && now->forward_delay == history->delay_set;
}

int bridge_note_delay(unsigned int bridge, unsigned int delay, struct bridge_history *history)
{
	struct bridge_state now;
	int result = bridge_read(bridge, &now);

	if (result != 0 || !now.is_root || now.forward_delay <= delay)
		return result;
	if (!delay_is_ours(&now, history))
		history->delay_before = now.forward_delay;
	history->delay_set = delay;
	return bridge_lock_note(bridge, history);
}

static void forget_delay(unsigned int bridge, struct bridge_history *history)
{
	history->delay_before = 0;
	history->delay_set = 0;
	(void)bridge_lock_note(bridge, history);
}

void bridge_note_delay_done(unsigned int bridge, unsigned int delay, struct bridge_history *history)
{
	if (history->delay_set != 0 && delay != history->delay_set)
		forget_delay(bridge, history);
}

int host_bridge_delay_before(unsigned int ifindex, unsigned int *before, bool *hidden)
{
	struct bridge_history history;
	struct bridge_state now;

	*before = 0;
	*hidden = false;
	int noted = bridge_lock_peek(ifindex, &history);
	if (noted <= 0 || history.delay_set == 0)
		return noted < 0 ? noted : 0;
	CLEANUP(cleanup_fd) int lock = bridge_lock(ifindex, false, &history);
	if (lock < 0)
		return lock;
	int result = history.delay_set == 0 ? 0 : bridge_read(ifindex, &now);
	if (result != 0 || history.delay_set == 0)
		return result;
	*hidden = !now.is_root;
	if (*hidden || delay_is_ours(&now, &history))
		*before = history.delay_before;
	else if (!look_only())
		forget_delay(ifindex, &history);
	return 0;
}

void bridge_note_stp(unsigned int bridge, struct bridge_history *history)
{
	history->stp_off = true;
	(void)bridge_lock_note(bridge, history);
}

int host_bridge_stp_off_is_ours(unsigned int ifindex, bool *ours)
{
	struct bridge_history history;
	struct bridge_state now;

	*ours = false;
	int noted = bridge_lock_peek(ifindex, &history);
	if (noted <= 0 || !history.stp_off)
		return noted < 0 ? noted : 0;
	CLEANUP(cleanup_fd) int lock = bridge_lock(ifindex, false, &history);
	if (lock < 0)
		return lock;
	int result = history.stp_off ? bridge_read(ifindex, &now) : 0;
	if (result != 0 || !history.stp_off)
		return result;
	if (now.stp != STP_OFF && !look_only()) {
		history.stp_off = false;
		(void)bridge_lock_note(ifindex, &history);
	}
	*ours = now.stp == STP_OFF;
	return 0;
}
