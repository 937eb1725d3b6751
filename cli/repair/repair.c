// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What was asked for is gone through twice: to repair, and to see whether that has helped. What the
 * second look finds is left, whatever the first has said of its success.
 */
#include "repair.h"

#include "cleanup.h"
#include "exit_status.h"
#include "hook_states.h"
#include "host.h"
#include "log.h"
#include "message.h"
#include "named_device.h"
#include "one_at_a_time.h"
#include "policy_file.h"
#include "repair_parts.h"
#include "undo_all.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static void find_hooks(struct repair_run *run)
{
	CLEANUP(hook_states_clear) struct hook_states states;

	hook_states_find("", run->policy.drop_in, &states);
	run->qemu_hook = hook_states_are_well(&states, "qemu");
}

/*
 * Where it was asked for, or at each network of libvirt's. A bridge of the host's own must be
 * named: a switch behind its uplink may take offence at a MAC address that it does not know.
 */
static void repair_firewalls(struct repair_run *run, const struct repair_objects *objects)
{
	const struct targets *targets = &run->request->targets;

	for (size_t i = 0; i < run->bridges.count; i++)
		repair_firewall(run, PROBE_BRIDGE, run->bridges.names[i]);
	for (size_t i = 0; i < targets->networks.count; i++)
		repair_firewall(run, PROBE_NETWORK, targets->networks.names[i]);
	for (size_t i = 0; i < targets->guests.count; i++)
		repair_firewall(run, PROBE_GUEST, targets->guests.names[i]);
	for (size_t i = 0; targets->all && i < objects->networks.count; i++) {
		if (objects->networks.objects[i].active)
			repair_firewall(run, PROBE_NETWORK, objects->networks.objects[i].name);
	}
}

static void go_through(struct repair_run *run, struct repair_objects *objects)
{
	if (run->request->dry_run) {
		run->pass = REPAIR_PLAN;
		repair_objects(run, objects);
	} else {
		run->pass = REPAIR_APPLY;
		repair_objects(run, objects);
		run->pass = REPAIR_LOOK;
		repair_objects(run, objects);
	}
	if (run->request->firewall)
		repair_firewalls(run, objects);
}

/* What was asked for is all there is: a bridge, and where no daemon runs, no guest of libvirt's. */
static bool can_do_without(const struct targets *targets)
{
	return !targets->all && targets->networks.count == 0 && targets->guests.count == 0;
}

/* Return: 0, or -EINVAL if it was asked for something that is refused. */
static int repair(struct repair_run *run)
{
	CLEANUP(repair_objects_clear) struct repair_objects objects = {0};

	repair_wait(run);
	int result = repair_objects_read(run, &objects);

	if (result == -EINVAL)
		return result;
	if (result == -ENOTCONN && can_do_without(&run->request->targets))
		run->harmless++;
	else if (result != 0)
		repair_tell_failure(run);
	run->bridges = named_bridges_find(&run->request->targets.bridges);
	go_through(run, &objects);
	free(run->bridges.names);
	return 0;
}

static void undo(struct repair_run *run)
{
	CLEANUP(undo_all_clear) struct undo_all undo;

	undo_all_find(&undo);
	if (!run->request->dry_run)
		undo_all_apply(&undo);
	repair_tell_actions(run, &undo.plan);
	for (size_t i = 0; i < undo.plan.finding_count; i++)
		repair_tell_left(run, &undo.plan, &undo.plan.findings[i]);
	if (undo.result != 0)
		repair_tell_failure(run);
}

int repair_main(const struct repair_request *request)
{
	CLEANUP(cleanup_fd) int lock = -1;
	struct repair_run run = {.request = request};

	if (geteuid() != 0) {
		log_error("only root can change bridges and rules: run this as root");
		return EXIT_FAILED;
	}
	/* What `disable` takes away must not come back meanwhile. */
	if (!request->dry_run && !one_at_a_time("", &lock))
		return EXIT_FAILED;
	run.output = repair_output_new(request);
	if (request->dry_run)
		host_only_look();
	else
		repair_recover_stp(&run);
	policy_read(POLICY_FILE, &run.policy);
	log_set_level(run.policy.log_level);
	run.harmless = messages_said();
	find_hooks(&run);
	int result = 0;
	if (request->undo)
		undo(&run);
	else
		result = repair(&run);
	if (messages_said() > run.harmless)
		repair_tell_failure(&run);
	if (run.is_watching && run.quiet.watch >= 0)
		close(run.quiet.watch);
	quiet_clear(&run.quiet);
	if (result != -EINVAL)
		return repair_output_end(run.output);
	repair_output_drop(run.output);
	return EXIT_USAGE;
}
