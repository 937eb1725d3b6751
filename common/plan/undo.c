// SPDX-License-Identifier: GPL-2.0-or-later
/* What takes our things away: after a guest or network, and for good. */
#include "undo.h"

#include "alloc.h"
#include "csum.h"
#include "cure.h"
#include "planning.h"

#include <string.h>

/* A network's own stay until it stops. */
static bool has_filters(const struct filter_state *filter, bool managed)
{
	return filter_has_ours(filter) && (managed || filter->for_guests);
}

static bool has_rules(const struct bridge_facts *bridge, enum ip_family family, bool managed)
{
	const struct fill_state *fill = &bridge->fill[family];

	return fill->rules > 0 && (managed || fill->for_guests);
}

static void plan_unfill_bridge(struct plan *plan, const struct subject *subject)
{
	const struct bridge_facts *bridge = subject->bridge;

	/* What guests are still there for is still needed. */
	if (!subject->managed && bridge->state.kind != BRIDGE_ABSENT &&
		(!bridge->state.ports_known || bridge->state.guest_ports > 0))
		return;
	for (enum ip_family family = 0; family < IP_FAMILIES; family++) {
		if (has_rules(bridge, family, subject->managed))
			csum_at_bridge(plan, subject, csum_rule(family, FILL_NONE, NULL));
	}
	if (has_filters(&bridge->filter, subject->managed))
		csum_at_bridge(plan, subject, csum_filter(FILTER_EGRESS, FILL_NONE, NULL));
	if (bridge->tx_checksum_ours)
		csum_at_bridge(plan, subject, (struct action){.kind = ACTION_TX_CHECKSUM});
	plan_docker_user_goes(plan, subject);
}

void plan_unfill(struct plan *plan, struct subject subject, const struct host_facts *facts)
{
	for (size_t i = 0; i < facts->bridge_count; i++) {
		subject.bridge = &facts->bridges[i];
		plan_unfill_bridge(plan, &subject);
	}
}

/* Every rule of ours, for whomever it is there. */
static void plan_undo_rules(struct plan *plan, const struct bridge_facts *bridge)
{
	const struct subject subject = {.bridge = bridge};

	for (enum ip_family family = 0; family < IP_FAMILIES; family++) {
		if (bridge->fill[family].rules > 0)
			plan_add_action(plan, &subject, csum_rule(family, FILL_NONE, NULL));
		if (bridge->docker_user[family].ours)
			plan_add_action(plan, &subject,
				(struct action){
					.kind = ACTION_DOCKER_USER,
					.family = family,
					.goes = true,
				});
	}
}

/* Nobody but a person can know when the bridge's guests can do without their ports for a while. */
static void plan_stp_stays_off(struct plan *plan, const struct subject *subject)
{
	plan_add_finding(plan, subject,
		(struct finding){
			.slug = "stp-left-off",
			.severity = SEVERITY_NOTICE,
			.evidence = alloc_copy("STP was switched off by hold = stp-off; switched "
					       "on, each port would listen and learn again, also "
					       "those of guests that run"),
			.cure = cure_command("ip link set dev %s type bridge stp_state 1",
				subject->bridge->state.name),
			.advice = alloc_copy("switch it on when the guests can do without their "
					     "network for twice the forward delay"),
			.action = NO_ACTION,
		});
}

/* To set it blindly could overwrite what somebody has set since. */
static void plan_delay_stays(
	struct plan *plan, const struct subject *subject, unsigned int delay_before)
{
	plan_add_finding(plan, subject,
		(struct finding){
			.slug = "delay-left",
			.severity = SEVERITY_NOTICE,
			.evidence =
				alloc_format("virt-netboot shortened its forward delay, which was "
					     "%u.%02u s; it is not the root bridge now, and the "
					     "kernel shows the root's delay only",
					delay_before / 100, delay_before % 100),
			.cure = cure_command("ip link set dev %s type bridge forward_delay %u",
				subject->bridge->state.name, delay_before),
			.advice = alloc_copy("set it back, unless somebody has set another one"),
			.action = NO_ACTION,
		});
}

/* A device is shown as what it is: a bridge, or else a port. */
static void plan_undo_device(struct plan *plan, const struct device_facts *device)
{
	struct bridge_facts bridge = {0};
	struct bridge_port port = {.ifindex = device->ifindex};
	struct subject subject = {.bridge = &bridge, .port = device->is_bridge ? NULL : &port};

	bridge.state.ifindex = device->ifindex;
	memcpy(device->is_bridge ? bridge.state.name : port.name, device->name, IFNAME_SIZE);
	for (enum filter_hook hook = 0; hook < FILTER_HOOKS; hook++) {
		if (device->filters[hook])
			plan_add_action(plan, &subject, csum_filter(hook, FILL_NONE, NULL));
	}
	if (device->tx_checksum_ours)
		plan_add_action(plan, &subject, (struct action){.kind = ACTION_TX_CHECKSUM});
	if (device->delay_hidden)
		plan_delay_stays(plan, &subject, device->delay_before);
	else if (device->delay_before != 0)
		plan_add_action(plan, &subject,
			(struct action){
				.kind = ACTION_SET_FORWARD_DELAY,
				.delay_before = device->delay,
				.delay = device->delay_before,
			});
	if (device->stp_off_ours)
		plan_stp_stays_off(plan, &subject);
}

void plan_undo(struct plan *plan, const struct host_facts *facts)
{
	*plan = (struct plan){0};
	for (size_t i = 0; i < facts->bridge_count; i++)
		plan_undo_rules(plan, &facts->bridges[i]);
	for (size_t i = 0; i < facts->device_count; i++)
		plan_undo_device(plan, &facts->devices[i]);
}
