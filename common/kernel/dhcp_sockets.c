// SPDX-License-Identifier: GPL-2.0-or-later
#include "dhcp_sockets.h"

/* Whether a raw server is on @device, or on any if @device is 0. */
static bool has_raw(const struct dhcp_sockets *sockets, unsigned int device)
{
	for (size_t i = 0; i < sockets->count; i++) {
		if (sockets->list[i].raw && sockets->list[i].device == device)
			return true;
	}
	return false;
}

static bool has_own_fallback(const struct dhcp_sockets *sockets, unsigned int device)
{
	for (size_t i = 0; i < sockets->count; i++) {
		const struct dhcp_server *server = &sockets->list[i];
		if (!server->raw && server->unicast && server->device == device)
			return true;
	}
	return false;
}

/* A raw server whose fallback has to be the one for all. */
static bool has_common_fallback(const struct dhcp_sockets *sockets)
{
	for (size_t i = 0; i < sockets->count; i++) {
		if (sockets->list[i].raw && !has_own_fallback(sockets, sockets->list[i].device))
			return true;
	}
	return false;
}

void dhcp_sockets_drop_fallbacks(struct dhcp_sockets *sockets)
{
	const struct dhcp_sockets all = *sockets;
	bool one_for_all = has_common_fallback(&all);
	size_t kept = 0;

	for (size_t i = 0; i < all.count; i++) {
		const struct dhcp_server server = all.list[i];
		bool common = one_for_all && !server.raw && server.device == 0;
		bool own = !server.raw && server.unicast && has_raw(&all, server.device);
		if (common)
			one_for_all = false;
		if (!common && !own)
			sockets->list[kept++] = server;
	}
	sockets->count = kept;
}

static bool compares_with(const struct sock_filter *program, size_t length, unsigned int port)
{
	for (size_t i = 0; i < length; i++) {
		if (program[i].code == (BPF_JMP | BPF_JEQ | BPF_K) && program[i].k == port)
			return true;
	}
	return false;
}

bool dhcp_filter_is_of_server(const struct sock_filter *program, size_t length)
{
	return compares_with(program, length, families[IPV4].dhcp_server) &&
	       !compares_with(program, length, families[IPV4].dhcp_client);
}
