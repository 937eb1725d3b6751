// SPDX-License-Identifier: GPL-2.0-or-later
#include "repair_parts.h"

void repair_tell_actions(struct repair_run *run, const struct plan *plan)
{
	(void)run;
	(void)plan;
}

void repair_tell_left(
	struct repair_run *run, const struct plan *plan, const struct finding *finding)
{
	(void)run;
	(void)plan;
	(void)finding;
}
