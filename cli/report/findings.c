// SPDX-License-Identifier: GPL-2.0-or-later
#include "findings.h"

#include "log.h"
#include "report.h"

#include <stdbool.h>
#include <stdlib.h>

/* A line that is written into memory first, because its fields ask where they are in it. */
struct line {
	char *text;
	size_t length;
	FILE *file;
};

static bool line_open(struct line *line)
{
	*line = (struct line){0};
	line->file = open_memstream(&line->text, &line->length);
	return line->file;
}

static const char *line_close(struct line *line)
{
	fclose(line->file);
	return line->text;
}

void findings_print(const struct plan *plan)
{
	struct line line;

	for (size_t i = 0; i < plan->finding_count && line_open(&line); i++) {
		report_finding(line.file, plan, &plan->findings[i]);
		log_warning("%s", line_close(&line));
		free(line.text);
	}
}

void actions_print(const struct plan *plan)
{
	struct line line;

	for (size_t i = 0; i < plan->action_count && line_open(&line); i++) {
		report_action(line.file, &plan->actions[i]);
		if (plan->actions[i].result == 0)
			puts(line_close(&line));
		else
			log_error("%s", line_close(&line));
		free(line.text);
	}
}
