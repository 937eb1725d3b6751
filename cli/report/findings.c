// SPDX-License-Identifier: GPL-2.0-or-later
#include "findings.h"

#include "cleanup.h"
#include "log.h"
#include "report.h"

void findings_print(const struct plan *plan)
{
	for (size_t i = 0; i < plan->finding_count; i++) {
		CLEANUP(cleanup_free) char *line = report_finding(plan, &plan->findings[i]);
		log_warning("%s", line);
	}
}

void actions_print(const struct plan *plan)
{
	for (size_t i = 0; i < plan->action_count; i++) {
		CLEANUP(cleanup_free) char *line = report_action(&plan->actions[i]);
		if (plan->actions[i].result == 0)
			puts(line);
		else
			log_error("%s", line);
	}
}
