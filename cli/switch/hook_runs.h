// SPDX-License-Identifier: GPL-2.0-or-later
/* When our hooks run. */
#ifndef VIRT_NETBOOT_HOOK_RUNS_H
#define VIRT_NETBOOT_HOOK_RUNS_H

/*
 * Wait for a moment in which a link can be removed, because libvirt is not about to follow it:
 * until no hook has been started for some time, or for so long at most.
 *
 * libvirt looks whether the hook is there and then forks a process to run it, and if it has gone
 * in between, the operation fails as if the hook had said so; at a guest's `started` that kills the
 * guest [libvirt src/util/virhook.c, virHookCall()]. `started` follows the hook's run at `start`.
 */
void hooks_wait_for_pause(const char *root);

/* Wait until no hook of ours runs, for at most as long as one may take. */
void hooks_wait_for_end(void);

#endif
