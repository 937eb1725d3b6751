// SPDX-License-Identifier: GPL-2.0-or-later
#include "latecomers.h"

#include "apply.h"
#include "gather.h"
#include "put_back.h"
#include "report.h"

void latecomers_put_back(const struct plan *done, struct host_facts *facts)
{
	struct plan plan;

	if (!plan_takes_away(done))
		return;
	gather_guests_left(facts);
	plan_put_back(&plan, done, facts);
	apply_actions(&plan);
	report_plan(&plan);
	plan_clear(&plan);
}
