// SPDX-License-Identifier: GPL-2.0-or-later
#include "check_nic.h"

#include "alloc.h"
#include "cleanup.h"
#include "conditions.h"
#include "cure.h"

#include <stdlib.h>
#include <string.h>

static const char *const port_slugs[] = {
	"bridge-absent", "bridge-openvswitch", "not-a-bridge", "port-blocked", NULL};
static const char *const hold_slugs[] = {
	"bridge-hold", "bridge-hold-not-root", "bridge-multi-network", "stp-user-space", NULL};
static const char *const path_slugs[] = {"bridge-down", "uplink-held", "uplink-down",
	"vlan-mismatch", "macvtap-host-unreachable", NULL};
static const char *const checksum_slugs[] = {"checksum-protected", "checksum-unfilled",
	"checksum-tftp-unfilled", "checksum-unsupported", "checksum-zeroed", "filter-shadowed",
	"macvtap-peer-offload", "vhost-exposed", NULL};

enum topic { PORT, HOLD, CLIENTS, PATH, CHECKSUM, MULTICAST, TOPICS };

const struct check_topic check_guest_topics[] = {
	[PORT] = {{CHECK_GUEST, "guest-port", "port on this host"}, port_slugs},
	[HOLD] = {{CHECK_GUEST, "guest-hold", "time until its port forwards"}, hold_slugs},
	[CLIENTS] = {{CHECK_GUEST, "guest-clients", "DHCP clients that give up before that"}, NULL},
	[PATH] = {{CHECK_GUEST, "guest-path", "path beyond its port"}, path_slugs},
	[CHECKSUM] = {{CHECK_GUEST, "guest-checksum", "checksums of packets sent to it"},
		checksum_slugs},
	[MULTICAST] = {{CHECK_GUEST, "guest-multicast", "multicast to its macvtap"}, NULL},
	[TOPICS] = {{CHECK_GUEST, NULL, NULL}, NULL},
};

/* Takes @value. */
static struct check_line *add_line(
	const struct nic_check *check, enum topic topic, enum check_result result, char *value)
{
	return check_add(&check->run->list, &check_guest_topics[topic].question, check->guest,
		check->interface, result, value);
}

static const struct bridge_facts *bridge_of(const struct nic_check *check)
{
	return plan_bridge(&check->diagnosis->facts, check->nic);
}

static bool is_on_linux_bridge(const struct nic_check *check)
{
	const struct bridge_facts *bridge = bridge_of(check);

	return bridge && bridge->state.kind == BRIDGE_LINUX;
}

/* With what is known of its path, also if it is still to come. */
static const struct port_facts *coming_port(const struct nic_check *check)
{
	return host_facts_port(&check->diagnosis->facts, check->nic->target);
}

/* NULL if it is not there. */
static const struct port_facts *port_of(const struct nic_check *check)
{
	return check->running ? coming_port(check) : NULL;
}

/* Of a bridge as such the plan says it once, with the first interface that is on it. */
static bool is_about(const struct nic_check *check, const struct finding *finding)
{
	const struct bridge_facts *bridge = bridge_of(check);

	if (finding->nic == check->nic)
		return true;
	return bridge && !*finding->port && check_is_among(finding->slug, hold_slugs) &&
	       strcmp(finding->bridge, bridge->state.name) == 0;
}

/* Return: how many there were. */
static size_t add_findings(const struct nic_check *check, enum topic topic)
{
	const struct plan *plan = &check->diagnosis->plan;
	const struct check_topic *asked = &check_guest_topics[topic];
	size_t count = 0;

	for (size_t i = 0; i < plan->finding_count; i++) {
		const struct finding *finding = &plan->findings[i];
		if (!is_about(check, finding) || !check_is_among(finding->slug, asked->slugs))
			continue;
		check_add_finding(&check->run->list, &asked->question, check->guest,
			check->interface,
			check_finding_result(check->run, plan, finding, check->running), plan,
			finding);
		count++;
	}
	return count;
}

/*
 * Its port.
 */

/* Takes @text. */
static char *and_also(char *text, const char *format, const char *name)
{
	CLEANUP(cleanup_free) char *before = text;
	CLEANUP(cleanup_free) char *more = alloc_format("%s%s", format, name);

	return before ? alloc_format("%s, %s", before, more) : alloc_copy(more);
}

/* What limits whom it reaches, after @text, which is taken; NULL for nothing. */
static char *add_limits(const struct guest_nic *nic, char *text)
{
	CLEANUP(cleanup_free) char *vlan = alloc_format("%u", nic->vlan);

	if (nic->isolated)
		text = and_also(text, "isolated from other isolated ports", "");
	if (nic->filter)
		text = and_also(text, "filtered by ", nic->filter);
	if (nic->vlan_trunk)
		text = and_also(text, "a trunk of VLANs", "");
	else if (nic->vlan > 0)
		text = and_also(text, "in VLAN ", vlan);
	return text;
}

static bool is_limited(const struct guest_nic *nic)
{
	return nic->isolated || nic->filter || nic->vlan_trunk || nic->vlan > 0;
}

static const char *state_text(const struct bridge_port *port)
{
	static const char *const states[] = {
		[PORT_DISABLED] = "down or without carrier",
		[PORT_LISTENING] = "listening",
		[PORT_LEARNING] = "learning",
		[PORT_FORWARDING] = "forwarding",
		[PORT_BLOCKING] = "blocked",
	};

	return port->state <= PORT_BLOCKING ? states[port->state] : "in an unknown state";
}

static char *port_text(const struct nic_check *check, const struct port_facts *port)
{
	if (port->port.macvtap)
		return alloc_format(
			"macvtap on %s", plan_lower_name(&check->diagnosis->facts, check->nic));
	if (port->port.bridge == 0)
		return alloc_copy("on no Linux bridge");
	return alloc_format("%s on %s", state_text(&port->port), port->bridge.name);
}

/* Somebody took the tap out of its bridge, or the bridge was made again. It may be a port of Open
 * vSwitch by now, so this is not certain to be a fault. */
static bool is_cut_off(const struct nic_check *check, const struct port_facts *port)
{
	const struct bridge_facts *bridge = bridge_of(check);

	return port->port.bridge == 0 && !port->port.macvtap && !check->nic->openvswitch &&
	       bridge &&
	       (bridge->state.kind == BRIDGE_LINUX || bridge->state.kind == BRIDGE_ABSENT);
}

static void add_cut_off(const struct nic_check *check)
{
	const char *bridge = check->nic->bridge;
	bool there = is_on_linux_bridge(check);
	struct check_line *line = add_line(check, PORT, CHECK_WARN,
		alloc_format("on no Linux bridge, but its XML names %s", bridge));

	line->cure =
		there ? cure_command("ip link set dev %s master %s", check->nic->target, bridge)
		      : NULL;
	if (!there)
		line->advice = alloc_copy("make the bridge again, then start the guest again");
}

static void check_running_port(const struct nic_check *check)
{
	const struct port_facts *port = port_of(check);

	if (add_findings(check, PORT) > 0)
		return;
	if (!port) {
		add_line(check, PORT, CHECK_WARN,
			alloc_copy(*check->nic->target ? "the device does not exist"
						       : "its device is not known"));
		return;
	}
	if (is_cut_off(check, port)) {
		add_cut_off(check);
		return;
	}
	bool down = port->port.bridge != 0 && port->port.state == PORT_DISABLED;
	enum check_result result = is_limited(check->nic) ? CHECK_NOTE : CHECK_PASS;
	add_line(check, PORT, down ? CHECK_WARN : result,
		add_limits(check->nic, port_text(check, port)));
}

/* The guest cannot start. */
static void check_stopped_network(const struct nic_check *check)
{
	bool stopped = check->network == NIC_NETWORK_STOPPED;
	struct check_line *line = add_line(check, PORT, CHECK_WARN,
		alloc_format("network %s %s", check->nic->network,
			stopped ? "is not started" : "does not exist"));

	line->cure = stopped ? cure_command("virsh net-start -- %s", check->nic->network) : NULL;
}

static void check_coming_port(const struct nic_check *check)
{
	const struct bridge_facts *bridge = bridge_of(check);

	if (check->network == NIC_NETWORK_STOPPED || check->network == NIC_NETWORK_ABSENT)
		check_stopped_network(check);
	else if (check->network == NIC_NETWORK_UNKNOWN)
		add_line(check, PORT, CHECK_NOTE,
			alloc_format("the bridge of network %s is not known", check->nic->network));
	else if (add_findings(check, PORT) == 0) {
		bool limited = is_limited(check->nic);
		char *text = bridge ? alloc_format("will be on %s", bridge->state.name) : NULL;
		if (!bridge && *check->nic->lower)
			text = alloc_format("will be a macvtap on %s", check->nic->lower);
		add_line(check, PORT, limited ? CHECK_NOTE : CHECK_PASS,
			add_limits(check->nic, text));
	}
}

/*
 * How long it is delayed.
 */

/* How long it has to wait yet, in 1/100 s. */
static unsigned int hold_of(const struct nic_check *check)
{
	const struct port_facts *port = port_of(check);

	if (check->running)
		return port ? port_hold_left(&port->bridge, &port->port) : 0;
	return check_new_port_hold(&bridge_of(check)->state);
}

/* The plan has nothing about it. */
static void add_planless_hold(const struct nic_check *check)
{
	const struct bridge_state *bridge = &bridge_of(check)->state;
	const struct port_facts *port = port_of(check);

	if (check->running) {
		if (port && port->port.state == PORT_FORWARDING)
			add_line(check, HOLD, CHECK_PASS, alloc_copy("forwards"));
		else if (port && port_is_held(&port->port))
			add_line(check, HOLD, CHECK_PASS, check_hold_text(hold_of(check)));
	} else if (bridge->stp == STP_USER) {
		add_line(check, HOLD, CHECK_NOTE,
			alloc_copy("a program runs STP and decides when a port forwards"))
			->slug = "stp-user-space";
	} else if (bridge_holds(bridge)) {
		check_add_hold(check->run, &check_guest_topics[HOLD].question, check->guest,
			check->interface, bridge, check->diagnosis);
	} else {
		add_line(check, HOLD, CHECK_PASS, check_hold_text(hold_of(check)));
	}
}

/* A port that forwards has nothing to wait for, whatever a new one had. */
static void note_hold(const struct nic_check *check, struct check_line *line)
{
	const struct port_facts *port = port_of(check);
	unsigned int hold = hold_of(check);

	if (port && port->port.state == PORT_FORWARDING) {
		line->result = CHECK_NOTE;
		line->value = alloc_copy("forwards, but a new port would have to wait");
	} else if (!line->value && hold > 0) {
		line->value = check_hold_text(hold);
	}
}

/* Return: true if clients have to wait for all of it. */
static bool check_hold(const struct nic_check *check)
{
	struct check_list *list = &check->run->list;
	size_t before = list->count;
	bool waits = false;

	if (!is_on_linux_bridge(check))
		return false;
	if (add_findings(check, HOLD) == 0)
		add_planless_hold(check);
	for (size_t i = before; i < list->count; i++) {
		if (list->lines[i].result != CHECK_PASS)
			note_hold(check, &list->lines[i]);
		waits = waits || list->lines[i].result >= CHECK_WARN;
	}
	return waits;
}

static void check_clients(const struct nic_check *check)
{
	char *losers = check_clients_text(hold_of(check));

	if (losers)
		add_line(check, CLIENTS, CHECK_NOTE, losers);
}

/*
 * What lies beyond it.
 */

static void check_path(const struct nic_check *check)
{
	const struct port_facts *port = coming_port(check);

	if (add_findings(check, PATH) > 0 || !port || port->port.bridge == 0)
		return;
	add_line(check, PATH, CHECK_PASS,
		port->path.uplinks > 0
			? alloc_format("%s %s", port->path.uplink.name,
				  port->path.uplink.state == PORT_FORWARDING ? "forwards"
									     : "is an uplink")
			: NULL);
}

/*
 * Whether somebody completes the checksums of packets sent to it.
 */

static bool port_fills(const struct nic_check *check, const struct port_facts *port)
{
	enum fill_scope scope =
		plan_nic_scope(&check->diagnosis->guest, check->nic, &check->diagnosis->policy);

	return port && port->filter_known && plan_filtered(&port->filter, IPV4) >= scope &&
	       plan_filtered(&port->filter, IPV6) >= scope;
}

/* Of a macvtap, or a tap that is on no Linux bridge: its senders are anywhere. */
static void add_unknown_senders(const struct nic_check *check)
{
	if (port_fills(check, port_of(check)))
		add_line(check, CHECKSUM, CHECK_PASS,
			alloc_copy("a filter at its port completes them"));
	else if (!check->running && check->run->qemu_hook &&
		 check->diagnosis->facts.filter_supported)
		add_line(check, CHECKSUM, CHECK_PASS,
			alloc_copy("the hook has a filter at its port complete them"));
	else
		add_line(check, CHECKSUM, CHECK_NOTE,
			alloc_copy("nothing at its port completes them; it matters only if its "
				   "servers send incomplete ones"));
}

/* Nobody looks at who sends to it. */
static bool is_filled_at_port_only(const struct nic_check *check)
{
	bool on_bridge = is_on_linux_bridge(check);

	return check->nic->type == NIC_DIRECT || (port_of(check) && !on_bridge) ||
	       (on_bridge && !check->running && check->diagnosis->policy.at == AT_RECEIVER);
}

/* What fills checksums could not be read. */
static void add_unknown(const struct nic_check *check)
{
	add_line(check, CHECKSUM, CHECK_NOTE,
		alloc_copy(check->run->is_root ? "cannot be read" : "must be run as root"));
	check->run->list.incomplete++;
}

static void add_planless_checksum(const struct nic_check *check)
{
	const struct diagnosis *diagnosis = check->diagnosis;
	const struct guest_nic *nic = check->nic;
	bool known = diagnosis->facts.fill_known[IPV4] && diagnosis->facts.fill_known[IPV6];

	if (diagnosis->policy.mechanism == MECHANISM_NONE)
		add_line(check, CHECKSUM, CHECK_PASS,
			alloc_copy("not looked at: mechanism = none in virt-netboot.conf"));
	else if (!nic_takes_partial_checksums(nic))
		add_line(check, CHECKSUM, CHECK_PASS,
			nic->guest_csum_off ? alloc_copy("it takes no incomplete checksums")
					    : alloc_format("its model is %s, not virtio",
						      nic->model ? nic->model : "not set"));
	else if (is_filled_at_port_only(check))
		add_unknown_senders(check);
	else if (is_on_linux_bridge(check) && !(known && check->run->is_root))
		add_unknown(check);
	else if (is_on_linux_bridge(check))
		add_line(check, CHECKSUM, CHECK_PASS, NULL);
}

static void check_checksum(const struct nic_check *check)
{
	if (add_findings(check, CHECKSUM) == 0)
		add_planless_checksum(check);
}

/*
 * A macvtap takes only multicast that is asked for at the device itself; QEMU passes on what the
 * guest asks for only if libvirt is told to trust it [linux drivers/net/macvlan.c,
 * macvlan_compute_filter(); libvirt docs/formatdomain.rst, trustGuestRxFilters]. IPv6 finds
 * neighbours by multicast.
 */
static void check_multicast(const struct nic_check *check)
{
	const struct guest_nic *nic = check->nic;
	bool passes_all = nic->mode && strcmp(nic->mode, "passthrough") == 0;

	if (nic->type != NIC_DIRECT || nic->trusts_rx_filters || passes_all)
		return;
	struct check_line *line = add_line(check, MULTICAST, CHECK_NOTE,
		alloc_copy("on a network with IPv6 the guest may not hear its neighbours"));
	line->advice = alloc_copy(
		"put trustGuestRxFilters='yes' into the guest's <interface> of model virtio");
}

/* One of another type has no device here that leads to a bridge. */
static bool has_device(const struct guest_nic *nic)
{
	return nic->type == NIC_BRIDGE || nic->type == NIC_NETWORK || nic->type == NIC_ETHERNET ||
	       nic->type == NIC_DIRECT;
}

void check_nic(const struct nic_check *check)
{
	if (!has_device(check->nic)) {
		add_line(check, PORT, CHECK_PASS, alloc_copy("an interface of this type has none"));
		return;
	}
	if (check->running)
		check_running_port(check);
	else
		check_coming_port(check);
	if (check_hold(check))
		check_clients(check);
	check_path(check);
	check_checksum(check);
	check_multicast(check);
}
