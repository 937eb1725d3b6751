// SPDX-License-Identifier: GPL-2.0-or-later
#ifndef VIRT_NETBOOT_MESSAGE_H
#define VIRT_NETBOOT_MESSAGE_H

#include <stddef.h>

/* How many messages were printed (log.h), each of which tells of something that went wrong. */
size_t messages_said(void);

#endif
