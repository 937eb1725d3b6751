// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan_text.h"

#include "alloc.h"
#include "log.h"

#include <string.h>

static const char *const severity_names[] = {
	[SEVERITY_ERROR] = "error",
	[SEVERITY_WARNING] = "warning",
	[SEVERITY_NOTICE] = "notice",
	[SEVERITY_INFO] = "info",
	[SEVERITY_DEBUG] = "debug",
};

enum severity plan_text_severity(const struct plan *plan, const struct finding *finding)
{
	/* What has been mended is good to know, and no error any more. */
	if (finding->severity == SEVERITY_ERROR && !plan_is_unrepaired(plan, finding))
		return SEVERITY_NOTICE;
	return finding->severity;
}

static const char *not_empty(const char *text)
{
	return text && *text ? text : NULL;
}

void plan_text_finding(FILE *line, const struct plan *plan, const struct finding *finding)
{
	log_field(line, "finding", finding->slug);
	log_field(line, "severity", severity_names[plan_text_severity(plan, finding)]);
	log_field(line, "guest", finding->guest);
	log_field(line, "network", finding->network);
	if (finding->nic) {
		log_field(line, "interface", not_empty(finding->nic->mac));
	}
	log_field(line, "port",
		not_empty(finding->nic && !*finding->port ? finding->nic->target : finding->port));
	log_field(line, "bridge", not_empty(finding->bridge));
	log_field(line, "evidence", finding->evidence);
	log_field(line, "cure", finding->cure);
	if (finding->action != NO_ACTION)
		log_field(line, "repaired",
			plan_is_deferred(&plan->actions[finding->action]) ? "later"
			: plan_is_unrepaired(plan, finding)               ? "no"
									  : "yes");
}

static void seconds_field(FILE *line, const char *key, unsigned int hundredths)
{
	char text[16];

	snprintf(text, sizeof(text), "%u.%02us", hundredths / 100, hundredths % 100);
	log_field(line, key, text);
}

static const char *action_name(const struct action *action)
{
	switch (action->kind) {
	case ACTION_SET_FORWARD_DELAY:
		return "set-forward-delay";
	case ACTION_STP_OFF:
		return "stp-off";
	case ACTION_BPDU_GUARD:
		return "bpdu-guard";
	case ACTION_EDGE_PORT:
		return "edge-port";
	case ACTION_WATCH_PORT:
		return "watch-port";
	case ACTION_FILTER:
		return action->scope == FILL_NONE ? "remove-checksum-filter"
						  : "add-checksum-filter";
	case ACTION_REWRITE:
		return "rewrite-driver";
	case ACTION_TX_CHECKSUM:
		return action->scope == FILL_NONE ? "tx-checksum-on" : "tx-checksum-off";
	default:
		return action->scope == FILL_NONE ? "remove-checksum-rule" : "add-checksum-rule";
	}
}

static const char *mechanism_name(const struct action *action)
{
	switch (action->kind) {
	case ACTION_FILTER:
		return "tc";
	case ACTION_TX_CHECKSUM:
		return "ethtool";
	default:
		return action->family == IPV4 ? "iptables" : "ip6tables";
	}
}

static bool fills(const struct action *action)
{
	return action->kind == ACTION_FILL || action->kind == ACTION_FILTER ||
	       action->kind == ACTION_TX_CHECKSUM;
}

void plan_text_action(FILE *line, const struct action *action)
{
	log_field(line, "action", action_name(action));
	log_field(line, "guest", action->guest);
	log_field(line, "network", action->network);
	if (action->nic)
		log_field(line, "interface", not_empty(action->nic->mac));
	log_field(line, "port", not_empty(action->port));
	log_field(line, action->macvlan ? "macvlan" : "bridge", not_empty(action->bridge));
	if (action->kind == ACTION_SET_FORWARD_DELAY) {
		seconds_field(line, "from", action->delay_before);
		seconds_field(line, "to", action->delay);
	}
	if (fills(action)) {
		log_field(line, "mechanism", mechanism_name(action));
		if (action->scope != FILL_NONE)
			log_field(line, "scope", action->scope == FILL_UDP ? "udp" : "dhcp");
		log_field(line, "why", action->why);
	}
	log_field(line, "result",
		plan_is_deferred(action) ? "later"
		: action->result == 0    ? "done"
					 : "failed");
	if (action->result != 0 && !plan_is_deferred(action))
		log_field(line, "error", strerror(-action->result));
}

char *plan_text_refusal(const struct finding *finding)
{
	return alloc_format("guest '%s' is not started: interface %s on bridge %s: %s; cure: %s",
		finding->guest ? finding->guest : "?", finding->nic ? finding->nic->mac : "?",
		finding->bridge, finding->evidence, finding->cure ? finding->cure : "none known");
}
