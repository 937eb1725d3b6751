// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The path beyond a guest's port. A port that forwards is no repair as long as nothing leaves the
 * bridge: the server may be out there.
 */
#include "alloc.h"
#include "cleanup.h"
#include "conditions.h"
#include "cure.h"
#include "planning.h"

#include <stdlib.h>
#include <string.h>

static const char *const state_names[] = {
	[PORT_DISABLED] = "down or without carrier",
	[PORT_LISTENING] = "listening",
	[PORT_LEARNING] = "learning",
	[PORT_FORWARDING] = "forwarding",
	[PORT_BLOCKING] = "blocked by STP",
};

static bool is_about(const struct finding *finding, const struct subject *subject)
{
	return finding->nic ? finding->nic == subject->nic
			    : strcmp(finding->port, subject->port->name) == 0;
}

/*
 * What was found before about the same interface is not repaired before @beyond is, whatever
 * becomes of its own action; its evidence says @why.
 */
static void mark_blocked(
	struct plan *plan, const struct subject *subject, size_t beyond, const char *why)
{
	for (size_t i = 0; i < beyond; i++) {
		struct finding *finding = &plan->findings[i];
		if (finding->action == NO_ACTION || !is_about(finding, subject))
			continue;
		char *evidence = alloc_format("%s; %s", finding->evidence, why);
		free(finding->evidence);
		finding->evidence = evidence;
		finding->beyond = (int)beyond;
	}
}

/* Where a server of this host is on the bridge, the guest does not depend on what is beyond. */
static void plan_uplink(struct plan *plan, const struct subject *subject,
	const struct path_facts *path, struct finding finding)
{
	struct subject beyond = *subject;
	char *why = alloc_format("%s does not forward either: it is %s", path->uplink.name,
		state_names[path->uplink.state]);

	beyond.port = &path->uplink;
	plan_add_finding(plan, &beyond, finding);
	if (!path->served)
		mark_blocked(plan, subject, plan->finding_count - 1, why);
	free(why);
}

/*
 * True if the uplink can be made an edge port: a loop enters a bridge by one port and leaves by
 * another, so none can come of it where this is the only one that is not a guest's; and no program
 * is given the bridge when STP is switched on again.
 */
static bool can_be_edge(const struct planning *planning, const struct path_facts *path)
{
	return path->uplinks == 1 && !planning->facts->stp_program;
}

/* The administrator lets the uplink be made an edge port. If it has to wait, the watcher for the
 * guest's port sees to it. */
static int plan_uplink_edge(const struct planning *planning, const struct subject *subject,
	const struct path_facts *path)
{
	struct subject beyond = *subject;

	if (!planning->policy->uplink_edge || !policy_makes_edge_ports(planning->policy) ||
		!can_be_edge(planning, path))
		return NO_ACTION;
	beyond.port = &path->uplink;
	int index =
		plan_add_action(planning->plan, &beyond, (struct action){.kind = ACTION_EDGE_PORT});
	memcpy(planning->plan->actions[index].port_mac, subject->port->mac, MAC_SIZE);
	return index;
}

static void plan_uplink_held(const struct planning *planning, const struct subject *subject,
	const struct path_facts *path)
{
	unsigned int left = port_hold_left(&subject->bridge->state, &path->uplink);

	/* Every known client waits for so long. */
	if (left <= 2 * FORWARD_DELAY_MIN)
		return;
	plan_uplink(planning->plan, subject, path,
		(struct finding){
			.slug = "uplink-held",
			.severity = path->served ? SEVERITY_INFO : SEVERITY_ERROR,
			.evidence = alloc_format("the uplink is %s and forwards in %u.%02u s; "
						 "until then no packet leaves or enters there",
				state_names[path->uplink.state], left / 100, left % 100),
			.cure = can_be_edge(planning, path)
					? plan_edge_cure(&subject->bridge->state, &path->uplink)
					: NULL,
			.advice = alloc_copy("start the guest when the uplink forwards"),
			.action = plan_uplink_edge(planning, subject, path),
		});
}

static void plan_uplink_down(
	struct plan *plan, const struct subject *subject, const struct path_facts *path)
{
	plan_uplink(plan, subject, path,
		(struct finding){
			.slug = "uplink-down",
			.severity = path->served ? SEVERITY_INFO : SEVERITY_WARNING,
			.evidence = alloc_format("the uplink is %s, and no other port leads out of "
						 "the bridge",
				state_names[path->uplink.state]),
			.advice = alloc_copy(
				"set the uplink up, connect it, or see why STP blocks it"),
			.action = NO_ACTION,
		});
}

static void plan_bridge_down(struct plan *plan, const struct subject *subject)
{
	const char *bridge = subject->bridge->state.name;

	plan_add_finding(plan, subject,
		(struct finding){
			.slug = "bridge-down",
			.severity = SEVERITY_WARNING,
			.evidence = alloc_copy("the bridge is down: it forwards nothing"),
			.cure = cure_command("ip link set dev %s up", bridge),
			.action = NO_ACTION,
		});
	mark_blocked(plan, subject, plan->finding_count - 1, "the bridge is down");
}

/* To the VLAN that the uplink gives to untagged packets, if it does. */
static char *vlan_cure(const struct bridge_port *port, const struct path_facts *path)
{
	/* A port that is still to come has no name yet. */
	if (path->uplink_pvid == 0 || port->ifindex == 0)
		return NULL;
	return cure_command(
		"bridge vlan add dev %s vid %u pvid untagged", port->name, path->uplink_pvid);
}

/* Where the uplink is instead; the caller frees it. */
static char *vlan_elsewhere(const struct path_facts *path)
{
	if (path->uplinks == 0)
		return alloc_copy("");
	if (path->uplink_pvid == 0)
		return alloc_format("; %s has none", path->uplink.name);
	return alloc_format("; that of %s is %u", path->uplink.name, path->uplink_pvid);
}

static char *vlan_evidence(const struct path_facts *path)
{
	CLEANUP(cleanup_free) char *elsewhere = vlan_elsewhere(path);

	if (path->pvid == 0)
		return alloc_format("the port has no PVID, so that packets without a VLAN tag are "
				    "dropped%s",
			elsewhere);
	return alloc_format("the port's PVID is %u, and %s in that VLAN%s", path->pvid,
		path->company == VLAN_GUESTS ? "only guests are" : "nobody else is", elsewhere);
}

static void plan_vlan(
	struct plan *plan, const struct subject *subject, const struct path_facts *path)
{
	bool alone = path->company == VLAN_NOBODY && !path->trunk;

	if (!path->vlan_known || path->company == VLAN_OTHERS)
		return;
	plan_add_finding(plan, subject,
		(struct finding){
			.slug = "vlan-mismatch",
			.severity = alone ? SEVERITY_ERROR : SEVERITY_INFO,
			.evidence = vlan_evidence(path),
			.cure = vlan_cure(subject->port, path),
			.advice = alloc_copy("the port's PVID has to be the VLAN of the guest's "
					     "servers each time that the guest starts"),
			.action = NO_ACTION,
		});
	if (alone)
		mark_blocked(
			plan, subject, plan->finding_count - 1, "the port's VLAN leads nowhere");
}

/* STP, of which a bridge that delays nothing has no uplink to tell; before a guest starts, who asks
 * wants to know of any. */
static void plan_uplinks(const struct planning *planning, const struct subject *subject,
	const struct path_facts *path)
{
	if (path->uplinks == 0 || path->uplink.state == PORT_FORWARDING ||
		(planning->kind != EVENT_GUEST_PREPARE && !bridge_holds(&subject->bridge->state)))
		return;
	if (port_is_held(&path->uplink))
		plan_uplink_held(planning, subject, path);
	else
		plan_uplink_down(planning->plan, subject, path);
}

void plan_path(
	const struct planning *planning, struct subject subject, const struct port_facts *port)
{
	const struct bridge_facts bridge = {.state = port->bridge};

	subject.bridge = &bridge;
	subject.port = &port->port;
	if (bridge.state.down)
		plan_bridge_down(planning->plan, &subject);
	plan_uplinks(planning, &subject, &port->path);
	plan_vlan(planning->plan, &subject, &port->path);
}
