// SPDX-License-Identifier: GPL-2.0-or-later
#include "fake_host.h"

#include "alloc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PORTS (sizeof(fake_host.ports) / sizeof(fake_host.ports[0]))
#define BRIDGES (sizeof(fake_host.bridges) / sizeof(fake_host.bridges[0]))

/* Of every lower device. */
#define LOWER_INDEX 100

struct fake_host fake_host;

static const char *const scopes[] = {"none", "dhcp", "udp"};

static struct fake_bridge *find(const char *name, unsigned int ifindex)
{
	for (size_t i = 0; i < BRIDGES; i++) {
		struct bridge_state *state = &fake_host.bridges[i].state;
		if (*state->name && (name ? strcmp(state->name, name) == 0 : i + 1 == ifindex)) {
			state->ifindex = (unsigned int)i + 1;
			return &fake_host.bridges[i];
		}
	}
	return NULL;
}

/* A bridge that the hook was told about before, so that it must be there. */
static struct fake_bridge *must_find(const char *name, unsigned int ifindex)
{
	struct fake_bridge *bridge = find(name, ifindex);

	if (!bridge)
		abort();
	return bridge;
}

int host_bridge_get(const char *name, struct bridge_state *bridge)
{
	const struct fake_bridge *found = find(name, 0);

	*bridge = (struct bridge_state){.kind = BRIDGE_ABSENT};
	memcpy(bridge->name, name, strlen(name) + 1);
	if (fake_host.get_error)
		return fake_host.get_error;
	if (found)
		*bridge = found->state;
	bridge->ports_known = false;
	return 0;
}

int host_bridge_get_index(unsigned int ifindex, struct bridge_state *bridge)
{
	if (fake_host.get_error)
		return fake_host.get_error;
	*bridge = must_find(NULL, ifindex)->state;
	bridge->ports_known = false;
	return 0;
}

int host_bridge_count_ports(struct bridge_state *bridge)
{
	if (fake_host.get_error)
		return fake_host.get_error;
	*bridge = must_find(NULL, bridge->ifindex)->state;
	bridge->ports_known = true;
	return 0;
}

int host_bridge_set_forward_delay(unsigned int ifindex, unsigned int delay, int *noted)
{
	struct bridge_state *bridge = &must_find(NULL, ifindex)->state;

	fprintf(fake_host.record, "host: forward delay of %s = %u\n", bridge->name, delay);
	*noted = fake_host.note_error;
	if (!fake_host.set_error)
		bridge->forward_delay = delay;
	return fake_host.set_error;
}

int host_bridge_set_stp(unsigned int ifindex, bool on)
{
	struct bridge_state *bridge = &must_find(NULL, ifindex)->state;

	fprintf(fake_host.record, "host: STP of %s = %s\n", bridge->name, on ? "on" : "off");
	if (!fake_host.set_error)
		bridge->stp = on ? STP_KERNEL : STP_OFF;
	return fake_host.set_error;
}

int host_bridge_stp_off(unsigned int ifindex)
{
	int result = host_bridge_set_stp(ifindex, false);

	must_find(NULL, ifindex)->stp_off_ours = result == 0;
	return result;
}

int host_bridge_stp_off_is_ours(unsigned int ifindex, bool *ours)
{
	*ours = must_find(NULL, ifindex)->stp_off_ours;
	return fake_host.note_error;
}

bool host_has_stp_program(void)
{
	return fake_host.stp_program;
}

/* The ports' indexes begin where those of the bridges end. */
static struct fake_port *find_port(const char *name, unsigned int ifindex)
{
	for (size_t i = 0; i < PORTS; i++) {
		struct fake_port *port = &fake_host.ports[i];
		unsigned int own = (unsigned int)(BRIDGES + i) + 1;
		if (!*port->port.name ||
			(name ? strcmp(port->port.name, name) != 0 : own != ifindex))
			continue;
		port->port.ifindex = own;
		port->port.bridge = port->bridge ? must_find(port->bridge, 0)->state.ifindex : 0;
		return port;
	}
	return NULL;
}

int host_port_get(const char *name, struct bridge_port *port)
{
	const struct fake_port *found = find_port(name, 0);

	*port = (struct bridge_port){0};
	if (fake_host.get_error)
		return fake_host.get_error;
	if (found)
		*port = found->port;
	return 0;
}

int host_port_get_index(unsigned int ifindex, struct bridge_port *port)
{
	const struct fake_port *found = find_port(NULL, ifindex);

	*port = (struct bridge_port){0};
	if (fake_host.get_error)
		return fake_host.get_error;
	if (found)
		*port = found->port;
	return 0;
}

int host_port_find(unsigned int bridge, const unsigned char mac[MAC_SIZE], struct bridge_port *port)
{
	*port = (struct bridge_port){0};
	if (fake_host.get_error)
		return fake_host.get_error;
	for (size_t i = 0; i < PORTS; i++) {
		const struct fake_port *found = &fake_host.ports[i];
		if (!found->bridge || memcmp(found->port.mac, mac, MAC_SIZE) != 0)
			continue;
		found = find_port(found->port.name, 0);
		if (found->port.bridge == bridge)
			*port = found->port;
	}
	return 0;
}

static void append_port(struct bridge_port **ports, size_t *count, struct bridge_port port)
{
	*ports = alloc_one_more(*ports, *count, sizeof(port));
	(*ports)[(*count)++] = port;
}

/* A scenario that says nothing about uplinks has them forward. */
int host_bridge_ports(unsigned int bridge, struct bridge_port **ports, size_t *count)
{
	const struct fake_bridge *found = must_find(NULL, bridge);
	const struct bridge_port forwards = {.name = "eth0", .state = PORT_FORWARDING};

	*ports = NULL;
	*count = 0;
	fake_host.dumps++;
	for (unsigned int i = 0; i < found->state.other_ports; i++)
		append_port(ports, count, *found->uplink.name ? found->uplink : forwards);
	for (size_t i = 0; i < PORTS; i++) {
		const struct fake_port *port = find_port(fake_host.ports[i].port.name, 0);
		if (port && port->port.bridge == bridge)
			append_port(ports, count, port->port);
	}
	return fake_host.get_error;
}

/* What is neither a bridge nor a guest's port is the first bridge's uplink. */
int host_vlan_get(unsigned int ifindex, unsigned int vid, struct vlan_membership *membership)
{
	const struct fake_port *port = find_port(NULL, ifindex);
	const struct fake_bridge *bridge = find(NULL, ifindex);
	struct fake_vlans vlans = fake_host.bridges[0].uplink_vlans;

	if (port || bridge)
		vlans = port ? port->vlans : bridge->vlans;
	*membership = (struct vlan_membership){
		.pvid = vlans.pvid,
		.member = vid ? vid == vlans.untagged || vid == vlans.tagged
			      : vlans.untagged || vlans.tagged,
		.untagged = vid == vlans.untagged,
	};
	return fake_host.get_error;
}

int host_port_make_edge(unsigned int bridge, unsigned int port)
{
	struct bridge_port *state = &find_port(NULL, port)->port;

	fprintf(fake_host.record, "host: edge port %s on %s\n", state->name,
		must_find(NULL, bridge)->state.name);
	if (fake_host.hello_due)
		return -EINPROGRESS;
	if (!fake_host.set_error)
		state->state = PORT_FORWARDING;
	return fake_host.set_error;
}

int host_port_set_bpdu_guard(unsigned int port)
{
	struct bridge_port *state = &find_port(NULL, port)->port;

	fprintf(fake_host.record, "host: BPDU guard on %s\n", state->name);
	if (!fake_host.set_error)
		state->bpdu_guard = true;
	return fake_host.set_error;
}

/* Nothing is watched in a unit test. */
int host_watch(void)
{
	abort();
}

void host_watch_wait(int watch, unsigned int bridge, int timeout)
{
	(void)watch;
	(void)bridge;
	(void)timeout;
	abort();
}

int host_watch_lock(unsigned int bridge, const unsigned char mac[MAC_SIZE])
{
	(void)bridge;
	(void)mac;
	abort();
}

int host_sweep_lock(unsigned int bridge)
{
	(void)bridge;
	abort();
}

enum outside_sender host_outside_sender(unsigned int ifindex)
{
	(void)ifindex;
	abort();
}

/* The only one is met at once. */
void host_recover_stp(stp_recovery_teller *teller)
{
	struct stp_recovery recovery = {.result = fake_host.recovery};

	memcpy(recovery.bridge, fake_host.recovered, IFNAME_SIZE);
	if (*fake_host.recovered)
		teller(&recovery);
}

bool host_is_told(unsigned int bridge)
{
	(void)bridge;
	abort();
}

int host_note_told(unsigned int bridge)
{
	(void)bridge;
	abort();
}

int host_qdisc_watch(void)
{
	abort();
}

void host_qdisc_wait(int watch, int timeout, unsigned int **ifindexes, size_t *count)
{
	(void)watch;
	(void)timeout;
	*ifindexes = NULL;
	*count = 0;
	abort();
}

bool host_has_vhost_net(void)
{
	return fake_host.vhost_net;
}

int host_dhcp_servers(enum ip_family family, struct dhcp_server **servers, size_t *count)
{
	*servers = NULL;
	*count = 0;
	for (size_t i = 0; i < BRIDGES && !fake_host.get_error; i++) {
		if (!fake_host.bridges[i].dhcp_server[family])
			continue;
		*servers = alloc_one_more(*servers, *count, sizeof(**servers));
		(*servers)[(*count)++].device = (unsigned int)i + 1;
	}
	if (fake_host.dhcp_on_lower[family]) {
		*servers = alloc_one_more(*servers, *count, sizeof(**servers));
		(*servers)[(*count)++].device = LOWER_INDEX;
	}
	if (fake_host.dhcp_anywhere)
		*servers = alloc_one_more(*servers, (*count)++, sizeof(**servers));
	return fake_host.get_error;
}

/* All servers are on the bridges of the scenario themselves. */
int host_way_out(unsigned int ifindex, unsigned int **way, size_t *count)
{
	*way = alloc_array(1, sizeof(**way));
	**way = ifindex;
	*count = 1;
	return fake_host.get_error;
}

bool host_rules_in_use(enum ip_family family)
{
	(void)family;
	return fake_host.support.in_use;
}

int host_rules_support(enum ip_family family, struct rule_support *support)
{
	(void)family;
	*support = fake_host.support;
	return fake_host.get_error;
}

int host_rules_read(enum ip_family family, struct checksum_rule *rules, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct fake_bridge *bridge = find(rules[i].bridge, 0);
		if (bridge)
			rules[i].state = bridge->fill[family];
	}
	return fake_host.get_error;
}

int host_rules_set(enum ip_family family, struct checksum_rule *rules, size_t count)
{
	fprintf(fake_host.record, "host: IPv%d rules:", family == IPV4 ? 4 : 6);
	for (size_t i = 0; i < count; i++) {
		fprintf(fake_host.record, " %s=%s", rules[i].bridge, scopes[rules[i].scope]);
		if (!fake_host.set_error)
			must_find(rules[i].bridge, 0)->fill[family] = (struct fill_state){
				.ours = rules[i].scope,
				.others = must_find(rules[i].bridge, 0)->fill[family].others,
				.rules = rules[i].scope != FILL_NONE,
				.for_guests = rules[i].for_guests,
			};
	}
	fprintf(fake_host.record, "\n");
	return fake_host.set_error;
}

int host_filter_tables_read(enum ip_family family, struct firewall_facts *facts)
{
	(void)family;
	(void)facts;
	return 0;
}

int host_zeroing_read(const char *device, struct zeroing *zeroing)
{
	*zeroing = must_find(device, 0)->zeroing;
	return fake_host.get_error;
}

bool host_filters_supported(void)
{
	return fake_host.filter_supported;
}

/* Whatever has the index, bridge or port. */
static struct filter_state *find_filter(unsigned int ifindex, const char **name)
{
	struct fake_port *port = find_port(NULL, ifindex);

	*name = port ? port->port.name : must_find(NULL, ifindex)->state.name;
	return port ? &port->filter : &must_find(NULL, ifindex)->filter;
}

int host_filters_read(unsigned int ifindex, enum filter_hook hook, struct filter_state *state)
{
	const char *name;

	(void)hook;
	*state = *find_filter(ifindex, &name);
	return fake_host.get_error;
}

int host_filters_set(unsigned int ifindex, const struct filter_wish *wish)
{
	const char *name;
	struct filter_state *filter = find_filter(ifindex, &name);

	fprintf(fake_host.record, "host: %s filter of %s = %s\n",
		wish->hook == FILTER_EGRESS ? "egress" : "ingress", name, scopes[wish->scope]);
	for (enum ip_family family = 0; !fake_host.set_error && family < IP_FAMILIES; family++)
		filter->ours[family] = wish->scope;
	filter->for_guests = wish->for_guests && wish->scope != FILL_NONE;
	return fake_host.set_error;
}

bool host_has_address(const char *name)
{
	return must_find(name, 0)->has_address;
}

bool host_tx_checksum_is_off(const char *name)
{
	return must_find(name, 0)->tx_checksum_off;
}

int host_tx_checksum_is_ours(const char *name, unsigned int ifindex, bool *ours)
{
	struct fake_bridge *bridge = must_find(NULL, ifindex);

	(void)name;
	bridge->tx_checksum_ours = bridge->tx_checksum_ours && bridge->tx_checksum_off;
	*ours = bridge->tx_checksum_ours;
	return fake_host.note_error;
}

int host_tx_checksum_set(const char *name, unsigned int ifindex, bool on)
{
	struct fake_bridge *bridge = must_find(NULL, ifindex);

	fprintf(fake_host.record, "host: tx checksum of %s = %s\n", name, on ? "on" : "off");
	if (!fake_host.set_error)
		bridge->tx_checksum_off = bridge->tx_checksum_ours = !on;
	return fake_host.set_error;
}

/* The lower devices themselves are not in the scenario. */
int host_lower_device(const char *name, struct lower_facts *lower)
{
	const struct fake_bridge *macvlan = find(name, 0);
	const struct fake_port *macvtap = find_port(name, 0);
	const char *below = name;

	if (macvlan && *macvlan->lower)
		below = macvlan->lower;
	if (macvtap && macvtap->lower)
		below = macvtap->lower;
	*lower = (struct lower_facts){.ifindex = LOWER_INDEX};
	memcpy(lower->name, below, strlen(below) + 1);
	return fake_host.get_error;
}

int host_macvlans_on(
	const char *lower, enum macvlan_kind kind, struct bridge_state **users, size_t *count)
{
	*users = NULL;
	*count = kind == MACVTAP_OF_GUEST ? fake_host.macvtaps : 0;
	for (size_t i = 0; kind == MACVLAN_OF_HOST && i < BRIDGES && !fake_host.get_error; i++) {
		if (strcmp(fake_host.bridges[i].lower, lower) != 0)
			continue;
		*users = alloc_one_more(*users, *count, sizeof(**users));
		(*users)[(*count)++] = find(fake_host.bridges[i].state.name, 0)->state;
	}
	return fake_host.get_error;
}

int host_rules_list(enum ip_family family, struct checksum_rule **rules, size_t *count)
{
	*rules = NULL;
	*count = 0;
	for (size_t i = 0; i < BRIDGES && !fake_host.get_error; i++) {
		if (fake_host.bridges[i].fill[family].rules == 0)
			continue;
		*rules = alloc_one_more(*rules, *count, sizeof(**rules));
		memcpy((*rules)[(*count)++].bridge, fake_host.bridges[i].state.name, IFNAME_SIZE);
	}
	return fake_host.get_error;
}

int host_devices(struct device_facts **devices, size_t *count)
{
	*devices = NULL;
	*count = 0;
	return fake_host.get_error;
}

bool host_has_nf_tables(void)
{
	return true;
}

int host_nft_tables(struct nft_table **tables, size_t *count)
{
	*tables = NULL;
	*count = 0;
	return fake_host.get_error;
}

/* On a bridge of the scenario, or on whatever else. */
int host_card_open(const struct card_wish *wish, struct card *card)
{
	const char *bridge = wish->bridge ? must_find(NULL, wish->bridge)->state.name : "none";

	*card = (struct card){.fd = -1, .guardian = -1};
	fprintf(fake_host.record, "host: card on bridge %s vlan=%u%s%s%s\n", bridge, wish->vlan,
		wish->isolated ? " isolated" : "", wish->fdb_entry ? " fdb-entry" : "",
		wish->partial ? " partial" : "");
	if (fake_host.set_error)
		return fake_host.set_error;
	card->fd = fake_host.card;
	card->ifindex = LOWER_INDEX + 1;
	memcpy(card->name, "vnbprobe0", sizeof("vnbprobe0"));
	memcpy(card->mac, wish->mac, MAC_SIZE);
	return 0;
}

void host_card_close(struct card *card)
{
	if (*card->name)
		fprintf(fake_host.record, "host: card %s closed\n", card->name);
	*card = (struct card){.fd = -1, .guardian = -1};
}

/* It knows the ports' own. */
int host_bridge_find_mac(
	unsigned int bridge, const unsigned char mac[MAC_SIZE], unsigned int *ifindex)
{
	struct bridge_port port;
	int result = host_port_find(bridge, mac, &port);

	*ifindex = port.ifindex;
	return result;
}

int host_dhcp_server_process(
	enum ip_family family, unsigned int device, struct server_process *process)
{
	const struct fake_bridge *bridge = find(NULL, device);

	*process = (struct server_process){0};
	if (fake_host.get_error)
		return fake_host.get_error;
	if (!fake_host.dhcp_anywhere && (!bridge || !bridge->dhcp_server[family]))
		return -ENOENT;
	*process = (struct server_process){.name = "dnsmasq", .pid = 812};
	return 0;
}

bool host_has_br_netfilter(void)
{
	return fake_host.br_netfilter;
}

bool host_bridges_call_iptables(enum ip_family family)
{
	return fake_host.nf_call[family];
}

int host_docker_user_read(
	enum ip_family family, const char *bridge, struct docker_user_state *state)
{
	*state = must_find(bridge, 0)->docker_user[family];
	return fake_host.get_error;
}

int host_docker_user_set(enum ip_family family, const char *bridge, enum docker_user_wish wish,
	size_t *counters_lost)
{
	static const char *const names[] = {"none", "for guests", "stays"};
	struct docker_user_state *state = &must_find(bridge, 0)->docker_user[family];

	fprintf(fake_host.record, "host: DOCKER-USER %s bridge %s: %s\n", families[family].iptables,
		bridge, names[wish]);
	if (counters_lost)
		*counters_lost = fake_host.counters_lost;
	if (fake_host.set_error)
		return fake_host.set_error;
	state->ours = state->accepts = wish != DOCKER_USER_NONE;
	state->for_guests = wish == DOCKER_USER_FOR_GUESTS;
	return 0;
}

bool host_docker_user_was_made(void)
{
	return true;
}

int host_docker_user_list(enum ip_family family, char (**bridges)[IFNAME_SIZE], size_t *count)
{
	*bridges = NULL;
	*count = 0;
	for (size_t i = 0; i < sizeof(fake_host.bridges) / sizeof(*fake_host.bridges); i++) {
		const struct fake_bridge *bridge = &fake_host.bridges[i];
		if (!bridge->docker_user[family].ours)
			continue;
		*bridges = alloc_one_more(*bridges, *count, sizeof(**bridges));
		memcpy((*bridges)[(*count)++], bridge->state.name, IFNAME_SIZE);
	}
	return fake_host.get_error;
}

int host_bridge_delay_before(unsigned int ifindex, unsigned int *before, bool *hidden)
{
	*hidden = false;
	*before = must_find(NULL, ifindex)->delay_before;
	return fake_host.get_error;
}

int host_zone_noted(unsigned int ifindex, struct zone_note *note)
{
	*note = must_find(NULL, ifindex)->zone;
	return fake_host.get_error;
}

int host_note_zone(unsigned int ifindex, const struct zone_note *note)
{
	must_find(NULL, ifindex)->zone = *note;
	return fake_host.set_error;
}
