// SPDX-License-Identifier: GPL-2.0-or-later
/* One interface of a guest: check_guest.c finds out what there is to know, check_nic.c asks. */
#ifndef VIRT_NETBOOT_CHECK_NIC_H
#define VIRT_NETBOOT_CHECK_NIC_H

#include "check_parts.h"
#include "nic_place.h"

struct nic_check {
	struct check_run *run;
	const char *guest;
	const char *interface; /* how it is shown */
	bool running;
	const struct diagnosis *diagnosis;
	const struct guest_nic *nic;
	enum nic_network network;
};

/* Add the lines about it. */
void check_nic(const struct nic_check *check);

#endif
