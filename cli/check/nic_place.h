// SPDX-License-Identifier: GPL-2.0-or-later
/* Where an interface of a guest is, or will be: what its network of libvirt's makes of it. */
#ifndef VIRT_NETBOOT_NIC_PLACE_H
#define VIRT_NETBOOT_NIC_PLACE_H

#include "guest.h"
#include "libvirt_read.h"
#include "network.h"

/* The network of libvirt's that the XML names. */
enum nic_network {
	NIC_NETWORK_NONE,
	NIC_NETWORK_STARTED,
	NIC_NETWORK_STOPPED,
	NIC_NETWORK_ABSENT,
	NIC_NETWORK_UNKNOWN, /* the networks could not be read */
};

/**
 * nic_place_network() - find an interface's network
 * @networks:	all, or the one; NULL if they could not be read
 * @network:	filled in, for network_clear(); all zero if there is none, or it is not known
 */
enum nic_network nic_place_network(
	const struct libvirt_list *networks, const struct guest_nic *nic, struct network *network);

/* Make of the interface what libvirt makes of it when the guest starts. */
void nic_place_become(struct guest_nic *nic, const struct network *network);

/* Give it what its network, or its port group, has for ports that say nothing: a VLAN, isolation,
 * and who maintains the forwarding table. */
void nic_place_limit(struct guest_nic *nic, const struct network *network);

/* Read a network's XML. Return: 0; or -EINVAL, after a message. */
int nic_place_read(const struct libvirt_object *object, struct network *network);

#endif
