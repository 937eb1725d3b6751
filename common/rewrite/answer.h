// SPDX-License-Identifier: GPL-2.0-or-later
/* The XML that libvirt gets back for a guest that arrives. */
#ifndef VIRT_NETBOOT_ANSWER_H
#define VIRT_NETBOOT_ANSWER_H

#include "plan.h"

#include <libxml/tree.h>
#include <stdbool.h>

/**
 * answer_plan() - carry out a plan's changes to the guest's XML
 * @plan:	its actions of kind ACTION_REWRITE have their result afterwards
 * @guest:	what it was made for
 * @doc:	the XML as it came, which stays as it is
 *
 * What the hook will write to stdout is handed to the guard: a whole document, or nothing when
 * there is nothing to change or something fails.
 *
 * Return: true if there is an answer. Whether libvirt gets it is the guard's to know.
 */
bool answer_plan(struct plan *plan, const struct guest *guest, xmlDoc *doc);

/* Set what has become of the changes to the XML: 0 or a negative errno. */
void answer_set_result(struct plan *plan, int result);

/* The MAC addresses of the interfaces to be changed, with spaces between them; the caller frees. */
char *answer_interfaces(const struct plan *plan);

#endif
