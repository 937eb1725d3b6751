// SPDX-License-Identifier: GPL-2.0-or-later
/* virt-netboot repair: what the hooks do at events, now, for what runs already; and takes it back.
 */
#ifndef VIRT_NETBOOT_REPAIR_H
#define VIRT_NETBOOT_REPAIR_H

#include "repair_request.h"

/* The verb. Return: its exit status; messages have been printed. */
int repair_main(const struct repair_request *request);

#endif
