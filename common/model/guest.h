// SPDX-License-Identifier: GPL-2.0-or-later
/* A guest, as libvirt's domain XML shows it: what of it decides whether it gets its address. */
#ifndef VIRT_NETBOOT_GUEST_H
#define VIRT_NETBOOT_GUEST_H

#include "ifname.h"
#include "mac.h"
#include "vlan_tags.h"

#include <stdbool.h>
#include <stddef.h>

/* <interface type=>, as libvirt shows it at the event in question. */
enum nic_type {
	NIC_OTHER, /* a type that this version does not know */
	NIC_BRIDGE,
	NIC_CLIENT,
	NIC_DIRECT,
	NIC_ETHERNET,
	NIC_HOSTDEV,
	NIC_INTERNAL,
	NIC_MCAST,
	NIC_NETWORK,
	NIC_NULL,
	NIC_SERVER,
	NIC_UDP,
	NIC_USER,
	NIC_VDPA,
	NIC_VDS,
	NIC_VHOSTUSER,
};

/* <driver name=>, or <backend vhost=> instead: who moves the packets of a virtio interface. */
enum nic_backend { BACKEND_DEFAULT, BACKEND_QEMU, BACKEND_VHOST };

/*
 * What of an <interface> decides, or shows which one it is; the lower device, mode and offloads of
 * macvtaps are for the repairs at a guest's own port.
 */
struct guest_nic {
	enum nic_type type;
	char mac[MAC_TEXT_SIZE];
	char *network;            /* <source network=>: any text, or NULL */
	char *portgroup;          /* <source portgroup=>, or NULL */
	char bridge[IFNAME_SIZE]; /* <source bridge=> */
	char lower[IFNAME_SIZE];  /* <source dev=>: the lower device of a macvtap */
	char *mode;               /* <source mode=>: of a macvtap, or NULL */
	char target[IFNAME_SIZE]; /* <target dev=>: the tap or macvtap */
	char *model;              /* <model type=>, or NULL */
	enum nic_backend backend;
	bool openvswitch;       /* <virtualport type=>: its bridge is one of Open vSwitch */
	bool guest_csum_off;    /* <driver><guest csum='off'/>: takes no partial checksums */
	bool trusts_rx_filters; /* trustGuestRxFilters=: of a macvtap, its guest's multicast */
	bool manages_fdb;       /* <source macTableManager='libvirt'>, of a guest that runs */
	bool isolation_known;   /* <port isolated=> is there */
	bool isolated;          /* <port isolated=>: apart from other such ports of its bridge */
	char *filter;           /* <filterref filter=>, or NULL */
	unsigned int vlan;      /* <vlan><tag id=>: the first, if there is more than one; or 0 */
	bool vlan_of_network;   /* its network or port group has a <vlan>, which one is not known */
	bool vlan_trunk;        /* <vlan trunk=>, or more than one: the guest tags its packets */
	unsigned int vlan_native; /* of a trunk: the VLAN of what the guest does not tag; or 0 */
	unsigned int boot_order;  /* <boot order=>; 0 for none */
};

struct guest {
	char *name;
	bool kvm;          /* <domain type='kvm'> */
	bool boot_network; /* <os><boot dev='network'/> */
	struct guest_nic *nics;
	size_t nic_count;
};

/* True if a virtio model of any kind: the only ones that use vhost-net. */
bool nic_is_virtio(const struct guest_nic *nic);

/*
 * True if the interface's packets may reach the guest with a checksum that is still to be
 * completed: on a tap only those of models for which QEMU makes it with a virtio-net header; on a
 * macvtap, which always has one, of any model. Not if the guest is kept from taking them.
 */
bool nic_takes_partial_checksums(const struct guest_nic *nic);

/*
 * True if the guest may leave checksums of what it sends for others to complete: those models,
 * whose packets come with a virtio-net header.
 */
bool nic_leaves_partial_checksums(const struct guest_nic *nic);

/* True if the interface is a macvtap that the host's own macvlans on its lower device can send to.
 */
bool nic_reaches_macvlans(const struct guest_nic *nic);

/* True if the guest is meant to boot from the network. */
bool guest_netboots(const struct guest *guest);

void guest_clear(struct guest *guest);

#endif
