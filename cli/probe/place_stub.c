// SPDX-License-Identifier: GPL-2.0-or-later
#include "host.h"
#include "log.h"
#include "probe_place.h"
#include <string.h>
int probe_place_find(const struct probe_request *r, struct probe_place *p)
{
	host_bridge_get(r->name, &p->bridge);
	host_bridge_count_ports(&p->bridge);
	strcpy(p->device, r->name);
	p->ifindex = p->bridge.ifindex;
	p->vlan = r->vlan;
	p->direct = r->target == PROBE_DIRECT;
	p->mode = "bridge";
	return 0;
}
