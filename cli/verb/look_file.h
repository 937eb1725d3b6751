// SPDX-License-Identifier: GPL-2.0-or-later
#ifndef VIRT_NETBOOT_LOOK_FILE_H
#define VIRT_NETBOOT_LOOK_FILE_H

#include "look.h"

/* The verbs that look, from their shared object; NULL after a message. */
const struct look *look_load(void);

#endif
