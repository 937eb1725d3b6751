// SPDX-License-Identifier: GPL-2.0-or-later
/* Senders on whose packets no filter at a sender is: in containers, and beyond a card of this
 * host's own virtual machine. Whether they are servers nobody knows. */
#include "alloc.h"
#include "dispatch.h"
#include "planning.h"

#include <string.h>

static const char *const evidence[] = {
	[OUTSIDE_NAMESPACE] =
		"the port leads to another network namespace, such as a container's: a DHCP or "
		"TFTP server there sends incomplete checksums to guests, and [checksum] at = "
		"sender completes only what guests and this host send",
	[OUTSIDE_MACHINE] =
		"the port's driver is virtio_net, so this host is a virtual machine: a DHCP or "
		"TFTP server on its own host may send incomplete checksums to guests, and "
		"[checksum] at = sender completes only what guests and this host send",
};

static void add_outside(struct plan *plan, const struct bridge_facts *bridge)
{
	struct bridge_port port = {0};
	const struct subject subject = {.bridge = bridge, .port = &port};

	memcpy(port.name, bridge->outside.name, IFNAME_SIZE);
	plan_add_finding(plan, &subject,
		(struct finding){
			.slug = "sender-unreached",
			.severity = SEVERITY_NOTICE,
			.evidence = alloc_copy(evidence[bridge->outside.sender]),
			.advice = alloc_copy(
				"if such a server is there, set at = receiver under [checksum] in "
				"virt-netboot.conf, or put at='receiver' into the guests' "
				"metadata"),
			.action = NO_ACTION,
		});
}

void plan_outside(struct plan *plan, const struct host_facts *facts)
{
	*plan = (struct plan){0};
	for (size_t i = 0; i < facts->bridge_count; i++) {
		const struct bridge_facts *bridge = &facts->bridges[i];
		if (bridge->outside.sender != OUTSIDE_NONE && bridge->state.guest_ports > 0)
			add_outside(plan, bridge);
	}
}
