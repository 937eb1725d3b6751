// SPDX-License-Identifier: GPL-2.0-or-later
#include "apply.h"

#include "alloc.h"
#include "cleanup.h"
#include "clock.h"
#include "fields.h"
#include "host.h"
#include "log.h"
#include "progress.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

/* Milliseconds between two attempts. */
#define RETRY 100

/* At the port, or else at the bridge. */
static int set_filter(const struct action *action)
{
	const struct filter_wish wish = {action->hook, action->scope, action->for_guests};

	return host_filters_set(*action->port ? action->port_ifindex : action->ifindex, &wish);
}

/* For the case that there will be no report. */
static void note_done(const struct action *action)
{
	CLEANUP(cleanup_free) char *what = NULL;

	if (action->result != 0)
		return;
	what = alloc_format(
		"%s %s", action_name(action), *action->port ? action->port : action->bridge);
	progress_done(what);
}

/* Who takes it back does not need the note. */
static int set_forward_delay(const struct action *action)
{
	int noted;
	int result = host_bridge_set_forward_delay(action->ifindex, action->delay, &noted);

	if (result == 0 && noted != 0 && action->delay < action->delay_before)
		log_warning("the forward delay that '%s' had cannot be noted, so it cannot be set "
			    "back by itself: %s",
			action->bridge, strerror(-noted));
	return result;
}

static void apply_device(struct action *action)
{
	if (action->planned)
		return;
	switch (action->kind) {
	case ACTION_SET_FORWARD_DELAY:
		progress_step("setting a bridge's forward delay");
		action->result = set_forward_delay(action);
		break;
	case ACTION_STP_OFF:
		progress_step("switching a bridge's STP off");
		action->result = host_bridge_stp_off(action->ifindex);
		break;
	case ACTION_BPDU_GUARD:
		progress_step("setting a port's BPDU guard");
		action->result = host_port_set_bpdu_guard(action->port_ifindex);
		break;
	case ACTION_EDGE_PORT:
		progress_step("making a port an edge port");
		action->result = host_port_make_edge(action->ifindex, action->port_ifindex);
		break;
	case ACTION_FILTER:
		progress_step("changing the filters of a device");
		action->result = set_filter(action);
		break;
	case ACTION_TX_CHECKSUM:
		progress_step("switching a bridge's transmit checksumming");
		action->result = host_tx_checksum_set(
			action->bridge, action->ifindex, action->scope == FILL_NONE);
		break;
	case ACTION_DOCKER_USER:
		progress_step("changing the chain DOCKER-USER");
		action->result = host_docker_user_set(action->family, action->bridge,
			action->goes         ? DOCKER_USER_NONE
			: action->for_guests ? DOCKER_USER_FOR_GUESTS
					     : DOCKER_USER_STAYS,
			&action->counters_lost);
		break;
	case ACTION_WATCH_PORT: /* watch.c */
	case ACTION_SWEEP:      /* sweep.c */
	case ACTION_REWRITE:    /* answer.c */
	case ACTION_STP_ON:     /* recover.c */
	case ACTION_ZONE:       /* cli/repair, cli/undo */
	case ACTION_RELOAD:     /* cli/repair */
	case ACTION_RULE:       /* below */
		return;
	}
	note_done(action);
}

/* All rules of one family at once: the table is replaced as a whole. And after all else: the lock
 * of iptables may have to be waited for. */
static void apply_rules(struct plan *plan, enum ip_family family)
{
	CLEANUP(cleanup_free) struct checksum_rule *rules = NULL;
	size_t count = 0;

	for (size_t i = plan->applied; i < plan->action_count; i++) {
		const struct action *action = &plan->actions[i];
		if (action->kind != ACTION_RULE || action->family != family)
			continue;
		rules = alloc_one_more(rules, count, sizeof(*rules));
		memcpy(rules[count].bridge, action->bridge, IFNAME_SIZE);
		rules[count].for_guests = action->for_guests;
		rules[count++].scope = action->scope;
	}
	if (count == 0)
		return;
	progress_step("changing the mangle table");
	int result = host_rules_set(family, rules, count);
	for (size_t i = plan->applied; i < plan->action_count; i++) {
		struct action *action = &plan->actions[i];
		if (action->kind != ACTION_RULE || action->family != family)
			continue;
		action->result = result;
		action->counters_lost = rules[0].counters_lost;
		rules[0].counters_lost = 0; /* said once */
		note_done(action);
	}
}

void apply_actions(struct plan *plan)
{
	for (size_t i = plan->applied; i < plan->action_count; i++)
		apply_device(&plan->actions[i]);
	for (enum ip_family family = 0; family < IP_FAMILIES; family++)
		apply_rules(plan, family);
	plan->applied = plan->action_count;
}

void apply_after_hello(struct plan *plan, size_t first, long long until)
{
	while (plan_has_result(plan, first, -EINPROGRESS) && clock_now() < until) {
		poll(NULL, 0, RETRY);
		for (size_t i = first; i < plan->action_count; i++) {
			if (plan->actions[i].result == -EINPROGRESS)
				apply_device(&plan->actions[i]);
		}
	}
}
