// SPDX-License-Identifier: GPL-2.0-or-later
/* Where a probe plugs its card in: what the request names, found out. */
#ifndef VIRT_NETBOOT_PROBE_PLACE_H
#define VIRT_NETBOOT_PROBE_PLACE_H

#include "facts.h"
#include "probe_result.h"

struct probe_place {
	bool direct;                /* a macvtap on device; else device is a bridge */
	struct bridge_state bridge; /* if it is one, with its ports counted */
	char device[IFNAME_SIZE];
	unsigned int ifindex; /* of it */
	const char *mode;     /* of a macvtap */
	unsigned int vlan;    /* the port's; 0: as any new port's */
	bool isolated;
	bool fdb_entry; /* <bridge macTableManager='libvirt'> */
	bool has_client;
	unsigned char client[MAC_SIZE]; /* the guest's own MAC address: asked for in its name */
	char port[IFNAME_SIZE];         /* of the guest, if it runs; or empty */
	char filter[PROBE_FILTER_SIZE]; /* its <filterref filter=>, cut; or empty. Its rules are at
					 * the guest's own tap, so no probe tries them */
};

/**
 * probe_place_find() - find what a request names
 * @place:	filled in
 *
 * Return: 0; or a negative errno after a message: -ENOENT if there is no such object, -ENOTSUP if
 * no probe can be there (Open vSwitch, a network that is stopped, an interface without a bridge),
 * -EADDRINUSE if the MAC address that is to be sent with is in use there, -EPERM, -EINVAL if
 * libvirt's URI is refused.
 */
int probe_place_find(const struct probe_request *request, struct probe_place *place);

#endif
