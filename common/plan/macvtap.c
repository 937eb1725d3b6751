// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Guests on macvtaps and the servers of their own host.
 *
 * What a macvtap sends goes to the other macvtaps and macvlans in mode "bridge" on its lower
 * device, and out of that; never to the host's own socket on the lower device [linux
 * drivers/net/macvlan.c, macvlan_queue_xmit()]. It comes back only from a switch that sends frames
 * to where they came from (reflective relay), and even then there is no DHCP in modes "private" and
 * "passthrough".
 */
#include "alloc.h"
#include "conditions.h"
#include "planning.h"

#include <string.h>

/* What the mode has to do with it. */
static const struct mode {
	const char *name;
	const char *evidence;
	const char *advice;
} modes[] = {
	{"bridge",
		"a macvtap sends to the macvtaps and macvlans on it and to the network beyond, but "
		"not to its own host",
		"make the server listen on a macvlan in mode bridge of this host on that device "
		"instead"},
	{"private", "mode private keeps the guest from everything on this host",
		"put mode='bridge' into the guest's <source>, and make the server listen on a "
		"macvlan in mode bridge of this host on that device"},
	{"passthrough", "mode passthrough gives the whole device to the guest",
		"make the server listen on another network card; or put mode='bridge' into the "
		"guest's <source>, and make it listen on a macvlan in mode bridge of this host on "
		"that device"},
	{"vepa",
		"in mode vepa a macvtap reaches its own host only by a switch that sends frames "
		"back",
		"switch on reflective relay (hairpin) at that port of the switch; or put "
		"mode='bridge' into the guest's <source>, and make the server listen on a macvlan "
		"in mode bridge of this host on that device"},
};

/* Without a mode it is vepa, the last one. */
static const struct mode *mode_of(const struct guest_nic *nic)
{
	const struct mode *mode = modes;
	const struct mode *vepa = &modes[sizeof(modes) / sizeof(modes[0]) - 1];

	while (mode < vepa && (!nic->mode || strcmp(mode->name, nic->mode) != 0))
		mode++;
	return mode;
}

/* The server's family, or IP_FAMILIES if there is none that the guest cannot reach. In mode
 * "bridge" one on a macvlan will do. */
static enum ip_family unreachable(const struct lower_facts *lower, const struct guest_nic *nic)
{
	enum ip_family family = 0;

	while (family < IP_FAMILIES &&
		(!lower->dhcp_server[family] ||
			(nic_reaches_macvlans(nic) && lower->macvlan_server[family])))
		family++;
	return family;
}

bool macvtap_misses_server(const struct host_facts *facts, const struct guest_nic *nic)
{
	const struct lower_facts *lower = plan_lower(facts, nic);

	return lower && unreachable(lower, nic) < IP_FAMILIES;
}

void plan_macvtap_server(const struct planning *planning, const struct subject *subject)
{
	static const struct bridge_facts none;
	const struct guest_nic *nic = subject->nic;
	const struct mode *mode = mode_of(nic);
	struct subject macvtap = *subject;

	if (!macvtap_misses_server(planning->facts, nic))
		return;
	const struct lower_facts *lower = plan_lower(planning->facts, nic);
	macvtap.bridge = &none;
	plan_add_finding(planning->plan, &macvtap,
		(struct finding){
			.slug = "macvtap-host-unreachable",
			.severity = SEVERITY_WARNING,
			.evidence =
				alloc_format("a %s server of this host listens on %s itself; %s",
					families[unreachable(lower, nic)].dhcp, lower->name,
					mode->evidence),
			.advice = alloc_copy(mode->advice),
			.action = NO_ACTION,
		});
}
