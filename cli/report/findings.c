// SPDX-License-Identifier: GPL-2.0-or-later
#include "findings.h"

#include "cleanup.h"
#include "log.h"
#include "report.h"

static void print_action(const struct action *action)
{
	report_action(stdout, action);
	putchar('\n');
}

void findings_print(const struct plan *plan)
{
	for (size_t i = 0; i < plan->finding_count; i++) {
		CLEANUP(cleanup_free) char *text = NULL;
		size_t length;
		FILE *line = open_memstream(&text, &length);
		if (!line)
			continue;
		report_finding(line, plan, &plan->findings[i]);
		fclose(line);
		log_warning("%s", text);
	}
}

void actions_print(const struct plan *plan)
{
	for (size_t i = 0; i < plan->action_count; i++)
		print_action(&plan->actions[i]);
}
