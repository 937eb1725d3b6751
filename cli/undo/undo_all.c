// SPDX-License-Identifier: GPL-2.0-or-later
#include "undo_all.h"

#include "apply.h"
#include "gather_ours.h"
#include "report.h"
#include "undo.h"

#include <stdlib.h>

void undo_all_find(struct undo_all *undo)
{
	*undo = (struct undo_all){0};
	undo->result = gather_ours(&undo->facts);
	plan_undo(&undo->plan, &undo->facts);
}

void undo_all_apply(struct undo_all *undo)
{
	apply_actions(&undo->plan);
	report_plan(&undo->plan);
}

void undo_all_clear(struct undo_all *undo)
{
	plan_clear(&undo->plan);
	host_facts_clear(&undo->facts);
	free(undo->zones);
}
