// SPDX-License-Identifier: GPL-2.0-or-later
/* A network, as libvirt's network XML shows it, and the port that an event is about. */
#ifndef VIRT_NETBOOT_NETWORK_H
#define VIRT_NETBOOT_NETWORK_H

#include "family.h"
#include "ifname.h"
#include "mac.h"
#include "vlan_tags.h"

#include <stdbool.h>
#include <stddef.h>

/* <forward mode=>; a network without <forward> is isolated. */
enum forward_mode {
	FORWARD_OTHER,
	FORWARD_ISOLATED,
	FORWARD_NAT,
	FORWARD_ROUTE,
	FORWARD_OPEN,
	FORWARD_BRIDGE,
	FORWARD_PRIVATE,
	FORWARD_VEPA,
	FORWARD_PASSTHROUGH,
	FORWARD_HOSTDEV,
};

/* What libvirt's dnsmasq serves in one address family of a network. */
struct network_service {
	bool dhcp;
	bool tftp;
};

/* <networkport>, or <interface> and <domain> before libvirt 5.5: who is about to use the network.
 */
struct network_port {
	char *owner_name;
	char mac[MAC_TEXT_SIZE];
	char lower[IFNAME_SIZE]; /* of a macvtap */
	bool reaches_macvlans;   /* the macvtap is in mode "bridge" */
};

/* <forward dev=> or one of <forward><interface dev=>: what a macvtap is made on, or the only way
 * out.
 */
struct network_parent {
	char name[IFNAME_SIZE];
};

/* What a network, or a <portgroup> of it, has for the ports of guests that say nothing. */
struct network_group {
	char *name; /* NULL: of the network itself */
	bool is_default;
	struct vlan_tags vlan;
};

struct network {
	char *name;
	enum forward_mode forward;
	char bridge[IFNAME_SIZE];
	char *zone;         /* <bridge zone=>: of firewalld; or NULL */
	bool openvswitch;   /* <virtualport type=>: the bridge is one of Open vSwitch */
	bool vlan;          /* ports are put into a VLAN: all, or those of a port group */
	bool stp;           /* <bridge stp=>; libvirt's default is on */
	unsigned int delay; /* <bridge delay=>, seconds */
	bool manages_fdb;   /* <bridge macTableManager='libvirt'>: ports do not learn; libvirt makes
			     * the entries for guests' MAC addresses in the forwarding table */
	bool isolated;      /* <port isolated=>: of interfaces that say nothing */
	struct network_group *groups; /* the first is the network itself */
	size_t group_count;
	struct network_service service[IP_FAMILIES];
	struct network_parent *parents; /* each once */
	size_t parent_count;
	char pf[IFNAME_SIZE];     /* whose virtual functions guests get, with forward hostdev */
	struct network_port port; /* all empty if the event is not about a port */
};

/* True if libvirt itself makes the network's bridge. */
bool network_is_managed(const struct network *network);

/* The port group of this name, or the default one if @name is NULL; NULL if there is none. */
const struct network_group *network_group(const struct network *network, const char *name);

void network_clear(struct network *network);

#endif
