// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Guests' ports that lack their filters, although no event of theirs is to come.
 *
 * Theory of operation
 *
 * libvirt takes our filters from a guest's port whenever it changes a limit there (virsh domiftune,
 * update-device), and tells no hook of it; nor of an interface that is plugged in on a bridge of
 * the host's own. So after an event on a bridge all guests' ports there are looked at, by a process
 * of its own (background.h): libvirtd does not wait for it. There is at most one that waits for
 * each bridge, so that sixty guests that start at once do not look at each other's ports sixty
 * times.
 *
 * A device is not touched until others have left its qdiscs alone for a while: quiet.h.
 *
 * What comes in by other ports, of containers and some uplinks, is met by no filter of ours; that a
 * bridge has such a port is logged once.
 *
 * Only ports with the address that libvirt gives a tap, fe in front, are looked at: others are
 * somebody else's.
 */
#ifndef VIRT_NETBOOT_SWEEP_H
#define VIRT_NETBOOT_SWEEP_H

#include "plan.h"
#include "policy.h"
#include "quiet.h"

/* Start a process for each of the plan's ACTION_SWEEP; where that fails, the reason becomes the
 * action's result. */
void sweep_bridges(struct plan *plan, const struct policy *policy);

/* Is told each plan that was carried out. */
typedef void sweep_teller(void *to, const struct plan *plan);

/**
 * sweep_look() - find what a sweep would do, and do nothing
 * @teller:	is told, if there is anything; or NULL
 *
 * Return: true if there is.
 */
bool sweep_look(
	const struct action *sweep, const struct policy *policy, sweep_teller *teller, void *to);

/**
 * sweep_now() - carry several sweeps out in this process, for who does not keep libvirtd waiting
 * @sweeps:	@count, each of another bridge
 * @quiet:	has been watching for QUIET at least
 *
 * It takes 15 s at most.
 */
void sweep_now(const struct action *sweeps, size_t count, const struct policy *policy,
	struct quiet *quiet, sweep_teller *teller, void *to);

#endif
