// SPDX-License-Identifier: GPL-2.0-or-later
/* Where answers come from: by the source's MAC address, the bridge's forwarding table, and who has
 * a server's socket open. */
#include "talk.h"

#include "alloc.h"
#include "cleanup.h"

#include <string.h>

/* This host's, which serves at the device. */
static void find_program(struct probe_server *server, unsigned int device)
{
	struct server_process process;

	server->origin = PROBE_ORIGIN_HOST;
	if (host_dhcp_server_process(server->family, device, &process) == 0)
		server->program = alloc_format("%s (process %d)", process.name, process.pid);
}

/* On a bridge. The host may also be at the far end of a port, by a pair of veths. */
static void find_port(
	const struct talk *talk, const struct talk_offer *offer, struct probe_server *server)
{
	struct bridge_port port;
	unsigned int ifindex, device;

	if (host_bridge_find_mac(talk->place->ifindex, offer->mac, &ifindex) != 0 || ifindex == 0)
		return;
	if (ifindex == talk->place->ifindex) {
		find_program(server, ifindex);
		return;
	}
	if (host_port_get_index(ifindex, &port) != 0 || port.bridge != talk->place->ifindex)
		return;
	memcpy(server->port, port.name, IFNAME_SIZE);
	if (port.guest)
		server->origin = PROBE_ORIGIN_GUEST;
	else if (host_find_device(offer->mac, &device) == 0 && device)
		find_program(server, device);
	else
		server->origin = host_outside_sender(ifindex) == OUTSIDE_NAMESPACE
					 ? PROBE_ORIGIN_GUEST
					 : PROBE_ORIGIN_UPLINK;
}

/* Return: the one of the macvlans or macvtaps on the parent device that has the MAC address, or 0.
 */
static unsigned int find_sibling(const struct talk *talk, const struct talk_offer *offer,
	enum macvlan_kind kind, char name[IFNAME_SIZE])
{
	CLEANUP(cleanup_free) struct bridge_state *users = NULL;
	unsigned char mac[MAC_SIZE];
	size_t count = 0;

	if (host_macvlans_on(talk->place->device, kind, &users, &count) != 0)
		return 0;
	for (size_t i = 0; i < count; i++) {
		if (host_macvlan_mac(users[i].ifindex, mac) == 0 &&
			memcmp(mac, offer->mac, MAC_SIZE) == 0) {
			memcpy(name, users[i].name, IFNAME_SIZE);
			return users[i].ifindex;
		}
	}
	return 0;
}

/* Beside a macvtap. Who else answers is on the wire, or has a macvlan in a network namespace of its
 * own: that is not known. */
static void find_macvlan(
	const struct talk *talk, const struct talk_offer *offer, struct probe_server *server)
{
	unsigned int ifindex = find_sibling(talk, offer, MACVLAN_OF_HOST, server->port);

	if (ifindex) {
		find_program(server, ifindex);
	} else if (find_sibling(talk, offer, MACVTAP_OF_GUEST, server->port)) {
		server->origin = PROBE_ORIGIN_GUEST;
	}
}

/* libvirt is asked once for each port: a guest may answer in both families. */
static void name_guest(struct talk *talk, struct probe_server *server)
{
	const struct probe_server *servers = talk->result->servers;

	for (size_t i = 0; &servers[i] < server; i++) {
		if (strcmp(servers[i].port, server->port) == 0) {
			server->program = alloc_copy(servers[i].program);
			return;
		}
	}
	server->program = talk_guest_at(talk->request->uri, server->port);
}

void talk_find_origins(struct talk *talk)
{
	struct probe_result *result = talk->result;

	for (size_t i = 0; i < result->server_count; i++) {
		if (talk->place->direct)
			find_macvlan(talk, &talk->offers[i], &result->servers[i]);
		else
			find_port(talk, &talk->offers[i], &result->servers[i]);
		if (result->servers[i].origin == PROBE_ORIGIN_GUEST && *result->servers[i].port)
			name_guest(talk, &result->servers[i]);
	}
}

void talk_find_host_server(struct talk *talk)
{
	struct probe_result *result = talk->result;
	CLEANUP(cleanup_free) struct dhcp_server *servers = NULL;
	size_t count = 0;

	if (talk->place->direct || result->host_serves)
		return;
	(void)host_dhcp_servers(IPV4, &servers, &count);
	for (size_t i = 0; i < count; i++) {
		if (servers[i].device != 0 && servers[i].device != talk->place->ifindex)
			continue;
		result->host_serves = true;
		result->host_reads_frames = result->host_reads_frames || servers[i].raw;
	}
}

/* It takes time, where there are many processes. */
void talk_name_host_server(struct talk *talk)
{
	struct probe_result *result = talk->result;
	struct server_process process;

	if (result->host_serves &&
		host_dhcp_server_process(IPV4, talk->place->ifindex, &process) == 0)
		result->host_server = alloc_format("%s (process %d)", process.name, process.pid);
}

bool talk_host_answered(const struct talk *talk)
{
	const struct probe_result *result = talk->result;
	unsigned int ifindex;

	for (size_t i = 0; i < result->server_count; i++) {
		if (result->servers[i].family == IPV4 &&
			host_bridge_find_mac(talk->place->ifindex, talk->offers[i].mac, &ifindex) ==
				0 &&
			ifindex == talk->place->ifindex)
			return true;
	}
	return false;
}
