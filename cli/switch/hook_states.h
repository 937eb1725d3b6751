// SPDX-License-Identifier: GPL-2.0-or-later
/* Whether libvirt runs the hooks, as `status` and `check` say it. */
#ifndef VIRT_NETBOOT_HOOK_STATES_H
#define VIRT_NETBOOT_HOOK_STATES_H

#include <stdbool.h>
#include <stddef.h>

/* Something that has to be so for libvirt to run a hook. */
struct hook_state {
	const char *hook; /* "qemu" or "network", or NULL of a daemon */
	char *what;       /* "for the hook /etc/libvirt/hooks/qemu" */
	char *evidence;   /* what was seen: "no working link of virt-netboot at ..." */
	bool passed;
	char *hint; /* what to do if not, or NULL */
};

struct hook_states {
	struct hook_state *states; /* the hooks' links, then the daemons */
	size_t count;
};

/**
 * hook_states_find() - look at the links and at libvirt's daemons
 * @root:	the tree of files, "" for this host's own
 * @drop_in:	whether the links are to be in network.d and qemu.d
 * @states:	filled in, for hook_states_clear()
 */
void hook_states_find(const char *root, bool drop_in, struct hook_states *states);

/* True if libvirt runs a hook ("qemu"): its link and every daemon have passed. */
bool hook_states_are_well(const struct hook_states *states, const char *hook);

void hook_states_clear(struct hook_states *states);

#endif
