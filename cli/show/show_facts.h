// SPDX-License-Identifier: GPL-2.0-or-later
/* What `virt-netboot show` draws: devices, what is done for them, and whose they are. Plain data.
 */
#ifndef VIRT_NETBOOT_SHOW_FACTS_H
#define VIRT_NETBOOT_SHOW_FACTS_H

#include "facts.h"

struct show_device {
	unsigned long long htb; /* bytes a second that it lets out; 0 for no limit */
	struct filter_state filter[FILTER_HOOKS];
	struct fill_state rule[IP_FAMILIES]; /* towards a bridge */
	struct link_facts link;
	bool rules_known;     /* of a bridge: the rules were read */
	bool tx_checksum_off; /* of a bridge */
	bool wanted; /* it and all that is on it are to be drawn; else only what of that is wanted
		      */
};

/* Whose a device is, as libvirt has it. */
struct show_name {
	char device[IFNAME_SIZE];
	char *guest;   /* of its port; or NULL */
	char *network; /* of its bridge, or that the guest's port is in; or NULL */
};

/* Sorted by device, then by name. */
struct show_names {
	struct show_name *names;
	size_t count;
};

struct show_facts {
	struct show_device *devices;
	size_t count;
	struct show_names names;
};

/* The first name of a device; those that follow may be the same device's. NULL if there is none. */
const struct show_name *show_names_find(const struct show_names *names, const char *device);

/* True for a guest's port: a tap or macvtap that looks like one, or that libvirt knows. */
bool show_is_guest(const struct show_facts *facts, const struct show_device *device);

#endif
