// SPDX-License-Identifier: GPL-2.0-or-later
#include "fake_host.h"

#include "alloc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BRIDGES (sizeof(fake_host.bridges) / sizeof(fake_host.bridges[0]))

struct fake_host fake_host;

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

int host_bridge_count_ports(struct bridge_state *bridge)
{
	if (fake_host.get_error)
		return fake_host.get_error;
	*bridge = must_find(NULL, bridge->ifindex)->state;
	bridge->ports_known = true;
	return 0;
}

int host_bridge_set_forward_delay(unsigned int ifindex, unsigned int delay)
{
	struct bridge_state *bridge = &must_find(NULL, ifindex)->state;

	fprintf(fake_host.record, "host: forward delay of %s = %u\n", bridge->name, delay);
	if (!fake_host.set_error)
		bridge->forward_delay = delay;
	return fake_host.set_error;
}

int host_bridge_stp_off(unsigned int ifindex)
{
	struct bridge_state *bridge = &must_find(NULL, ifindex)->state;

	fprintf(fake_host.record, "host: STP of %s = off\n", bridge->name);
	if (!fake_host.set_error)
		bridge->stp = STP_OFF;
	return fake_host.set_error;
}

bool host_has_vhost_net(void)
{
	return fake_host.vhost_net;
}

int host_dhcp_servers(enum ip_family family, unsigned int **ifindexes, size_t *count)
{
	*ifindexes = NULL;
	*count = 0;
	for (size_t i = 0; i < BRIDGES && !fake_host.get_error; i++) {
		if (!fake_host.bridges[i].dhcp_server[family])
			continue;
		*ifindexes = alloc_one_more(*ifindexes, *count, sizeof(**ifindexes));
		(*ifindexes)[(*count)++] = (unsigned int)i + 1;
	}
	return fake_host.get_error;
}

int host_fill_support(enum ip_family family, struct fill_support *support)
{
	(void)family;
	*support = fake_host.support;
	return fake_host.get_error;
}

int host_fill_look(enum ip_family family, struct fill_rule *rules, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct fake_bridge *bridge = find(rules[i].bridge, 0);
		if (bridge)
			rules[i].state = bridge->fill[family];
	}
	return fake_host.get_error;
}

int host_fill_set(enum ip_family family, struct fill_rule *rules, size_t count)
{
	static const char *const scopes[] = {"none", "dhcp", "udp"};

	fprintf(fake_host.record, "host: IPv%d rules:", family == IPV4 ? 4 : 6);
	for (size_t i = 0; i < count; i++) {
		fprintf(fake_host.record, " %s=%s", rules[i].bridge, scopes[rules[i].scope]);
		if (!fake_host.set_error)
			must_find(rules[i].bridge, 0)->fill[family] = (struct fill_state){
				.ours = rules[i].scope,
				.others = must_find(rules[i].bridge, 0)->fill[family].others,
				.rules = rules[i].scope != FILL_NONE,
			};
	}
	fprintf(fake_host.record, "\n");
	return fake_host.set_error;
}
