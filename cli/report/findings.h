// SPDX-License-Identifier: GPL-2.0-or-later
/* What was found, and what was done, for a person to read. */
#ifndef VIRT_NETBOOT_FINDINGS_H
#define VIRT_NETBOOT_FINDINGS_H

#include "plan.h"

/* Print each finding as a message of the command. */
void findings_print(const struct plan *plan);

/* Print each action, with what came of it, to stdout; one that failed is a message. */
void actions_print(const struct plan *plan);

#endif
