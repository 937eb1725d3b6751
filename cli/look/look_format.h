// SPDX-License-Identifier: GPL-2.0-or-later
/* What the verbs that look can print. */
#ifndef VIRT_NETBOOT_LOOK_FORMAT_H
#define VIRT_NETBOOT_LOOK_FORMAT_H

enum look_format { LOOK_TEXT, LOOK_JSON, LOOK_PROMETHEUS };

#endif
