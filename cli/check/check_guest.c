// SPDX-License-Identifier: GPL-2.0-or-later
#include "check_parts.h"

void check_guest(struct check_run *run, const struct libvirt_object *guest)
{
	(void)run;
	(void)guest;
}
