// SPDX-License-Identifier: GPL-2.0-or-later
/* What the files of probe_place.h have in common; for those only. Each function returns 0, or a
 * negative errno after a message. */
#ifndef VIRT_NETBOOT_PROBE_PLACE_PARTS_H
#define VIRT_NETBOOT_PROBE_PLACE_PARTS_H

#include "guest.h"
#include "libvirt_read.h"
#include "probe_place.h"

/* probe_place.c: a tap on this bridge. */
int place_on_bridge(const char *name, struct probe_place *place);

/* A macvtap on this device; @mode as in libvirt's XML. */
int place_on_parent(const char *name, const char *mode, struct probe_place *place);

/* Say that Open vSwitch has the bridge. Return: -ENOTSUP. */
int place_refuse_openvswitch(const char *bridge);

/* probe_network.c: find the network, and where its guests' ports are. */
int place_by_network(
	struct libvirt *libvirt, const struct probe_request *request, struct probe_place *place);

/* Where an interface is that is as its network makes it. */
int place_nic(const struct probe_request *request, const struct guest_nic *nic,
	struct probe_place *place);

/* Say that a network is not started. Return: -ENOTSUP. */
int place_refuse_stopped(const char *network);

/* probe_guest.c: find the guest, and where its interface is or will be. */
int place_by_guest(
	struct libvirt *libvirt, const struct probe_request *request, struct probe_place *place);

#endif
