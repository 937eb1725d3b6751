// SPDX-License-Identifier: GPL-2.0-or-later
#include "remedy_do.h"

#include "alloc.h"
#include "apply.h"
#include "cure.h"
#include "daemons.h"
#include "host.h"
#include "log.h"
#include "zone.h"

#include <errno.h>
#include <string.h>

static const char *const reasons[REMEDIES] = {
	[REMEDY_RELOAD] = "what a probe sends is dropped, and libvirt's own zone or rules are lost",
	[REMEDY_ZONE] = "its zone drops what a probe sends",
	[REMEDY_DOCKER_USER] = "Docker's rules drop what a probe sends",
};

static struct action *add_action(
	struct plan *plan, enum action_kind kind, const struct remedy_done *done, bool goes)
{
	plan->actions = alloc_one_more(plan->actions, plan->action_count, sizeof(*plan->actions));
	struct action *action = &plan->actions[plan->action_count++];
	action->kind = kind;
	action->why = goes ? "it was not shown to help" : reasons[done->remedy];
	memcpy(action->bridge, done->bridge, IFNAME_SIZE);
	action->ifindex = done->ifindex;
	return action;
}

/* The note comes first: without it nobody would know what was before. While it is not true yet, the
 * zone is not the noted one, and nobody acts on it. */
static int put_into_zone(const struct remedy_done *done)
{
	struct zone_note note = {0};

	memcpy(note.set, done->zone, ZONE_SIZE);
	/* What somebody had it in before us is what it goes back to. */
	memcpy(note.before,
		strcmp(done->note_before.set, done->zone_before) == 0 && *done->note_before.set
			? done->note_before.before
			: done->zone_before,
		ZONE_SIZE);
	int result = host_note_zone(done->ifindex, &note);
	if (result == 0)
		result = zone_set(done->bridge, done->zone);
	/* What has not answered in time may do it still, and then the note is true. */
	if (result != 0 && result != -ETIMEDOUT)
		(void)host_note_zone(done->ifindex, &done->note_before);
	return result;
}

static void plan_docker_user(struct plan *plan, const struct remedy_done *done, bool goes)
{
	for (enum ip_family family = IPV4; family < IP_FAMILIES; family++) {
		if (!done->docker_user[family])
			continue;
		struct action *action = add_action(plan, ACTION_DOCKER_USER, done, goes);
		action->family = family;
		action->goes = goes;
	}
}

static void plan_zone(struct plan *plan, const struct remedy_done *done, bool goes)
{
	struct action *action = add_action(plan, ACTION_ZONE, done, goes);

	action->zone_before = goes ? done->zone : done->zone_before;
	action->zone = goes ? done->zone_before : done->zone;
}

/* What apply_actions() leaves to us. */
static void carry_out(const struct remedy_done *done, struct action *action)
{
	if (action->kind == ACTION_RELOAD) {
		int result = daemons_reload("", DAEMONS_ALL);
		action->result = result == DAEMONS_GO_ON ? -EINPROGRESS : result;
	} else if (action->kind == ACTION_ZONE)
		action->result = put_into_zone(done);
}

static int apply(struct repair_run *run, const struct remedy_done *done, struct plan *plan)
{
	int result = 0;

	if (!run->request->dry_run) {
		carry_out(done, &plan->actions[0]);
		apply_actions(plan);
	}
	repair_tell_actions(run, plan);
	for (size_t i = 0; i < plan->action_count && result == 0; i++)
		result = plan->actions[i].result;
	return result;
}

static void plan_remedy(
	struct plan *plan, const struct remedy_done *done, const struct remedy_facts *facts)
{
	if (done->remedy == REMEDY_RELOAD)
		add_action(plan, ACTION_RELOAD, done, false)->network = facts->network;
	else if (done->remedy == REMEDY_ZONE)
		plan_zone(plan, done, false);
	else if (done->remedy == REMEDY_DOCKER_USER)
		plan_docker_user(plan, done, false);
}

int remedy_do(struct repair_run *run, enum remedy remedy, const struct remedy_facts *facts,
	const char *bridge, unsigned int ifindex, struct remedy_done *done)
{
	struct plan plan = {0};

	*done = (struct remedy_done){
		.remedy = remedy, .ifindex = ifindex, .of_libvirt = facts->network != NULL};
	memcpy(done->bridge, bridge, strlen(bridge) + 1);
	memcpy(done->zone_before, facts->zone, ZONE_SIZE);
	memcpy(done->zone, facts->zone_wanted, ZONE_SIZE);
	memcpy(done->docker_user, facts->docker_user, sizeof(done->docker_user));
	if (remedy == REMEDY_ZONE)
		(void)host_zone_noted(ifindex, &done->note_before);
	plan_remedy(&plan, done, facts);
	int result = plan.action_count > 0 ? apply(run, done, &plan) : 0;
	plan_clear(&plan);
	if (result == -EINPROGRESS && remedy == REMEDY_RELOAD) {
		done->goes_on = true;
		return 0;
	}
	if (result != 0 && remedy == REMEDY_DOCKER_USER)
		(void)remedy_take_back(run, done);
	return result;
}

/* The probe has taken its time: who has put the bridge into another zone meanwhile has the last
 * word, and then there is nothing of ours to be noted. */
static bool take_back_zone(struct repair_run *run, const struct remedy_done *done)
{
	struct plan plan = {0};
	char now[ZONE_SIZE];
	int result = zone_of(done->bridge, now);

	if (result == 0 && strcmp(now, done->zone) != 0) {
		(void)host_note_zone(done->ifindex, &done->note_before);
		log_warning("the zone of bridge '%s' was changed meanwhile, so it is left as it is",
			done->bridge);
		return false;
	}
	plan_zone(&plan, done, true);
	if (result == 0)
		result = zone_set(done->bridge, done->zone_before);
	if (result == 0)
		result = host_note_zone(done->ifindex, &done->note_before);
	plan.actions[0].result = result;
	repair_tell_actions(run, &plan);
	plan_clear(&plan);
	return result == 0;
}

bool remedy_take_back(struct repair_run *run, const struct remedy_done *done)
{
	struct plan plan = {0};
	bool is_as_before = true;

	if (done->remedy == REMEDY_ZONE)
		return take_back_zone(run, done);
	if (done->remedy != REMEDY_DOCKER_USER)
		return !done->goes_on;
	plan_docker_user(&plan, done, true);
	apply_actions(&plan);
	repair_tell_actions(run, &plan);
	for (size_t i = 0; i < plan.action_count; i++)
		is_as_before = is_as_before && plan.actions[i].result == 0;
	plan_clear(&plan);
	return is_as_before;
}

static void tell_lasting(struct repair_run *run, const struct remedy_done *done)
{
	struct plan plan = {0};

	plan.findings = alloc_one_more(plan.findings, 0, sizeof(*plan.findings));
	plan.finding_count = 1;
	plan.findings[0] = (struct finding){
		.slug = "firewalld-zone",
		.severity = SEVERITY_NOTICE,
		.evidence = alloc_format("the bridge is in firewalld's zone '%s', which lets DHCP "
					 "in, until firewalld is reloaded",
			done->zone),
		.cure = cure_command("firewall-cmd --permanent --zone=%s --change-interface=%s",
			done->zone, done->bridge),
		.advice = alloc_copy("the command keeps it"),
		.action = NO_ACTION,
		.beyond = NO_FINDING,
	};
	memcpy(plan.findings[0].bridge, done->bridge, IFNAME_SIZE);
	repair_tell_left(run, &plan, &plan.findings[0]);
	plan_clear(&plan);
}

void remedy_keep(struct repair_run *run, const struct remedy_done *done)
{
	static const struct zone_note nothing;

	if (done->remedy != REMEDY_ZONE)
		return;
	/* libvirt itself puts its bridges there, whenever it starts or is reloaded. */
	if (done->of_libvirt)
		(void)host_note_zone(done->ifindex, &nothing);
	else
		tell_lasting(run, done);
}
