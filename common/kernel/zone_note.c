// SPDX-License-Identifier: GPL-2.0-or-later
#include "host.h"

#include <errno.h>

int host_bridge_delay_before(unsigned int ifindex, unsigned int *before)
{
	(void)ifindex;
	*before = 0;
	return 0;
}

int host_zone_noted(unsigned int ifindex, struct zone_note *note)
{
	(void)ifindex;
	*note = (struct zone_note){0};
	return 0;
}

int host_note_zone(unsigned int ifindex, const struct zone_note *note)
{
	(void)ifindex;
	(void)note;
	return -ENOSYS;
}
