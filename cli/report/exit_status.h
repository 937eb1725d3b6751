// SPDX-License-Identifier: GPL-2.0-or-later
#ifndef VIRT_NETBOOT_EXIT_STATUS_H
#define VIRT_NETBOOT_EXIT_STATUS_H

/* Exit statuses of the command. */
#define EXIT_DONE 0
#define EXIT_FAILED 1
#define EXIT_USAGE 2

#endif
