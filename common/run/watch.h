// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Ports that are not ready when libvirt's event comes.
 *
 * Theory of operation
 *
 * When an interface is plugged into a running guest, libvirt tells of the network's port before the
 * tap exists, and of nothing afterwards. A port that is down as its guest starts, or whose bridge
 * is, would be held when it comes up. And a port that may not be made an edge port at once, because
 * the bridge must send a hello first, would keep libvirtd waiting. So these are left to a process
 * of their own (background.h), for at most 10 s: the watcher. There is at most one for each port.
 *
 * It is told of every change of the bridge's links, and then looks whether the port is there.
 * The guest's own start sees to the port as soon as it exists, so the watcher waits a little before
 * it does.
 */
#ifndef VIRT_NETBOOT_WATCH_H
#define VIRT_NETBOOT_WATCH_H

#include "plan.h"
#include "policy.h"

/*
 * Start a watcher for each of the plan's actions that could not be carried out yet; where that
 * fails, the reason becomes the action's result.
 */
void watch_ports(struct plan *plan, const struct policy *policy);

#endif
