// SPDX-License-Identifier: GPL-2.0-or-later
/* The XML that libvirt gets back for a guest that arrives. */
#ifndef VIRT_NETBOOT_ANSWER_H
#define VIRT_NETBOOT_ANSWER_H

#include "plan.h"

#include <libxml/tree.h>

/**
 * answer_plan() - carry out a plan's changes to the guest's XML
 * @plan:	its actions of kind ACTION_REWRITE have their result afterwards
 * @guest:	what it was made for
 * @doc:	the XML as it came, which stays as it is
 *
 * What the hook will write to stdout is handed to the guard: a whole document, or nothing when
 * there is nothing to change or something fails.
 */
void answer_plan(struct plan *plan, const struct guest *guest, xmlDoc *doc);

/* The MAC addresses of the interfaces to be changed, with spaces between them; the caller frees. */
char *answer_interfaces(const struct plan *plan);

#endif
