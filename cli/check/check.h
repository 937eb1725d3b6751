// SPDX-License-Identifier: GPL-2.0-or-later
/* virt-netboot check: would a guest get its address here, and if not, why. */
#ifndef VIRT_NETBOOT_CHECK_H
#define VIRT_NETBOOT_CHECK_H

#include "check_request.h"

/* The verb. Return: its exit status; messages have been printed. */
int check_main(const struct check_request *request);

#endif
