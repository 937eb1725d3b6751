// SPDX-License-Identifier: GPL-2.0-or-later
#include "gather.h"

#include "alloc.h"
#include "cleanup.h"
#include "conditions.h"
#include "gather_above.h"
#include "gather_lower.h"
#include "gather_path.h"
#include "gather_servers.h"
#include "host.h"
#include "log.h"
#include "progress.h"

#include <string.h>

static void count_ports(struct bridge_state *bridge)
{
	progress_step("counting a bridge's ports");
	int result = host_bridge_count_ports(bridge);
	if (result != 0)
		log_error("the ports of bridge %s cannot be read: %s", bridge->name,
			strerror(-result));
}

/* Whether transmit checksumming is off by us is asked at every event, whatever the policy says
 * today: an administrator who switched it on meanwhile may switch it off later. Return: the facts
 * about it. */
static struct bridge_facts *append_bridge(
	struct host_facts *facts, const char *name, const struct bridge_state *state)
{
	struct bridge_facts bridge = {.state = *state};

	memcpy(bridge.asked, name, strlen(name) + 1);
	if (state->kind == BRIDGE_LINUX)
		bridge.tx_checksum_ours = host_tx_checksum_is_ours(state->name, state->ifindex);
	facts->bridges = alloc_one_more(facts->bridges, facts->bridge_count, sizeof(bridge));
	facts->bridges[facts->bridge_count] = bridge;
	return &facts->bridges[facts->bridge_count++];
}

/* Return: the facts about the bridge, if it is one of @facts now and was not before, or NULL. */
static struct bridge_facts *add_bridge(struct host_facts *facts, const char *name)
{
	struct bridge_state bridge;

	if (!*name || host_facts_bridge(facts, name))
		return NULL;
	progress_step("reading a bridge");
	int result = host_bridge_get(name, &bridge);
	if (result != 0) {
		log_error("bridge %s cannot be read: %s", name, strerror(-result));
		return NULL;
	}
	return append_bridge(facts, name, &bridge);
}

/* The bridge that the port is on, asked again only if it is not known yet. */
static int port_bridge(
	const struct host_facts *facts, const struct bridge_port *port, struct bridge_state *bridge)
{
	for (size_t i = 0; i < facts->bridge_count; i++) {
		if (facts->bridges[i].state.ifindex == port->bridge) {
			*bridge = facts->bridges[i].state;
			return 0;
		}
	}
	return host_bridge_get_index(port->bridge, bridge);
}

/* What is neither a tap nor a macvtap nor a port of a Linux bridge is nothing to us. */
static int add_port(struct host_facts *facts, const struct bridge_port *port)
{
	struct port_facts added = {.port = *port};
	int result = 0;

	if (port->bridge == 0 && !port->macvtap && !port->tap)
		return 0;
	if (port->bridge != 0)
		result = port_bridge(facts, port, &added.bridge);
	if (result != 0)
		return result;
	gather_path(&added);
	facts->ports = alloc_one_more(facts->ports, facts->port_count, sizeof(added));
	facts->ports[facts->port_count++] = added;
	return 0;
}

static void add_guest_port(struct host_facts *facts, const char *name)
{
	struct bridge_port port;

	progress_step("reading a guest's port");
	int result = host_port_get(name, &port);
	if (result == 0)
		result = add_port(facts, &port);
	if (result != 0)
		log_error("port %s cannot be read: %s", name, strerror(-result));
}

int gather_watched_port(
	unsigned int bridge, const unsigned char mac[MAC_SIZE], struct host_facts *facts)
{
	struct bridge_port port;

	*facts = (struct host_facts){.stp_program = host_has_stp_program()};
	int result = host_port_find(bridge, mac, &port);
	return result == 0 ? add_port(facts, &port) : result;
}

static void add_network_port(struct host_facts *facts, const struct bridge_state *bridge,
	const struct network_port *owner)
{
	unsigned char mac[MAC_SIZE];
	struct bridge_port port;

	if (!tap_mac(owner->mac, mac))
		return;
	progress_step("looking for a guest's port");
	int result = host_port_find(bridge->ifindex, mac, &port);
	if (result == 0)
		result = add_port(facts, &port);
	if (result != 0)
		log_error("the port of %s on bridge %s cannot be read: %s", owner->mac,
			bridge->name, strerror(-result));
}

/* Whatever fills checksums at the bridges without a rule. */
static void add_filters(struct host_facts *facts)
{
	progress_step("reading the filters of a bridge");
	for (size_t i = 0; i < facts->bridge_count; i++) {
		struct bridge_facts *bridge = &facts->bridges[i];
		if (bridge->state.kind != BRIDGE_LINUX)
			continue;
		int result =
			host_filters_read(bridge->state.ifindex, FILTER_EGRESS, &bridge->filter);
		if (result != 0)
			log_error("the filters of bridge %s cannot be read: %s", bridge->state.name,
				strerror(-result));
		bridge->tx_checksum_off =
			bridge->tx_checksum_ours || host_tx_checksum_is_off(bridge->state.name);
		bridge->has_address = host_has_address(bridge->state.name);
	}
}

/* Read which rules there are towards all bridges, in one family. */
static int read_bridges_rules(struct host_facts *facts, enum ip_family family)
{
	CLEANUP(cleanup_free) struct checksum_rule *rules = NULL;

	for (size_t i = 0; i < facts->bridge_count; i++) {
		rules = alloc_one_more(rules, i, sizeof(*rules));
		memcpy(rules[i].bridge, facts->bridges[i].state.name, IFNAME_SIZE);
	}
	int result = host_rules_read(family, rules, facts->bridge_count);
	for (size_t i = 0; result == 0 && i < facts->bridge_count; i++)
		facts->bridges[i].fill[family] = rules[i].state;
	return result;
}

static void add_fill(struct host_facts *facts, enum ip_family family)
{
	progress_step("reading the mangle table");
	int result = read_bridges_rules(facts, family);
	if (result != 0)
		log_error("the %s mangle table cannot be read: %s", families[family].iptables,
			strerror(-result));
	facts->fill_known[family] = result == 0;
}

/* Of libvirt's guests: it has the MAC address that libvirt gives a tap. */
static bool is_libvirts(const struct bridge_port *port)
{
	return port->guest && port->mac[0] == TAP_MAC_FIRST;
}

static void add_swept_ports(
	struct host_facts *facts, const struct bridge_state *bridge, const struct policy *policy)
{
	CLEANUP(cleanup_free) struct bridge_port *ports = NULL;
	size_t count;
	int result = host_bridge_ports(bridge->ifindex, &ports, &count);

	for (size_t i = 0; result == 0 && i < count; i++) {
		struct port_facts port = {.port = ports[i], .bridge = *bridge};
		if (!is_libvirts(&ports[i]))
			continue;
		port.filter_known = host_filters_read(ports[i].ifindex,
					    plan_port_hook(&ports[i], policy), &port.filter) == 0;
		facts->ports = alloc_one_more(facts->ports, facts->port_count, sizeof(port));
		facts->ports[facts->port_count++] = port;
	}
}

/* The bridge has gone, or cannot be read: then there is nothing to be done. */
void gather_swept(const struct action *sweep, const struct policy *policy, struct host_facts *facts)
{
	struct bridge_state bridge;

	*facts = (struct host_facts){.filter_supported = true};
	if (host_bridge_get_index(sweep->ifindex, &bridge) != 0 || bridge.kind != BRIDGE_LINUX)
		return;
	const struct bridge_facts *swept = append_bridge(facts, bridge.name, &bridge);
	add_filters(facts);
	if (plan_filled(swept, IPV4) < sweep->scope)
		add_fill(facts, IPV4);
	add_swept_ports(facts, &bridge, policy);
}

static bool is_filled(const struct host_facts *facts, enum ip_family family, enum fill_scope scope)
{
	for (size_t i = 0; i < facts->bridge_count; i++) {
		if (plan_filled(&facts->bridges[i], family) < scope)
			return false;
	}
	return facts->bridge_count > 0;
}

/* True if no bridge is kept from having a filter. */
static bool bridges_have_room(const struct host_facts *facts)
{
	for (size_t i = 0; i < facts->bridge_count; i++) {
		if (facts->bridges[i].state.kind != BRIDGE_LINUX ||
			!plan_filter_is_sure(&facts->bridges[i].filter))
			return false;
	}
	return facts->filter_supported;
}

static bool has_address(const struct host_facts *facts)
{
	for (size_t i = 0; i < facts->bridge_count; i++) {
		if (facts->bridges[i].has_address)
			return true;
	}
	return false;
}

/* A legacy table is brought into use only where nothing else will do. */
static void add_support(struct host_facts *facts, enum ip_family family, enum fill_scope scope,
	const struct policy *policy, bool filters_do)
{
	struct rule_support *support = &facts->fill[family];

	support->in_use = host_rules_in_use(family);
	if (policy->mechanism == MECHANISM_TC || policy->mechanism == MECHANISM_ETHTOOL ||
		is_filled(facts, family, scope) || (filters_do && !support->in_use))
		return;
	progress_step("asking for the mangle table");
	int result = host_rules_support(family, support);
	if (result == 0)
		return;
	log_error("the %s mangle table cannot be read: %s", families[family].iptables,
		strerror(-result));
	facts->fill_known[family] = false;
}

/* The host's own macvlans on a lower device, which senders there go through. */
static void add_macvlans(struct host_facts *facts, const char *lower)
{
	CLEANUP(cleanup_free) struct bridge_state *users = NULL;
	size_t count;

	progress_step("looking for macvlans");
	int result = host_macvlans_on(lower, MACVLAN_OF_HOST, &users, &count);
	if (result != 0)
		log_error("the macvlans on %s cannot be read: %s", lower, strerror(-result));
	for (size_t i = 0; result == 0 && i < count; i++) {
		struct bridge_facts macvlan = {.state = users[i]};
		memcpy(macvlan.lower, lower, strlen(lower) + 1);
		facts->bridges =
			alloc_one_more(facts->bridges, facts->bridge_count, sizeof(macvlan));
		facts->bridges[facts->bridge_count++] = macvlan;
	}
}

/* Which of a guest's interfaces on lower devices: all, or those that macvlans reach. */
enum on_lower { ON_LOWER_ANY, ON_LOWER_REACHES };

static bool is_on_lower(const struct guest_nic *nic, enum on_lower which)
{
	return *nic->lower && (which == ON_LOWER_ANY || nic_reaches_macvlans(nic));
}

/* Each lower device is asked about once. */
static bool is_first_on_lower(
	const struct host_facts *facts, const struct guest *guest, size_t nic, enum on_lower which)
{
	const char *lower = plan_lower_name(facts, &guest->nics[nic]);

	for (size_t i = 0; i < nic; i++) {
		if (is_on_lower(&guest->nics[i], which) &&
			strcmp(plan_lower_name(facts, &guest->nics[i]), lower) == 0)
			return false;
	}
	return is_on_lower(&guest->nics[nic], which);
}

/* What was done at macvlans is rules in legacy tables: where none is in use, there is none. */
static bool may_have_rules(void)
{
	return host_rules_in_use(IPV4) || host_rules_in_use(IPV6);
}

static void add_guest_macvlans(
	struct host_facts *facts, const struct guest *guest, enum on_lower which)
{
	gather_guest_lowers(facts, guest);
	for (size_t i = 0; i < guest->nic_count; i++) {
		if (is_first_on_lower(facts, guest, i, which))
			add_macvlans(facts, plan_lower_name(facts, &guest->nics[i]));
	}
}

static void count_macvtaps(struct bridge_facts *macvlan)
{
	CLEANUP(cleanup_free) struct bridge_state *users = NULL;
	size_t count;
	int result = host_macvlans_on(macvlan->lower, MACVTAP_OF_GUEST, &users, &count);

	if (result != 0)
		log_error(
			"the macvtaps on %s cannot be read: %s", macvlan->lower, strerror(-result));
	macvlan->state.ports_known = result == 0;
	macvlan->state.guest_ports = (unsigned int)count;
}

/* The guests that a device leads to are those of the bridge. */
static void count_below(const struct host_facts *facts, struct bridge_facts *above)
{
	for (size_t i = 0; i < facts->bridge_count; i++) {
		struct bridge_state bridge = facts->bridges[i].state;
		if (strcmp(bridge.name, above->lower) != 0)
			continue;
		count_ports(&bridge);
		above->state.ports_known = bridge.ports_known;
		above->state.guest_ports = bridge.guest_ports;
	}
}

static bool has_ours(const struct bridge_facts *bridge)
{
	return bridge->fill[IPV4].rules > 0 || bridge->fill[IPV6].rules > 0 ||
	       bridge->filter.for_guests || bridge->tx_checksum_ours;
}

void gather_guests_left(struct host_facts *facts)
{
	for (size_t i = 0; i < facts->bridge_count; i++) {
		struct bridge_facts *bridge = &facts->bridges[i];
		if (!has_ours(bridge))
			continue;
		if (bridge->state.kind == BRIDGE_LINUX)
			count_ports(&bridge->state);
		if (bridge->state.kind == BRIDGE_MACVLAN)
			count_macvtaps(bridge);
		if (bridge->state.kind == BRIDGE_ABOVE)
			count_below(facts, bridge);
	}
}

/* What of ours there is, and which guests still need it; whatever the policy says today. */
static void add_ours(struct host_facts *facts)
{
	if (facts->bridge_count == 0)
		return;
	add_filters(facts);
	for (enum ip_family family = 0; family < IP_FAMILIES; family++)
		add_fill(facts, family);
	gather_guests_left(facts);
}

static bool is_served(const struct host_facts *facts, enum ip_family family)
{
	for (size_t i = 0; i < facts->bridge_count; i++) {
		if (facts->bridges[i].dhcp_server[family])
			return true;
	}
	return false;
}

/* A server of this host is there, or could come without an event, and would be worth a rule or
 * filter that is there before. */
static bool may_be_served(const struct host_facts *facts, enum ip_family family)
{
	if (is_served(facts, family))
		return true;
	return facts->filter_supported ? has_address(facts) : host_rules_in_use(family);
}

static bool has_bridge(const struct host_facts *facts)
{
	for (size_t i = 0; i < facts->bridge_count; i++) {
		if (facts->bridges[i].state.kind == BRIDGE_LINUX)
			return true;
	}
	return false;
}

/* A filter at the bridge meets what comes from there. */
static void add_above(struct host_facts *facts, enum ip_family family)
{
	if (has_bridge(facts) && !bridges_have_room(facts))
		gather_served_above(facts, family);
}

/* What the XML does not tell, sockets do: a server may be given to libvirt's dnsmasq in a file, or
 * be somebody's own. At "started" that dnsmasq runs already [libvirt src/network/bridge_driver.c,
 * networkStartNetwork()]. */
static void gather_network_fill(
	const struct network *network, const struct policy *policy, struct host_facts *facts)
{
	enum fill_scope scope = plan_network_scope(network, policy);

	facts->filter_supported = plan_uses_filters(policy) && host_filters_supported();
	add_filters(facts);
	for (enum ip_family family = 0; family < IP_FAMILIES; family++) {
		const struct network_service *service = &network->service[family];
		bool served = service->dhcp || service->tftp;
		if (is_filled(facts, family, scope))
			continue;
		if (!served)
			gather_servers(facts, family);
		add_above(facts, family);
		if (!served && !may_be_served(facts, family))
			continue;
		add_fill(facts, family);
		add_support(facts, family, scope, policy, bridges_have_room(facts));
	}
}

/* Where something of ours may be that is not needed any more. */
static void gather_ended(
	enum event_kind kind, const struct network *network, bool managed, struct host_facts *facts)
{
	if (kind == EVENT_NETWORK_PORT_DELETED && managed)
		return;
	add_bridge(facts, network->bridge);
	if (*network->port.lower && may_have_rules())
		add_macvlans(facts, gather_lower(facts, network->port.lower));
	add_ours(facts);
}

/*
 * A guest's macvtap that does not exist yet. If an interface is plugged in there is no other event,
 * so what this host sends to it is to be filled from now on, where that is done by rules; a filter
 * of its own it cannot have before it is there.
 */
static void gather_macvtap_port(
	const struct network_port *port, const struct policy *policy, struct host_facts *facts)
{
	if (!port->reaches_macvlans || !plan_uses_rules(policy))
		return;
	facts->filter_supported = plan_uses_filters(policy) && host_filters_supported();
	if (facts->filter_supported)
		return;
	add_macvlans(facts, gather_lower(facts, port->lower));
	for (enum ip_family family = 0; facts->bridge_count > 0 && family < IP_FAMILIES; family++) {
		gather_servers(facts, family);
		/* A TFTP server for IPv4 may be there without a DHCP server. */
		if (family != IPV4 && !is_served(facts, family))
			continue;
		add_fill(facts, family);
		add_support(facts, family, plan_macvtap_scope(policy), policy, false);
	}
}

void gather_network_hold(enum event_kind kind, const struct network *network,
	const struct policy *policy, struct host_facts *facts)
{
	*facts = (struct host_facts){.stp_program = host_has_stp_program()};
	if (kind != EVENT_NETWORK_ACTIVE)
		return;
	struct bridge_facts *bridge = add_bridge(facts, network->bridge);
	if (!bridge)
		return;
	if (plan_needs_ports(&bridge->state, policy))
		count_ports(&bridge->state);
	if (plan_watches_ports(&bridge->state, facts->stp_program, policy))
		add_network_port(facts, &bridge->state, &network->port);
}

void gather_network_checksums(enum event_kind kind, const struct network *network,
	const struct policy *policy, struct host_facts *facts)
{
	const struct bridge_facts *bridge = host_facts_bridge(facts, network->bridge);
	bool managed = network_is_managed(network);

	if (kind == EVENT_NETWORK_STOPPED || kind == EVENT_NETWORK_PORT_DELETED)
		gather_ended(kind, network, managed, facts);
	else if (kind != EVENT_NETWORK_ACTIVE)
		return;
	else if (*network->port.lower)
		gather_macvtap_port(&network->port, policy, facts);
	else if (policy->mechanism != MECHANISM_NONE && bridge &&
		 bridge->state.kind == BRIDGE_LINUX)
		gather_network_fill(network, policy, facts);
}

/* At its start the hold of the host's own bridges was seen to before. */
static void add_guest_bridges(enum event_kind kind, const struct guest *guest,
	const struct policy *policy, struct host_facts *facts)
{
	for (size_t i = 0; i < guest->nic_count; i++) {
		struct bridge_facts *bridge = add_bridge(facts, guest->nics[i].bridge);
		bool seen = kind == EVENT_GUEST_START && !guest->nics[i].network;
		if (bridge && !seen && plan_needs_ports(&bridge->state, policy))
			count_ports(&bridge->state);
	}
}

/* Ports that were put into other bridges than the XML names, or where it names none. */
static void add_port_bridges(struct host_facts *facts, const struct policy *policy)
{
	for (size_t i = 0; i < facts->port_count; i++) {
		const struct bridge_state *state = &facts->ports[i].bridge;
		if (facts->ports[i].port.bridge == 0 ||
			host_facts_bridge_index(facts, state->ifindex))
			continue;
		struct bridge_facts *bridge = append_bridge(facts, state->name, state);
		if (plan_needs_ports(&bridge->state, policy))
			count_ports(&bridge->state);
	}
}

static void add_guest_ports(const struct guest *guest, struct host_facts *facts)
{
	for (size_t i = 0; i < guest->nic_count; i++) {
		if (*guest->nics[i].target)
			add_guest_port(facts, guest->nics[i].target);
	}
}

static bool has_ours_at(const struct filter_state *filter)
{
	return filter->ours[IPV4] != FILL_NONE || filter->ours[IPV6] != FILL_NONE;
}

/* Filters of an earlier policy, or version, are looked for when a daemon comes back, as it does
 * after an upgrade. */
static void add_port_filter(
	enum event_kind kind, const struct policy *policy, struct port_facts *port)
{
	enum filter_hook hook = plan_port_hook(&port->port, policy);
	struct filter_state other;
	int result = host_filters_read(port->port.ifindex, hook, &port->filter);

	if (result == 0 && kind == EVENT_GUEST_RECONNECT && !port->port.macvtap) {
		result = host_filters_read(port->port.ifindex,
			hook == FILTER_EGRESS ? FILTER_INGRESS : FILTER_EGRESS, &other);
		port->filter_elsewhere = has_ours_at(&other);
	}
	if (result != 0)
		log_error(
			"the filters of %s cannot be read: %s", port->port.name, strerror(-result));
	port->filter_known = result == 0;
}

static void add_port_filters(
	enum event_kind kind, const struct policy *policy, struct host_facts *facts)
{
	progress_step("reading the filters of a guest's port");
	for (size_t i = 0; i < facts->port_count; i++)
		add_port_filter(kind, policy, &facts->ports[i]);
}

static bool has_partial_checksums(const struct guest *guest)
{
	for (size_t i = 0; i < guest->nic_count; i++) {
		if (nic_leaves_partial_checksums(&guest->nics[i]))
			return true;
	}
	return false;
}

/* True if what this interface is sent is filled at its port. */
static bool is_filled_at_port(
	const struct guest_nic *nic, const struct port_facts *port, const struct policy *policy)
{
	if (!nic_takes_partial_checksums(nic))
		return true;
	if (port && !plan_filter_is_sure(&port->filter))
		return false;
	return nic->type == NIC_DIRECT || plan_fills_at_port(port ? &port->port : NULL, policy);
}

/* True if nothing has to be done anywhere but at the guest's ports. */
static bool ports_suffice(
	const struct guest *guest, const struct policy *policy, const struct host_facts *facts)
{
	for (size_t i = 0; i < guest->nic_count; i++) {
		const struct guest_nic *nic = &guest->nics[i];
		if (!is_filled_at_port(nic, host_facts_port(facts, nic->target), policy))
			return false;
	}
	return facts->filter_supported;
}

/* True if a macvtap of the guest's has no filter. */
static bool macvtap_lacks_filter(const struct guest *guest, const struct host_facts *facts)
{
	for (size_t i = 0; i < guest->nic_count; i++) {
		const struct port_facts *port = host_facts_port(facts, guest->nics[i].target);
		if (guest->nics[i].type == NIC_DIRECT && port &&
			!plan_filter_is_sure(&port->filter))
			return true;
	}
	return !facts->filter_supported;
}

static bool has_macvlan(const struct host_facts *facts)
{
	for (size_t i = 0; i < facts->bridge_count; i++) {
		if (facts->bridges[i].state.kind == BRIDGE_MACVLAN)
			return true;
	}
	return false;
}

/* What fills what this host sends to the guest, and whether anything has to. */
static void add_bridges_fill(
	const struct guest *guest, const struct policy *policy, struct host_facts *facts)
{
	enum fill_scope scope = plan_guest_scope(guest, policy);

	if (facts->bridge_count == 0)
		return;
	add_filters(facts);
	for (enum ip_family family = 0; family < IP_FAMILIES; family++) {
		facts->fill_known[family] = true;
		if (is_filled(facts, family, scope))
			continue;
		gather_servers(facts, family);
		add_above(facts, family);
		if (!may_be_served(facts, family) && !(family == IPV4 && has_macvlan(facts)))
			continue;
		add_fill(facts, family);
		add_support(facts, family, scope, policy, bridges_have_room(facts));
	}
}

static void gather_guest_fill(enum event_kind kind, const struct guest *guest,
	const struct policy *policy, struct host_facts *facts)
{
	facts->filter_supported = plan_uses_filters(policy) && host_filters_supported();
	if (facts->filter_supported)
		add_port_filters(kind, policy, facts);
	if (kind == EVENT_GUEST_PREPARE && ports_suffice(guest, policy, facts))
		return;
	if (kind != EVENT_GUEST_PREPARE && macvtap_lacks_filter(guest, facts))
		add_guest_macvlans(facts, guest, ON_LOWER_REACHES);
	add_bridges_fill(guest, policy, facts);
}

/* Whether rules spoil what servers of this host send. Return: true if that may be so. */
static bool add_zeroing(struct host_facts *facts)
{
	bool found = false;

	progress_step("reading the rules of nftables");
	for (size_t i = 0; i < facts->bridge_count; i++) {
		struct bridge_facts *bridge = &facts->bridges[i];
		if (bridge->state.kind != BRIDGE_LINUX || !host_has_address(bridge->state.name))
			continue;
		int result = host_zeroing_read(bridge->state.name, &bridge->zeroing);
		if (result != 0)
			log_error("the rules of nftables cannot be read: %s", strerror(-result));
		found = found || bridge->zeroing.found;
	}
	return found;
}

/* The bridges that the host's DHCP servers are reached through. */
static void add_served_bridges(struct host_facts *facts, const struct server_list *servers)
{
	for (size_t i = 0; i < servers->count; i++) {
		struct bridge_state bridge;
		unsigned int device = servers->list[i].device;
		if (servers->list[i].raw)
			continue;
		if (device == 0)
			facts->dhcp_server_anywhere = true;
		else if (host_bridge_get_index(device, &bridge) == 0 &&
			 bridge.kind == BRIDGE_LINUX && !host_facts_bridge(facts, bridge.name))
			append_bridge(facts, bridge.name, &bridge);
	}
}

/* The bridges of networks are not known, and no port is there yet. */
static void gather_arrival(
	const struct guest *guest, const struct policy *policy, struct host_facts *facts)
{
	CLEANUP(cleanup_server_list) struct server_list servers = {0};

	if (!plan_may_rewrite(guest, facts, policy))
		return;
	facts->filter_supported = plan_uses_filters(policy) && host_filters_supported();
	if (facts->filter_supported)
		return;
	for (size_t i = 0; i < guest->nic_count; i++)
		add_bridge(facts, guest->nics[i].bridge);
	add_guest_macvlans(facts, guest, ON_LOWER_REACHES);
	gather_find_servers(IPV4, &servers);
	gather_follow_servers(facts, &servers);
	add_served_bridges(facts, &servers);
	gather_mark_servers(facts, IPV4, &servers);
	if (!is_served(facts, IPV4) && !facts->dhcp_server_anywhere)
		return;
	add_filters(facts);
	add_fill(facts, IPV4);
	add_support(facts, IPV4, FILL_DHCP, policy, false);
}

static bool has_ethernet(const struct guest *guest)
{
	for (size_t i = 0; i < guest->nic_count; i++) {
		if (guest->nics[i].type == NIC_ETHERNET)
			return true;
	}
	return false;
}

/* Wherever there are rules of ours: the XML does not say which bridge it was. */
static void add_bridges_with_rules(struct host_facts *facts)
{
	for (enum ip_family family = 0; family < IP_FAMILIES; family++) {
		CLEANUP(cleanup_free) struct checksum_rule *rules = NULL;
		size_t count = 0;
		int result = host_rules_list(family, &rules, &count);
		if (result != 0)
			log_error("the %s mangle table cannot be read: %s",
				families[family].iptables, strerror(-result));
		for (size_t i = 0; i < count; i++)
			add_bridge(facts, rules[i].bridge);
	}
}

/* A port may outlive its guest. */
static void gather_released(
	const struct guest *guest, const struct policy *policy, struct host_facts *facts)
{
	for (size_t i = 0; i < guest->nic_count; i++)
		add_bridge(facts, guest->nics[i].bridge);
	add_guest_ports(guest, facts);
	add_port_bridges(facts, policy);
	if (may_have_rules()) {
		add_guest_macvlans(facts, guest, ON_LOWER_ANY);
		if (has_ethernet(guest))
			add_bridges_with_rules(facts);
		gather_rules_above(facts);
	}
	add_ours(facts);
}

void gather_guest_hold(enum event_kind kind, const struct guest *guest, const struct policy *policy,
	struct host_facts *facts)
{
	*facts = (struct host_facts){
		.stp_program = host_has_stp_program(),
		.vhost_net = host_has_vhost_net(),
	};
	if (kind == EVENT_GUEST_RELEASE || kind == EVENT_GUEST_ARRIVE)
		return;
	add_guest_bridges(kind, guest, policy, facts);
	if (kind != EVENT_GUEST_PREPARE) {
		add_guest_ports(guest, facts);
		add_port_bridges(facts, policy);
	}
}

static void gather_present(enum event_kind kind, const struct guest *guest,
	const struct policy *policy, struct host_facts *facts)
{
	if (kind != EVENT_GUEST_PREPARE) {
		gather_guest_lowers(facts, guest);
		gather_lower_servers(facts);
	}
	if (policy->mechanism == MECHANISM_NONE)
		return;
	bool zeroed = kind != EVENT_GUEST_PREPARE && add_zeroing(facts);
	if (zeroed || has_partial_checksums(guest))
		gather_guest_fill(kind, guest, policy, facts);
}

void gather_guest_checksums(enum event_kind kind, const struct guest *guest,
	const struct policy *policy, struct host_facts *facts)
{
	if (kind == EVENT_GUEST_RELEASE)
		gather_released(guest, policy, facts);
	else if (kind == EVENT_GUEST_ARRIVE)
		gather_arrival(guest, policy, facts);
	else
		gather_present(kind, guest, policy, facts);
}
