// SPDX-License-Identifier: GPL-2.0-or-later
/* virt-netboot probe: asks for an address and a boot file as a guest would, without one. */
#ifndef VIRT_NETBOOT_PROBE_H
#define VIRT_NETBOOT_PROBE_H

#include "probe_request.h"

/* The verb. Return: its exit status; messages have been printed. */
int probe_main(const struct probe_request *request);

#endif
