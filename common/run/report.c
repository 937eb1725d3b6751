// SPDX-License-Identifier: GPL-2.0-or-later
#include "report.h"

#include "alloc.h"
#include "cleanup.h"
#include "fields.h"
#include "log.h"
#include "progress.h"

#include <errno.h>

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
		out_of_memory();
}

static char *line_close(struct line *line)
{
	if (!alloc_close(line->file, &line->text))
		out_of_memory();
	return line->text;
}

static void write_field(void *file, const char *key, const char *value)
{
	log_field(file, key, value);
}

char *report_finding(const struct plan *plan, const struct finding *finding)
{
	struct line line;

	line_open(&line);
	finding_fields(plan, finding, write_field, line.file);
	return line_close(&line);
}

char *report_action(const struct action *action)
{
	struct line line;

	line_open(&line);
	action_fields(action, write_field, line.file);
	return line_close(&line);
}

static const int syslog_levels[] = {
	[SEVERITY_ERROR] = LOG_ERR,
	[SEVERITY_WARNING] = LOG_WARNING,
	[SEVERITY_NOTICE] = LOG_NOTICE,
	[SEVERITY_INFO] = LOG_INFO,
	[SEVERITY_DEBUG] = LOG_DEBUG,
};

/* That a port which is to come is waited for, or others are looked at, is no news: it is at every
 * start of a guest. */
static int action_level(const struct action *action)
{
	if (action->kind == ACTION_SWEEP || (action->kind == ACTION_WATCH_PORT && !*action->port))
		return LOG_DEBUG;
	/* Nothing failed: an administrator's wish came first. */
	if (action->kind == ACTION_STP_ON && action->result == -ECANCELED)
		return LOG_NOTICE;
	if (action->result != 0 && !plan_is_deferred(action))
		return LOG_ERR;
	return action->counters_lost == 0 ? LOG_NOTICE : LOG_WARNING;
}

void report_done(const struct action *action)
{
	CLEANUP(cleanup_free) char *line = report_action(action);

	log_line(action_level(action), line);
}

void report_plan(const struct plan *plan)
{
	progress_step("writing the log");
	for (size_t i = 0; i < plan->finding_count; i++) {
		const struct finding *finding = &plan->findings[i];
		CLEANUP(cleanup_free) char *line = report_finding(plan, finding);
		log_line(syslog_levels[plan_severity(plan, finding)], line);
	}
	for (size_t i = 0; i < plan->action_count; i++)
		report_done(&plan->actions[i]);
}

void report_refusal(const struct plan *plan)
{
	for (size_t i = 0; i < plan->finding_count; i++) {
		if (!plan_is_reason_to_refuse(&plan->findings[i]))
			continue;
		CLEANUP(cleanup_free) char *reason = plan_refusal(plan, &plan->findings[i]);
		progress_refuse(reason);
		return;
	}
}
