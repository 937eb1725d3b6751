// SPDX-License-Identifier: GPL-2.0-or-later
#include "fields.h"

#include "ifname.h"

#include <stdio.h>
#include <string.h>

static const char *const severity_names[] = {
	[SEVERITY_ERROR] = "error",
	[SEVERITY_WARNING] = "warning",
	[SEVERITY_NOTICE] = "notice",
	[SEVERITY_INFO] = "info",
	[SEVERITY_DEBUG] = "debug",
};

const char *severity_name(enum severity severity)
{
	return severity_names[severity];
}

/* Where the fields go. */
struct sink {
	field_writer *write;
	void *to;
};

static void put_field(struct sink sink, const char *key, const char *value)
{
	if (value && *value)
		sink.write(sink.to, key, value);
}

/* One that is still to come has no name that a device can have (diagnose_coming_ports()). */
static const char *finding_port(const struct finding *finding)
{
	if (*finding->port || !finding->nic || !ifname_is_valid(finding->nic->target))
		return finding->port;
	return finding->nic->target;
}

static const char *finding_repaired(const struct plan *plan, const struct finding *finding)
{
	static const char *const names[] = {
		[REPAIR_NOT_PLANNED] = NULL,
		[REPAIR_FAILED] = "no",
		[REPAIR_LATER] = "later",
		[REPAIR_DONE] = "yes",
	};

	return names[plan_repair(plan, finding)];
}

void finding_fields(
	const struct plan *plan, const struct finding *finding, field_writer *write, void *to)
{
	struct sink sink = {write, to};

	put_field(sink, "finding", finding->slug);
	put_field(sink, "severity", severity_name(plan_severity(plan, finding)));
	put_field(sink, "guest", finding->guest);
	put_field(sink, "network", finding->network);
	put_field(sink, "interface", finding->nic ? finding->nic->mac : NULL);
	put_field(sink, "port", finding_port(finding));
	put_field(sink, "bridge", finding->bridge);
	put_field(sink, "evidence", finding->evidence);
	put_field(sink, "cure", finding->cure);
	put_field(sink, "advice", plan_advice(plan, finding));
	put_field(sink, "repaired", finding_repaired(plan, finding));
}

const char *action_name(const struct action *action)
{
	bool goes = action->scope == FILL_NONE;

	switch (action->kind) {
	case ACTION_SET_FORWARD_DELAY:
		return "set-forward-delay";
	case ACTION_STP_OFF:
		return "stp-off";
	case ACTION_STP_ON:
		return "stp-on";
	case ACTION_BPDU_GUARD:
		return "bpdu-guard";
	case ACTION_EDGE_PORT:
		return "edge-port";
	case ACTION_WATCH_PORT:
		return "watch-port";
	case ACTION_SWEEP:
		return "sweep-ports";
	case ACTION_FILTER:
		return goes ? "remove-checksum-filter" : "add-checksum-filter";
	case ACTION_REWRITE:
		return "rewrite-driver";
	case ACTION_TX_CHECKSUM:
		return goes ? "tx-checksum-on" : "tx-checksum-off";
	case ACTION_DOCKER_USER:
		return action->goes ? "remove-docker-user-rule" : "add-docker-user-rule";
	case ACTION_ZONE:
		return "set-firewalld-zone";
	case ACTION_RELOAD:
		return "reload-libvirt";
	default:
		return goes ? "remove-checksum-rule" : "add-checksum-rule";
	}
}

/* Of what fills checksums. */
static const char *mechanism_name(const struct action *action)
{
	switch (action->kind) {
	case ACTION_FILTER:
		return "tc";
	case ACTION_TX_CHECKSUM:
		return "ethtool";
	case ACTION_RULE:
	case ACTION_DOCKER_USER:
		return families[action->family].iptables;
	default:
		return NULL;
	}
}

static const char *scope_name(const struct action *action)
{
	static const char *const names[] = {
		[FILL_NONE] = NULL, [FILL_DHCP] = "dhcp", [FILL_UDP] = "udp"};

	return names[action->scope];
}

static const char *result_name(const struct action *action)
{
	if (action->planned)
		return "planned";
	if (plan_is_deferred(action))
		return "later";
	return action->result == 0 ? "done" : "failed";
}

static void put_seconds(struct sink sink, const char *key, unsigned int hundredths)
{
	char text[16];

	snprintf(text, sizeof(text), "%u.%02us", hundredths / 100, hundredths % 100);
	put_field(sink, key, text);
}

static void put_number(struct sink sink, const char *key, size_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%zu", number);
	put_field(sink, key, text);
}

void action_fields(const struct action *action, field_writer *write, void *to)
{
	struct sink sink = {write, to};
	const char *mechanism = mechanism_name(action);

	put_field(sink, "action", action_name(action));
	put_field(sink, "guest", action->guest);
	put_field(sink, "network", action->network);
	put_field(sink, "interface", action->nic ? action->nic->mac : NULL);
	put_field(sink, "port", action->port);
	put_field(sink, action->macvlan ? "macvlan" : "bridge", action->bridge);
	if (action->kind == ACTION_SET_FORWARD_DELAY) {
		put_seconds(sink, "from", action->delay_before);
		put_seconds(sink, "to", action->delay);
	}
	if (action->kind == ACTION_ZONE) {
		put_field(sink, "from", action->zone_before);
		put_field(sink, "to", action->zone);
	}
	if (mechanism) {
		put_field(sink, "mechanism", mechanism);
		put_field(sink, "scope", scope_name(action));
	}
	put_field(sink, "why", action->why);
	if (action->counters_lost != 0)
		put_number(sink, "counters-lost", action->counters_lost);
	put_field(sink, "result", result_name(action));
	if (action->result != 0 && !plan_is_deferred(action))
		put_field(sink, "error", strerror(-action->result));
}
