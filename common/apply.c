// SPDX-License-Identifier: GPL-2.0-or-later
#include "apply.h"

#include "alloc.h"
#include "cleanup.h"
#include "gather.h"
#include "guard.h"
#include "host.h"
#include "log.h"
#include "plan_text.h"

#include <string.h>

/* At the port, or else at the bridge. */
static int set_filter(const struct action *action)
{
	return host_filter_set(*action->port ? action->port_ifindex : action->ifindex, action->hook,
		action->scope);
}

static void apply_device(struct action *action)
{
	switch (action->kind) {
	case ACTION_SET_FORWARD_DELAY:
		guard_step("setting a bridge's forward delay");
		action->result = host_bridge_set_forward_delay(action->ifindex, action->delay);
		break;
	case ACTION_STP_OFF:
		guard_step("switching a bridge's STP off");
		action->result = host_bridge_set_stp(action->ifindex, false);
		break;
	case ACTION_BPDU_GUARD:
		guard_step("setting a port's BPDU guard");
		action->result = host_port_set_bpdu_guard(action->port_ifindex);
		break;
	case ACTION_EDGE_PORT:
		guard_step("making a port an edge port");
		action->result = host_port_make_edge(action->ifindex, action->port_ifindex);
		break;
	case ACTION_FILTER:
		guard_step("changing the filters of a device");
		action->result = set_filter(action);
		break;
	case ACTION_TX_CHECKSUM:
		guard_step("switching a bridge's transmit checksumming");
		action->result = host_tx_checksum_set(
			action->bridge, action->ifindex, action->scope == FILL_NONE);
		break;
	case ACTION_WATCH_PORT: /* watch.c */
	case ACTION_REWRITE:    /* answer.c */
	case ACTION_FILL:
		break;
	}
}

/* All rules of one family at once: the table is replaced as a whole. */
static void apply_fill(struct plan *plan, enum ip_family family)
{
	CLEANUP(cleanup_free) struct fill_rule *rules = NULL;
	size_t count = 0;

	for (size_t i = 0; i < plan->action_count; i++) {
		const struct action *action = &plan->actions[i];
		if (action->kind != ACTION_FILL || action->family != family)
			continue;
		rules = alloc_one_more(rules, count, sizeof(*rules));
		memcpy(rules[count].bridge, action->bridge, IFNAME_SIZE);
		rules[count].for_guests = action->for_guests;
		rules[count++].scope = action->scope;
	}
	if (count == 0)
		return;
	guard_step("changing the mangle table");
	int result = host_fill_set(family, rules, count);
	for (size_t i = 0; i < plan->action_count; i++) {
		if (plan->actions[i].kind == ACTION_FILL && plan->actions[i].family == family)
			plan->actions[i].result = result;
	}
}

void apply_actions(struct plan *plan)
{
	for (size_t i = 0; i < plan->action_count; i++)
		apply_device(&plan->actions[i]);
	for (enum ip_family family = 0; family < IP_FAMILIES; family++)
		apply_fill(plan, family);
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

void apply_log(const struct plan *plan)
{
	struct line line;

	guard_step("writing the log");
	for (size_t i = 0; i < plan->finding_count; i++) {
		line_open(&line);
		plan_text_finding(line.file, plan, &plan->findings[i]);
		line_send(&line, syslog_levels[plan_text_severity(plan, &plan->findings[i])]);
	}
	for (size_t i = 0; i < plan->action_count; i++) {
		line_open(&line);
		plan_text_action(line.file, &plan->actions[i]);
		line_send(&line, action_level(&plan->actions[i]));
	}
}

void apply_put_back(const struct plan *done, struct host_facts *facts)
{
	struct plan plan;

	if (!plan_takes_away(done))
		return;
	gather_guests_left(facts);
	plan_put_back(&plan, done, facts);
	apply_actions(&plan);
	apply_log(&plan);
	plan_clear(&plan);
}

void apply_refusal(const struct plan *plan)
{
	for (size_t i = 0; i < plan->finding_count; i++) {
		if (!plan_is_reason_to_refuse(&plan->findings[i]))
			continue;
		CLEANUP(cleanup_free) char *reason = plan_text_refusal(&plan->findings[i]);
		guard_refuse(reason);
		return;
	}
}
