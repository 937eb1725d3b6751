// SPDX-License-Identifier: GPL-2.0-or-later
#ifndef VIRT_NETBOOT_USAGE_ERROR_H
#define VIRT_NETBOOT_USAGE_ERROR_H

/* After a message on the arguments of a verb ("check"): say what says more. Return: EXIT_USAGE. */
int usage_error(const char *verb);

#endif
