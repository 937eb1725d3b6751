// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The firewalls of this host, as far as they concern DHCP: which packet filters a client's request
 * passes through, and who looks after them. Plain data.
 *
 * Of a rule is kept what it asks of the devices that a packet goes through, because that is another
 * thing for each bridge, and what all its other conditions come to for a DHCP request in each
 * family. firewall_plan.h follows a request through the rules.
 */
#ifndef VIRT_NETBOOT_FIREWALL_H
#define VIRT_NETBOOT_FIREWALL_H

#include "family.h"
#include "ifname.h"

#include <stdbool.h>
#include <stddef.h>

enum firewall_family {
	FIREWALL_IP,
	FIREWALL_IP6,
	FIREWALL_INET,
	FIREWALL_BRIDGE,
	FIREWALL_NETDEV,
	FIREWALL_FAMILIES,
};

/* Where packets enter a base chain; a chain that only rules lead to has none. */
enum firewall_hook {
	FIREWALL_NO_HOOK,
	FIREWALL_INGRESS,
	FIREWALL_PREROUTING,
	FIREWALL_INPUT,
	FIREWALL_FORWARD,
	FIREWALL_HOOKS,
};

/* Whether a DHCP request meets a condition. What is not understood may be met. */
enum firewall_truth { FIREWALL_NEVER, FIREWALL_MAYBE, FIREWALL_ALWAYS };

enum firewall_verdict {
	FIREWALL_CONTINUE,
	FIREWALL_ACCEPT,
	FIREWALL_DROP, /* or reject */
	FIREWALL_RETURN,
	FIREWALL_JUMP,
	FIREWALL_GOTO,
	FIREWALL_UNKNOWN, /* somebody else decides: a program that gets the packet */
};

/* Which device of a packet a condition is about. */
enum firewall_side {
	FIREWALL_IN,
	FIREWALL_OUT,
	FIREWALL_IN_BRIDGE, /* the bridge that the packet came in by, in family bridge */
	FIREWALL_OUT_BRIDGE,
};

/* One of these names, or none of them. */
struct firewall_devices {
	enum firewall_side side;
	bool inverted;
	char (*names)[IFNAME_SIZE]; /* "vir*": all that begin so */
	size_t count;
};

struct firewall_rule {
	struct firewall_devices *devices; /* conditions, all of which have to be met */
	size_t device_count;
	enum firewall_truth meets[IP_FAMILIES]; /* all other conditions */
	bool named; /* the conditions name DHCP's port, or bridged packets */
	enum firewall_verdict verdict;
	char *chain; /* to jump or to go to */
};

struct firewall_chain {
	enum firewall_family family;
	bool legacy; /* it is in a table of ip_tables or ip6_tables */
	char *table;
	char *name;
	enum firewall_hook hook;
	bool drops;                      /* a base chain whose policy is drop */
	struct firewall_devices devices; /* of a base chain at ingress; none if unknown */
	struct firewall_rule *rules;
	size_t count;
};

/* Whether packets for DHCP servers get in by way of a zone of firewalld's. */
enum firewall_zone_dhcp { ZONE_DHCP_MAYBE, ZONE_DHCP_NO, ZONE_DHCP_YES };

struct firewall_zone {
	char *name;
	struct firewall_devices devices;
	enum firewall_zone_dhcp dhcp[IP_FAMILIES];
};

struct firewalld {
	bool running;
	bool unknown;  /* whether it runs, or its zones, could not be asked for */
	char *version; /* or NULL */
	char *default_zone;
	bool libvirt_zone;           /* there is one of this name */
	struct firewall_zone *zones; /* those with devices, and the default one */
	size_t zone_count;
};

/* What of the firewalls' work a bridge has to do with. */
struct firewall_bridge {
	char name[IFNAME_SIZE];
	bool server[IP_FAMILIES];  /* a DHCP server of this host gets its requests through UDP */
	bool raw_server;           /* one takes IPv4 requests as whole frames, before any rule */
	bool nf_call[IP_FAMILIES]; /* as in struct firewall_facts, of this bridge alone */
};

struct firewall_facts {
	bool known; /* the rules were read */
	struct firewall_chain *chains;
	size_t count;
	bool nf_call[IP_FAMILIES]; /* br_netfilter is there, and hands over what bridges forward */
	struct firewalld firewalld;
	bool ufw; /* it is enabled; whether its rules are there the chains say */
};

/* "ip", "inet": as nft(8) calls it. Indexed by enum firewall_family. */
extern const char *const firewall_families[FIREWALL_FAMILIES];

/* Add a chain; the names are copied. Return: it, which the next call moves. */
struct firewall_chain *firewall_add_chain(struct firewall_facts *facts, enum firewall_family family,
	bool legacy, const char *table, const char *name);

/* The chain, or NULL. */
struct firewall_chain *firewall_find_chain(const struct firewall_facts *facts,
	enum firewall_family family, bool legacy, const char *table, const char *name);

/* True if a rule of the chain leads to the one called @name; false without a chain: NULL. */
bool firewall_leads_to(const struct firewall_chain *chain, const char *name);

/* Add a rule that meets everything and does nothing. Return: it, which the next call moves. */
struct firewall_rule *firewall_add_rule(struct firewall_chain *chain);

/* Add a copy of a rule, without what it does. */
struct firewall_rule *firewall_copy_rule(
	struct firewall_chain *chain, const struct firewall_rule *rule);

/* Add a condition without names to a rule. Return: it, which the next call moves. */
struct firewall_devices *firewall_add_devices(
	struct firewall_rule *rule, enum firewall_side side, bool inverted);

/* Add a name, which is cut where it is too long for a device. */
void firewall_add_device(struct firewall_devices *devices, const char *name);

/* One more condition of a rule, beside those about devices, that requests meet or not. */
void firewall_restrict(
	struct firewall_rule *rule, enum ip_family family, enum firewall_truth truth);

/* True if the device has one of the names. */
bool firewall_has_device(const struct firewall_devices *devices, const char *name);

/* The zone of a device, by firewalld: that it is in, or else the default one; or NULL. */
const struct firewall_zone *firewall_zone_of(const struct firewalld *firewalld, const char *name);

/* True if a chain has a name that begins so. */
bool firewall_has_chains(const struct firewall_facts *facts, const char *beginning);

/* True if there is a table of this name, in whichever family. */
bool firewall_has_table(const struct firewall_facts *facts, const char *name);

void firewall_rule_clear(struct firewall_rule *rule);
void firewall_clear(struct firewall_facts *facts);

#endif
