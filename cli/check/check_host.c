// SPDX-License-Identifier: GPL-2.0-or-later
/* What of this host as a whole decides whether guests get their addresses. */
#include "check_parts.h"

#include "alloc.h"
#include "cleanup.h"
#include "hook_states.h"
#include "host.h"

#include <string.h>

static const struct check_question hook_network = {
	CHECK_HOST, "host-hook", "whether libvirt runs the hook 'network'"};
static const struct check_question hook_qemu = {
	CHECK_HOST, "host-hook", "whether libvirt runs the hook 'qemu'"};
static const struct check_question daemon_looked = {
	CHECK_HOST, "host-daemon", "whether libvirt's daemon has found the hooks"};
static const struct check_question vhost_net = {
	CHECK_HOST, "host-vhost-net", "device /dev/vhost-net"};
static const struct check_question act_csum = {
	CHECK_HOST, "host-act-csum", "kernel's filter action act_csum"};
static const struct check_question target = {
	CHECK_HOST, "host-checksum-target", "kernel's iptables target CHECKSUM"};
static const struct check_question stp_program = {
	CHECK_HOST, "host-bridge-stp", "program /sbin/bridge-stp"};

static void add_hook(struct check_run *run, const struct hook_state *state)
{
	const struct check_question *question = &daemon_looked;
	struct check_line *line;

	if (state->hook)
		question = strcmp(state->hook, "qemu") == 0 ? &hook_qemu : &hook_network;
	line = check_add(
		&run->list, question, NULL, NULL, state->passed ? CHECK_PASS : CHECK_FAIL, NULL);
	line->evidence = alloc_copy(state->evidence);
	if (state->passed)
		return;
	line->slug = "hook-not-active";
	line->advice = alloc_copy(state->hint);
}

void check_hooks(struct check_run *run, bool tell)
{
	CLEANUP(hook_states_clear) struct hook_states states;

	hook_states_find("", run->policy.drop_in, &states);
	run->qemu_hook = hook_states_are_well(&states, "qemu");
	run->network_hook = hook_states_are_well(&states, "network");
	for (size_t i = 0; tell && i < states.count; i++)
		add_hook(run, &states.states[i]);
}

/* Either is well: without it QEMU itself handles packets, slower. */
static void add_vhost_net(struct check_run *run)
{
	bool there = host_has_vhost_net();

	check_add(&run->list, &vhost_net, NULL, NULL, CHECK_PASS,
		alloc_copy(there ? "exists: the kernel hands incomplete checksums on to guests"
				 : "absent: QEMU itself completes the checksums of DHCP replies"));
}

/* What there is of it, and whether rules can be made. */
static const char *target_value(bool *usable)
{
	struct rule_support support = {0};
	int result = host_rules_support(IPV4, &support);

	*usable = result == 0 && support.table && support.target;
	if (*usable)
		return "available";
	if (support.loadable && support.target)
		return "not loaded: modprobe iptable_mangle loads it";
	return "the kernel has no legacy table mangle, or no target CHECKSUM";
}

/* One of the two is enough. */
static void add_completers(struct check_run *run)
{
	bool filter = run->is_root && host_filters_supported();
	bool rule = false;
	const char *rule_value = run->is_root ? target_value(&rule) : NULL;
	enum check_result lack = filter || rule ? CHECK_NOTE : CHECK_WARN;
	struct check_line *line;

	if (!run->is_root) {
		check_unknown(run, &act_csum, NULL);
		check_unknown(run, &target, NULL);
		return;
	}

	line = check_add(&run->list, &act_csum, NULL, NULL, filter ? CHECK_PASS : lack,
		alloc_copy(filter ? "available" : "the kernel has no act_csum"));
	if (!filter && !rule)
		line->cure =
			alloc_copy("modprobe act_csum || modprobe -a xt_CHECKSUM iptable_mangle");
	check_add(
		&run->list, &target, NULL, NULL, rule ? CHECK_PASS : lack, alloc_copy(rule_value));
}

static void add_stp_program(struct check_run *run)
{
	struct check_line *line;

	if (!host_has_stp_program()) {
		check_add(&run->list, &stp_program, NULL, NULL, CHECK_PASS, alloc_copy("absent"));
		return;
	}
	line = check_add(&run->list, &stp_program, NULL, NULL, CHECK_WARN, NULL);
	line->slug = "stp-user-space";
	line->evidence = alloc_copy("exists: the kernel runs it whenever STP is switched on, so "
				    "guests' ports are not made edge ports");
	line->advice = alloc_copy("remove it if no bridge needs it");
}

void check_host(struct check_run *run)
{
	add_vhost_net(run);
	add_completers(run);
	add_stp_program(run);
	check_firewall_host(run);
}
