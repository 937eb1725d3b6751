// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the kernel says of bridges, ports and what fills checksums there. The names are those of
 * `ip -d link`. Plain data.
 */
#ifndef VIRT_NETBOOT_FACTS_H
#define VIRT_NETBOOT_FACTS_H

#include "family.h"
#include "ifname.h"
#include "mac.h"
#include <stdbool.h>
#include <stddef.h>

/* What kind of device has the name that XML gives for a bridge. */
enum bridge_kind {
	BRIDGE_ABSENT,
	BRIDGE_LINUX,
	BRIDGE_OPENVSWITCH,
	BRIDGE_NOT_A_BRIDGE,
	BRIDGE_MACVLAN, /* a macvlan of the host's own: leads to the macvtaps on its lower device */
	BRIDGE_ABOVE,   /* a device that leads to a bridge, its lower device: a VLAN of it */
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

/* IFLA_BRPORT_STATE [linux include/uapi/linux/if_bridge.h, BR_STATE_DISABLED ...] */
enum port_state {
	PORT_DISABLED = 0,
	PORT_LISTENING = 1,
	PORT_LEARNING = 2,
	PORT_FORWARDING = 3,
	PORT_BLOCKING = 4,
};

/* A port of a Linux bridge, or another tap or macvtap. */
struct bridge_port {
	char name[IFNAME_SIZE];
	unsigned int ifindex;
	unsigned int bridge; /* ifindex of its bridge; 0 if it is no port of a Linux bridge */
	unsigned char mac[MAC_SIZE];
	enum port_state state;
	unsigned int forward_timer; /* 1/100 s until a port that is held gets on */
	bool bpdu_guard;
	bool isolated;      /* from other ports that are isolated */
	bool no_broadcasts; /* the bridge floods none through it */
	bool tap;           /* that may have no bridge, or one of another kind */
	bool guest;   /* a tap that libvirt named (vnet0) or that has a virtio-net header, which the
		       * taps of VPN daemons do not have */
	bool macvtap; /* that has no bridge */
};

struct port_list {
	struct bridge_port *ports;
	size_t count;
};

struct bridge_state {
	char name[IFNAME_SIZE];
	enum bridge_kind kind;
	unsigned int ifindex;
	bool down; /* by its administrator: none of its ports forwards */
	bool vlan_filtering;
	bool nf_call[IP_FAMILIES]; /* iptables see what it forwards, if br_netfilter is there */
	unsigned int default_pvid; /* the VLAN that a new port is in; 0: in none */
	enum bridge_stp stp;
	unsigned int forward_delay; /* 1/100 s, as it is in force: the root bridge's */
	unsigned int hello_time;    /* 1/100 s, likewise */
	unsigned int hello_timer;   /* 1/100 s until the next hello; 0 if none is due */
	bool is_root;
	bool topology_changes;     /* so that it forgets addresses sooner, for about 35 s */
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

/* The chain that Docker leaves to the administrator, DOCKER-USER, for one bridge in one family. */
struct docker_user_state {
	bool reached;    /* there is one, which FORWARD comes to */
	bool chain;      /* and FORWARD's policy is to drop */
	bool accepts;    /* a rule there accepts what the bridge forwards between its ports */
	bool ours;       /* a rule of ours does */
	bool for_guests; /* it goes with the last guest */
};

/* [firewalld src/firewall/core/base.py, max_zone_name_len()] is 17 at most. */
#define ZONE_SIZE 24

/* The zone of firewalld that we put a device into, and the one that it was in before: empty for
 * none of its own. */
struct zone_note {
	char before[ZONE_SIZE];
	char set[ZONE_SIZE];
};

/* Where a filter meets packets at a device. */
enum filter_hook { FILTER_EGRESS, FILTER_INGRESS, FILTER_HOOKS };

/* What filters of traffic control fill at one device, in each family. */
struct filter_state {
	bool blocked;   /* somebody else's qdisc is where ours would have to be */
	bool shadowed;  /* others' programs or filters are before ours, and packets may end there */
	bool misplaced; /* the same; but ours can go before, and do when they are set again */
	unsigned int tcx_programs; /* how many there are, which are before all filters */
	unsigned int ending; /* priority of the first filter of others that may end it, or 0 */
	enum fill_scope ours[IP_FAMILIES]; /* whether packets come to them or not */
	enum fill_scope others[IP_FAMILIES];
	bool for_guests; /* ours are there for guests' sake, not for a network of libvirt's */
	unsigned long long police; /* others limit what passes to so many bytes a second; or 0 */
};

/* [linux include/uapi/linux/netfilter/nf_tables.h, NFT_NAME_MAXLEN] */
#define ZEROING_NAME_SIZE 256

/* A rule of nftables that sets the checksums of DHCP replies to zero, filled or not, as a network
 * card would have to fill them, on their way out through a bridge. */
struct zeroing {
	bool found;
	bool before_rules;                 /* and before rules of iptables can fill them */
	char table[ZEROING_NAME_SIZE + 8]; /* "inet incus" */
	char chain[ZEROING_NAME_SIZE];
};

/* Who sends by way of a port what no filter at a sender meets, with checksums to be completed. */
enum outside_sender {
	OUTSIDE_NONE,
	OUTSIDE_NAMESPACE, /* who is in another network namespace: a container */
	OUTSIDE_MACHINE,   /* this host's own host: the port's card is virtio */
};

/* The first such port of a bridge; no name if there is none. */
struct outside_port {
	char name[IFNAME_SIZE];
	enum outside_sender sender;
};

struct bridge_facts {
	char asked[IFNAME_SIZE]; /* the name in the XML, which may be an alternative one */
	struct bridge_state state;
	char lower[IFNAME_SIZE];       /* of a macvlan, or of what leads to a bridge */
	bool dhcp_server[IP_FAMILIES]; /* a DHCP server of this host can be reached through it */
	bool has_address;              /* and any server of this host could be, now or later */
	bool raw_server[IP_FAMILIES];  /* one that completes its checksums itself */
	struct fill_state fill[IP_FAMILIES];
	struct filter_state filter;
	struct zeroing zeroing;
	struct outside_port outside; /* asked for once, when a guest is there */
	bool tx_checksum_off;        /* the kernel fills what goes out through it */
	bool tx_checksum_ours;       /* and it was us who switched it off */
	/* Asked for only where that is allowed, and iptables see what the bridge forwards. */
	struct docker_user_state docker_user[IP_FAMILIES];
};

/* Whether a bridge or a port is in one VLAN. */
struct vlan_membership {
	unsigned int pvid; /* the VLAN that untagged packets go to; 0: they are dropped */
	bool member;
	bool untagged; /* packets leave without a tag */
};

/* Who else is in the VLAN of a guest's port; more is greater. */
enum vlan_company { VLAN_NOBODY, VLAN_GUESTS, VLAN_OTHERS };

/*
 * What lies between a guest's port and the networks beyond its bridge: of the ports that are not
 * guests' the one that forwards, or will first; and its VLAN. Asked for only where a new port is
 * held for long, or VLANs are told apart.
 */
struct path_facts {
	struct bridge_port uplink; /* all zero if there is none, or it was not asked for */
	unsigned int uplinks;
	bool served;     /* a DHCP server of this host is or may be on the bridge itself */
	bool vlan_known; /* the rest holds */
	unsigned int pvid;
	bool trunk; /* no PVID, but VLANs: the guest is meant to tag its packets */
	enum vlan_company company;
	unsigned int uplink_pvid;
};

/* A guest's port, which exists. */
struct port_facts {
	struct bridge_port port;
	struct bridge_state bridge; /* all zero for a macvtap */
	struct path_facts path;
	bool filter_known;
	struct filter_state filter; /* where the policy has it */
	bool filter_elsewhere;      /* there are filters of ours where an earlier policy had them */
};

/* The lower device of a macvtap or macvlan, which exists. */
struct lower_facts {
	char asked[IFNAME_SIZE]; /* the macvtap, or what the XML has it made on */
	char name[IFNAME_SIZE];
	unsigned int ifindex;
	bool dhcp_server[IP_FAMILIES];    /* one of this host is on the device itself */
	bool macvlan_server[IP_FAMILIES]; /* and then one on a macvlan of this host there, too */
};

/* What the kernel offers to fill checksums by rule, in one address family. */
struct rule_support {
	bool table;  /* the legacy mangle table is there */
	bool target; /* the target CHECKSUM is there */
	bool in_use; /* the table was in use before we asked */
	/* After host_only_look(): there is no table, but there would be one if somebody loaded
	 * ip_tables, which the kernel does not do when it is asked for the table. */
	bool loadable;
};

/* A device with something of ours at it, whatever it is. */
struct device_facts {
	char name[IFNAME_SIZE];
	unsigned int ifindex;
	bool is_bridge;
	bool filters[FILTER_HOOKS]; /* filters of ours */
	bool tx_checksum_ours;      /* it was us who switched transmit checksumming off */
	bool stp_off_ours;          /* and STP */
	unsigned int delay;         /* its forward delay, 1/100 s, which we set; or 0 */
	unsigned int delay_before;  /* and what it was before */
	bool delay_hidden;          /* only that is known: the bridge shows its root's delay */
	struct zone_note zone;      /* the zone of firewalld's that we put it into, or empty */
};

struct host_facts {
	struct bridge_facts *bridges;
	size_t bridge_count;
	struct port_facts *ports; /* the guest's */
	size_t port_count;
	struct lower_facts *lowers; /* of its macvtaps */
	size_t lower_count;
	struct device_facts *devices; /* known only to who undoes everything */
	size_t device_count;
	bool dhcp_server_anywhere;    /* an IPv4 one that is bound to no device */
	bool stp_program;             /* the kernel starts a program when STP is switched on */
	bool vhost_net;               /* /dev/vhost-net exists */
	bool fill_known[IP_FAMILIES]; /* the bridges' fill was read */
	struct rule_support fill[IP_FAMILIES];
	bool filter_supported; /* the kernel can fill checksums by filter */
};

/* A device among all of the host's, as whatever it is. */
struct link_facts {
	struct bridge_state bridge; /* its name and index, and what it is as a bridge */
	struct bridge_port port;    /* what it is as a port; port.bridge is 0 if it is none */
	unsigned int master;        /* what it belongs to, a bridge or not; 0 for nothing */
	unsigned int parent;        /* of a macvtap or macvlan in this namespace; or 0 */
	bool macvlan;
	bool vnet_header; /* a tap's packets have a virtio-net header */
	bool no_carrier;
	bool outside; /* a veth whose other end is in another network namespace */
};

/* What traffic control has at a device. */
struct qdisc_facts {
	unsigned int ifindex;
	bool clsact;  /* room for filters both ways */
	bool ingress; /* room for filters of what comes in */
	bool htb;     /* the root qdisc divides what goes out */
};

/* True if a new port would be held for longer than a bridge with STP must hold it. */
bool bridge_holds(const struct bridge_state *bridge);

/* True if there are filters of ours, in whichever family. */
bool filter_has_ours(const struct filter_state *filter);

/* True if the port does not forward yet, and STP will let it after its forward delays. */
bool port_is_held(const struct bridge_port *port);

/* How long the port will be held yet, in 1/100 s. */
unsigned int port_hold_left(const struct bridge_state *bridge, const struct bridge_port *port);

/* The facts about the bridge that the XML calls @name, or NULL. */
const struct bridge_facts *host_facts_bridge(const struct host_facts *facts, const char *name);

/* The same by index. */
const struct bridge_facts *host_facts_bridge_index(
	const struct host_facts *facts, unsigned int ifindex);

/* The facts about the port of this name, or NULL. */
const struct port_facts *host_facts_port(const struct host_facts *facts, const char *name);

/* The lower device that was asked about by @name, or NULL. */
const struct lower_facts *host_facts_lower(const struct host_facts *facts, const char *name);

void host_facts_clear(struct host_facts *facts);

#endif
