// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a guest, a network, a bridge and a host are to us: the part of libvirt's XML
 * and of the kernel's state that decides whether a guest gets its address. The names
 * are those of `ip -d link` and of libvirt's XML. Plain data: knows neither.
 */
#ifndef VIRT_NETBOOT_MODEL_H
#define VIRT_NETBOOT_MODEL_H

#include "ifname.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "52:54:00:12:34:56" */
#define MAC_TEXT_SIZE 18

enum ip_family { IPV4, IPV6, IP_FAMILIES };

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
	char bridge[IFNAME_SIZE]; /* <source bridge=> */
	char lower[IFNAME_SIZE];  /* <source dev=>: the lower device of a macvtap */
	char *mode;               /* <source mode=>: of a macvtap, or NULL */
	char target[IFNAME_SIZE]; /* <target dev=>: the tap or macvtap */
	char *model;              /* <model type=>, or NULL */
	enum nic_backend backend;
	bool guest_csum_off;     /* <driver><guest csum='off'/>: takes no partial checksums */
	bool host_csum_off;      /* <driver><host csum='off'/>: sends none */
	unsigned int boot_order; /* <boot order=>; 0 for none */
};

struct guest {
	char *name;
	char *uuid;
	bool kvm;          /* <domain type='kvm'> */
	bool boot_network; /* <os><boot dev='network'/> */
	struct guest_nic *nics;
	size_t nic_count;
};

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
	bool address; /* the host has an address */
	bool dhcp;
	bool tftp;
	bool bootp;
};

/* <networkport>, or <interface> and <domain> before libvirt 5.5: who is about to use the network.
 */
struct network_port {
	char *owner_name;
	char *owner_uuid;
	char mac[MAC_TEXT_SIZE];
	char *plug; /* <plug type=>: network, bridge, direct, hostdev-pci; or NULL */
	char bridge[IFNAME_SIZE];
	char lower[IFNAME_SIZE];
};

struct network {
	char *name;
	char *uuid;
	enum forward_mode forward;
	char bridge[IFNAME_SIZE];
	bool stp;           /* <bridge stp=>; libvirt's default is on */
	unsigned int delay; /* <bridge delay=>, seconds */
	struct network_service service[IP_FAMILIES];
	struct network_port port; /* all empty if the event is not about a port */
};

/* What kind of device has the name that XML gives for a bridge. */
enum bridge_kind {
	BRIDGE_ABSENT,
	BRIDGE_LINUX,
	BRIDGE_OPENVSWITCH,
	BRIDGE_NOT_A_BRIDGE,
	BRIDGE_MACVLAN, /* a macvlan of the host's own: leads to the macvtaps on its lower device */
};

/* IFLA_BR_STP_STATE [linux net/bridge/br_private.h, BR_NO_STP ...] */
enum bridge_stp { STP_OFF = 0, STP_KERNEL = 1, STP_USER = 2 };

/*
 * The shortest forward delay that the kernel accepts with STP on, in 1/100 s
 * [linux net/bridge/br_private.h, BR_MIN_FORWARD_DELAY].
 */
#define FORWARD_DELAY_MIN 200U

/* "8000.525400123456", as ip and brctl show a bridge's id. */
#define ROOT_TEXT_SIZE 18

#define MAC_SIZE 6

/* IFLA_BRPORT_STATE [linux include/uapi/linux/if_bridge.h, BR_STATE_DISABLED ...] */
enum port_state {
	PORT_DISABLED = 0,
	PORT_LISTENING = 1,
	PORT_LEARNING = 2,
	PORT_FORWARDING = 3,
	PORT_BLOCKING = 4,
};

/* A port of a Linux bridge, or a macvtap. */
struct bridge_port {
	char name[IFNAME_SIZE];
	unsigned int ifindex;
	unsigned int bridge; /* ifindex of its bridge; 0 if it is no port of a Linux bridge */
	unsigned char mac[MAC_SIZE];
	enum port_state state;
	bool bpdu_guard;
	bool macvtap; /* that has no bridge */
};

struct bridge_state {
	char name[IFNAME_SIZE];
	enum bridge_kind kind;
	unsigned int ifindex;
	enum bridge_stp stp;
	unsigned int forward_delay; /* 1/100 s, as it is in force: the root bridge's */
	unsigned int hello_time;    /* 1/100 s, likewise */
	unsigned int hello_timer;   /* 1/100 s until the next hello; 0 if none is due */
	bool is_root;
	char root[ROOT_TEXT_SIZE]; /* the root bridge's id */
	bool ports_known;
	unsigned int guest_ports;
	unsigned int other_ports; /* uplinks, containers: what may lead to another network */
};

/* How much of the host's UDP traffic towards a bridge has its checksums filled; wider is greater.
 */
enum fill_scope { FILL_NONE, FILL_DHCP, FILL_UDP };

/* What fills checksums towards one bridge, in one address family. */
struct fill_state {
	enum fill_scope ours;   /* by a rule of ours that packets reach */
	enum fill_scope others; /* by rules of libvirt or the administrator that packets reach */
	size_t rules;           /* how many rules of ours there are, reached or not */
	bool for_guests; /* they are there for guests' sake, not for a network of libvirt's */
};

/* Where a filter meets packets at a device. */
enum filter_hook { FILTER_EGRESS, FILTER_INGRESS };

/* What filters of traffic control fill at one device, in each family. */
struct filter_state {
	bool blocked; /* somebody else's qdisc is where ours would have to be */
	enum fill_scope ours[IP_FAMILIES];
	enum fill_scope others[IP_FAMILIES];
};

struct bridge_facts {
	char asked[IFNAME_SIZE]; /* the name in the XML, which may be an alternative one */
	struct bridge_state state;
	char lower[IFNAME_SIZE];       /* of a macvlan */
	bool dhcp_server[IP_FAMILIES]; /* a DHCP server of this host can be reached through it */
	struct fill_state fill[IP_FAMILIES];
	struct filter_state filter;
	bool tx_checksum_off;  /* the kernel fills what goes out through it */
	bool tx_checksum_ours; /* and it was us who switched it off */
};

/* A guest's port, which exists. */
struct port_facts {
	struct bridge_port port;
	struct bridge_state bridge; /* all zero for a macvtap */
	bool filter_known;
	struct filter_state filter;
};

/* What the kernel offers to fill checksums by rule, in one address family. */
struct fill_support {
	bool table;  /* the legacy mangle table is there */
	bool target; /* the target CHECKSUM is there */
	bool in_use; /* the table was in use before we asked */
};

struct host_facts {
	struct bridge_facts *bridges;
	size_t bridge_count;
	struct port_facts *ports; /* the guest's */
	size_t port_count;
	bool dhcp_server_anywhere;    /* an IPv4 one that is bound to no device */
	bool stp_program;             /* the kernel starts a program when STP is switched on */
	bool vhost_net;               /* /dev/vhost-net exists */
	bool fill_known[IP_FAMILIES]; /* the bridges' fill was read */
	struct fill_support fill[IP_FAMILIES];
	bool filter_supported; /* the kernel can fill checksums by filter */
};

/* True if a virtio model of any kind: the only ones that use vhost-net. */
bool nic_is_virtio(const struct guest_nic *nic);

/*
 * True if the interface's packets may reach the guest with a checksum that is still to be
 * completed: on a tap only those of models for which QEMU makes it with a virtio-net header; on a
 * macvtap, which always has one, of any model. Not if the guest is kept from taking them.
 */
bool nic_takes_partial_checksums(const struct guest_nic *nic);

/* True if the interface is a macvtap that the host's own macvlans on its lower device can send to.
 */
bool nic_reaches_macvlans(const struct guest_nic *nic);

/* True if the guest is meant to boot from the network. */
bool guest_netboots(const struct guest *guest);

/* True if libvirt itself makes the network's bridge. */
bool network_is_managed(const struct network *network);

/* True if a new port would be held for longer than a bridge with STP must hold it. */
bool bridge_holds(const struct bridge_state *bridge);

/* True if the port does not forward yet, and STP will let it after its forward delays. */
bool port_is_held(const struct bridge_port *port);

/*
 * The MAC address that libvirt gives the tap of an interface whose own is @text: the first byte
 * differs, so that it is greater than any other port's [libvirt src/util/virnetdevtap.c,
 * virNetDevTapCreateInBridgePort()]. Return: false if @text is no MAC address.
 */
bool tap_mac(const char *text, unsigned char mac[MAC_SIZE]);

/* The facts about the bridge that the XML calls @name, or NULL. */
const struct bridge_facts *host_facts_bridge(const struct host_facts *facts, const char *name);

/* The facts about the port of this name, or NULL. */
const struct port_facts *host_facts_port(const struct host_facts *facts, const char *name);

void guest_clear(struct guest *guest);
void network_clear(struct network *network);
void host_facts_clear(struct host_facts *facts);

#endif
