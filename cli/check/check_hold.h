// SPDX-License-Identifier: GPL-2.0-or-later
/* What there is to say of a bridge that delays new ports, for `check` and `repair`. */
#ifndef VIRT_NETBOOT_CHECK_HOLD_H
#define VIRT_NETBOOT_CHECK_HOLD_H

#include "diagnose.h"

/**
 * check_hold_advice() - what to do that a guest which starts there is not delayed
 * @qemu_hook:	libvirt runs the hook
 * @diagnosis:	whose policy and facts say whether that makes edge ports
 *
 * Return: a sentence, or NULL: the hook makes its port an edge port.
 */
const char *check_hold_advice(bool qemu_hook, const struct diagnosis *diagnosis);

/* How long the delay is, in words; the caller frees. */
char *check_hold_evidence(const struct bridge_state *bridge);

#endif
