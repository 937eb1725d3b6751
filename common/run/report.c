// SPDX-License-Identifier: GPL-2.0-or-later
#include "report.h"

#include "alloc.h"
#include "cleanup.h"
#include "fields.h"
#include "log.h"
#include "progress.h"

static void write_field(void *line, const char *key, const char *value)
{
	log_field(line, key, value);
}

void report_finding(FILE *line, const struct plan *plan, const struct finding *finding)
{
	finding_fields(plan, finding, write_field, line);
}

void report_action(FILE *line, const struct action *action)
{
	action_fields(action, write_field, line);
}

static const int syslog_levels[] = {
	[SEVERITY_ERROR] = LOG_ERR,
	[SEVERITY_WARNING] = LOG_WARNING,
	[SEVERITY_NOTICE] = LOG_NOTICE,
	[SEVERITY_INFO] = LOG_INFO,
	[SEVERITY_DEBUG] = LOG_DEBUG,
};

/* A line that is written into memory first. */
struct line {
	char *text;
	size_t length;
	FILE *file;
};

static void line_open(struct line *line)
{
	line->file = open_memstream(&line->text, &line->length);
	if (!line->file)
		_exit(EXIT_NO_MEMORY);
}

static void line_send(struct line *line, int level)
{
	fclose(line->file);
	log_line(level, line->text);
	free(line->text);
}

/* That a port is waited for is no news: it is at every start of a guest. */
static int action_level(const struct action *action)
{
	if (action->kind == ACTION_WATCH_PORT)
		return LOG_DEBUG;
	return action->result == 0 || plan_is_deferred(action) ? LOG_NOTICE : LOG_ERR;
}

void report_plan(const struct plan *plan)
{
	struct line line;

	progress_step("writing the log");
	for (size_t i = 0; i < plan->finding_count; i++) {
		line_open(&line);
		report_finding(line.file, plan, &plan->findings[i]);
		line_send(&line, syslog_levels[plan_severity(plan, &plan->findings[i])]);
	}
	for (size_t i = 0; i < plan->action_count; i++) {
		line_open(&line);
		report_action(line.file, &plan->actions[i]);
		line_send(&line, action_level(&plan->actions[i]));
	}
}

void report_refusal(const struct plan *plan)
{
	for (size_t i = 0; i < plan->finding_count; i++) {
		if (!plan_is_reason_to_refuse(&plan->findings[i]))
			continue;
		CLEANUP(cleanup_free) char *reason = plan_refusal(&plan->findings[i]);
		progress_refuse(reason);
		return;
	}
}
