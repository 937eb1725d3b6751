// SPDX-License-Identifier: GPL-2.0-or-later
/* <vlan> of libvirt's XML: the VLANs of a guest's port. Plain data. */
#ifndef VIRT_NETBOOT_VLAN_TAGS_H
#define VIRT_NETBOOT_VLAN_TAGS_H

#include <stdbool.h>

struct vlan_tags {
	unsigned int first;  /* 0 if there is none */
	bool trunk;          /* trunk='yes', or more than one: the guest tags its packets */
	unsigned int native; /* of a trunk: the VLAN of packets that it does not tag; or 0 */
};

#endif
