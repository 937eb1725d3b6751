// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Bridges: what a guest would meet there that is about to start and boots from the network.
 *
 * The plan that the hooks would make for such a guest has the findings. It is made for many bridges
 * at once, because the sockets and rules of this host are read once for each plan; but not for too
 * many, because a plan searches its bridges one by one.
 */
#include "check_parts.h"

#include "alloc.h"
#include "check_progress.h"
#include "cleanup.h"
#include "conditions.h"
#include "dispatch.h"
#include "gather.h"
#include "host.h"

#include <stdio.h>
#include <string.h>

#define AT_ONCE 50

static const struct check_question device = {CHECK_BRIDGE, "bridge-device", "device"};
static const struct check_question hold = {
	CHECK_BRIDGE, "bridge-hold-time", "time until a new port forwards"};
static const struct check_question stp = {CHECK_BRIDGE, "bridge-stp", "spanning tree"};
static const struct check_question uplink = {CHECK_BRIDGE, "bridge-uplink", "uplinks"};
static const struct check_question checksum = {
	CHECK_BRIDGE, "bridge-checksum", "checksums of this host's replies"};
static const struct check_question others = {
	CHECK_BRIDGE, "bridge-other-senders", "checksums of other senders"};
static const struct check_question vlan = {CHECK_BRIDGE, "bridge-vlan", "VLAN of a new port"};

static const char *const device_slugs[] = {
	"bridge-absent", "bridge-openvswitch", "not-a-bridge", "bridge-down", NULL};
static const char *const hold_slugs[] = {
	"bridge-hold", "bridge-hold-not-root", "bridge-multi-network", "stp-user-space", NULL};
static const char *const uplink_slugs[] = {"uplink-held", "uplink-down", NULL};
static const char *const checksum_slugs[] = {"checksum-unfilled", "checksum-tftp-unfilled",
	"checksum-unsupported", "filter-shadowed", "checksum-zeroed", "vhost-exposed", NULL};
static const char *const others_slugs[] = {"sender-unreached", NULL};
static const char *const vlan_slugs[] = {"vlan-mismatch", NULL};

/* One bridge among those of a diagnosis. */
struct subject_bridge {
	struct check_run *run;
	const struct diagnosis *diagnosis;
	const struct guest_nic *nic; /* of the guest that would be there */
	const char *name;
	const struct bridge_facts *facts; /* NULL if it could not be read */
	const struct path_facts *path;    /* NULL if it is no Linux bridge */
};

/* Add what was found of this bridge that answers the question. Return: how many. */
static size_t add_findings(const struct subject_bridge *bridge,
	const struct check_question *question, const char *const *slugs)
{
	const struct check_subject subject = {
		.run = bridge->run,
		.object = bridge->name,
		.plan = &bridge->diagnosis->plan,
		.nic = bridge->nic,
	};

	return check_findings(&subject, question, slugs);
}

/* Takes @value. */
static void pass(
	const struct subject_bridge *bridge, const struct check_question *question, char *value)
{
	check_add(&bridge->run->list, question, bridge->name, NULL, CHECK_PASS, value);
}

/* Return: true if there is more to ask. */
static bool check_device(const struct subject_bridge *bridge)
{
	bool is_linux = bridge->facts && bridge->facts->state.kind == BRIDGE_LINUX;

	if (add_findings(bridge, &device, device_slugs) == 0 && is_linux)
		pass(bridge, &device, alloc_copy("a Linux bridge, up"));
	return is_linux;
}

/* A hook that libvirt runs makes the port of each guest an edge port; what is no guest's, and a
 * guest that is there already, still has to wait. */
static void check_hold(const struct subject_bridge *bridge)
{
	struct check_run *run = bridge->run;
	const struct bridge_state *state = &bridge->facts->state;
	bool edge = run->qemu_hook &&
		    plan_watches_ports(state, bridge->diagnosis->facts.stp_program, &run->policy);
	size_t before = run->list.count;

	if (state->stp == STP_USER) {
		struct check_line *line =
			check_add(&run->list, &hold, bridge->name, NULL, CHECK_NOTE,
				alloc_copy("a program runs STP and decides when a port forwards"));
		line->slug = "stp-user-space";
		return;
	}
	if (add_findings(bridge, &hold, hold_slugs) == 0)
		pass(bridge, &hold, check_hold_text(check_new_port_hold(state)));
	for (size_t i = before; i < run->list.count; i++) {
		struct check_line *line = &run->list.lines[i];
		CLEANUP(cleanup_free) char *seconds = check_hold_text(check_new_port_hold(state));
		if (line->result == CHECK_PASS)
			continue;
		line->value = alloc_format(
			edge ? "%s, but the hook makes guests' ports edge ports" : "%s", seconds);
		line->result = edge ? CHECK_NOTE : CHECK_FAIL;
	}
}

/* Each port that begins or ceases to forward changes it, also that of a guest that starts. */
static void check_stp(const struct subject_bridge *bridge)
{
	const struct bridge_state *state = &bridge->facts->state;
	const char *change = state->topology_changes ? "; the topology is changing" : "";

	if (state->stp == STP_OFF)
		pass(bridge, &stp, alloc_copy("off"));
	else if (state->stp == STP_USER)
		pass(bridge, &stp, alloc_copy("on, run by a program"));
	else if (state->is_root)
		pass(bridge, &stp, alloc_format("on, this bridge is the root%s", change));
	else
		check_add(&bridge->run->list, &stp, bridge->name, NULL, CHECK_NOTE,
			alloc_format("on, the root is %s, whose delay is in force%s", state->root,
				change));
}

static void check_uplink(const struct subject_bridge *bridge)
{
	const struct path_facts *path = bridge->path;

	if (!path || add_findings(bridge, &uplink, uplink_slugs) > 0)
		return;
	if (path->uplinks == 0)
		pass(bridge, &uplink, alloc_copy("none: all ports are guests'"));
	else
		pass(bridge, &uplink,
			alloc_format("%s forwards%s", path->uplink.name,
				path->uplinks > 1 ? ", among others" : ""));
}

static void check_vlan(const struct subject_bridge *bridge)
{
	const struct bridge_state *state = &bridge->facts->state;

	if (!state->vlan_filtering)
		pass(bridge, &vlan, alloc_copy("the bridge does not filter VLANs"));
	else if (bridge->path && add_findings(bridge, &vlan, vlan_slugs) == 0)
		pass(bridge, &vlan, alloc_format("%u", bridge->path->pvid));
}

/* Who completes them in one family, or NULL. */
static const char *completed_by(const struct bridge_facts *facts, enum ip_family family)
{
	const struct fill_state *rules = &facts->fill[family];

	if (facts->tx_checksum_off)
		return "completed because transmit checksumming is off";
	if (facts->filter.others[family] != FILL_NONE)
		return "completed by another program's filter";
	if (plan_filtered(&facts->filter, family) != FILL_NONE)
		return "completed by a filter of virt-netboot";
	if (rules->others != FILL_NONE)
		return "completed by a rule of libvirt or of the administrator";
	return rules->ours != FILL_NONE ? "completed by a rule of virt-netboot" : NULL;
}

/* Why nothing is wrong. */
static const char *protection(const struct subject_bridge *bridge)
{
	const struct plan *plan = &bridge->diagnosis->plan;
	const char *by = completed_by(bridge->facts, IPV4);

	if (bridge->run->policy.mechanism == MECHANISM_NONE)
		return "not looked at: mechanism = none in virt-netboot.conf";
	for (size_t i = 0; !by && i < plan->finding_count; i++) {
		const struct finding *finding = &plan->findings[i];
		if (finding->nic == bridge->nic && strcmp(finding->slug, "checksum-protected") == 0)
			return finding->evidence;
	}
	return by ? by : "complete";
}

/* False if rules or filters could not be read. */
static bool is_known(const struct subject_bridge *bridge)
{
	const struct host_facts *facts = &bridge->diagnosis->facts;

	return bridge->run->is_root && facts->fill_known[IPV4] && facts->fill_known[IPV6];
}

static void check_checksums(const struct subject_bridge *bridge)
{
	if (add_findings(bridge, &checksum, checksum_slugs) > 0)
		return;
	if (is_known(bridge))
		pass(bridge, &checksum, alloc_copy(protection(bridge)));
	else
		check_unknown(bridge->run, &checksum, bridge->name);
}

/* The hooks complete what guests and this host send; who else there is the log says once. */
static void check_others(const struct subject_bridge *bridge)
{
	const struct policy *policy = &bridge->run->policy;
	CLEANUP(host_facts_clear) struct host_facts facts = {0};
	CLEANUP(plan_clear) struct plan plan = {0};
	const struct check_subject subject = {
		.run = bridge->run, .object = bridge->name, .plan = &plan};

	if (policy->at != AT_SENDER || !plan_uses_filters(policy) ||
		!bridge->diagnosis->facts.filter_supported)
		return;
	gather_outside_among(bridge->run->ports, &bridge->facts->state, &facts);
	plan_outside(&plan, &facts);
	check_findings(&subject, &others, others_slugs);
}

static void measure(const struct subject_bridge *bridge)
{
	struct check_list *list = &bridge->run->list;
	const struct bridge_state *state = &bridge->facts->state;

	list->bridges = alloc_one_more(list->bridges, list->bridge_count, sizeof(*list->bridges));
	struct check_bridge *measured = &list->bridges[list->bridge_count++];
	memcpy(measured->name, state->name, IFNAME_SIZE);
	measured->hold = check_new_port_hold(state) / 100.0;
	measured->is_root = state->stp != STP_OFF && state->is_root;
}

static void check_one(const struct subject_bridge *bridge)
{
	if (!check_device(bridge))
		return;
	measure(bridge);
	check_hold(bridge);
	check_stp(bridge);
	check_uplink(bridge);
	check_vlan(bridge);
	check_checksums(bridge);
	check_others(bridge);
	check_firewall_bridge(bridge->run, &bridge->facts->state);
}

static const struct path_facts *path_of(const struct diagnosis *diagnosis, const char *port)
{
	const struct port_facts *facts = host_facts_port(&diagnosis->facts, port);

	return facts ? &facts->path : NULL;
}

static void check_some(struct check_run *run, const char *const *names, size_t count)
{
	CLEANUP(diagnosis_clear) struct diagnosis diagnosis;
	struct policy policy = run->policy;

	/* What is so without the hooks: by these two a delay is a finding of the bridge. */
	policy.hold = HOLD_MIN_DELAY;
	diagnose_newcomers(&diagnosis, names, count, run->ports, &policy);
	while (diagnose_next(&diagnosis))
		;
	for (size_t i = 0; i < count; i++) {
		const struct guest_nic *nic = &diagnosis.guest.nics[i];
		const struct subject_bridge bridge = {
			.run = run,
			.diagnosis = &diagnosis,
			.nic = nic,
			.name = names[i],
			.facts = host_facts_bridge(&diagnosis.facts, names[i]),
			.path = path_of(&diagnosis, nic->target),
		};
		check_one(&bridge);
	}
}

void check_bridges(struct check_run *run, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i += AT_ONCE) {
		check_progress("bridge", i, count);
		check_some(run, names + i, count - i < AT_ONCE ? count - i : AT_ONCE);
	}
}
