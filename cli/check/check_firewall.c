// SPDX-License-Identifier: GPL-2.0-or-later
#include "check_parts.h"

void check_firewall_read(struct check_run *run)
{
	(void)run;
}
void check_firewall_host(struct check_run *run)
{
	(void)run;
}
void check_firewall_bridge(struct check_run *run, const char *bridge)
{
	(void)run;
	(void)bridge;
}
void check_firewall_clear(struct check_run *run)
{
	(void)run;
}
