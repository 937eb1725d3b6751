// SPDX-License-Identifier: GPL-2.0-or-later
/* What each of the two workers has of its own. */
#ifndef VIRT_NETBOOT_CHAIN_H
#define VIRT_NETBOOT_CHAIN_H

#include "event.h"
#include "policy.h"
#include "xml.h"

/* The key in the log for the name of what the event is about: "guest" or "network". */
extern const char chain_object[];

/* network.c, qemu.c: do what the event asks for. @root is the XML's root element, @policy that of
 * the host. */
void chain_run(const struct event *event, const xmlNode *root, const struct policy *policy);

#endif
