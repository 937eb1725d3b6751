// SPDX-License-Identifier: GPL-2.0-or-later
#include "check_parts.h"

void check_network(struct check_run *run, const struct libvirt_object *network)
{
	(void)run;
	(void)network;
}
