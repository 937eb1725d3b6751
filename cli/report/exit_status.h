// SPDX-License-Identifier: GPL-2.0-or-later
/* Exit statuses of the command, the same for all verbs: virt-netboot(8). */
#ifndef VIRT_NETBOOT_EXIT_STATUS_H
#define VIRT_NETBOOT_EXIT_STATUS_H

#define EXIT_DONE 0   /* all is well, or done */
#define EXIT_LEFT 1   /* warnings, or something is left; what was printed was lost */
#define EXIT_FAULTS 2 /* something is wrong that keeps guests from their addresses */
#define EXIT_FAILED 3 /* the verb could not do what it is for, or not all of it */
#define EXIT_USAGE 64 /* [sysexits.h, EX_USAGE] */

#endif
