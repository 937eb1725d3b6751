// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * host.h without a host: answers from a scenario, records what is done, and refuses nothing
 * that the kernel would not refuse. What was done shows in later answers, so that running
 * an event twice can be tested.
 */
#ifndef VIRT_NETBOOT_FAKE_HOST_H
#define VIRT_NETBOOT_FAKE_HOST_H

#include "host.h"

#include <stdio.h>

/* The VLANs of a bridge or port. */
struct fake_vlans {
	unsigned int pvid;
	unsigned int untagged;
	unsigned int tagged;
};

/* A bridge of the scenario, or a macvlan of the host's own, and what serves it. */
struct fake_bridge {
	struct bridge_state state;
	struct fake_vlans vlans;
	struct bridge_port uplink; /* each of its other ports */
	struct fake_vlans uplink_vlans;
	char lower[IFNAME_SIZE]; /* of a macvlan */
	bool dhcp_server[IP_FAMILIES];
	bool has_address;
	struct fill_state fill[IP_FAMILIES];
	struct filter_state filter;
	struct zeroing zeroing;
	bool tx_checksum_off;
	bool tx_checksum_ours;
	struct docker_user_state docker_user[IP_FAMILIES];
	unsigned int delay_before;
	bool stp_off_ours;
	struct zone_note zone;
};

/* A guest's port on one of them, or a macvtap, without a bridge. */
struct fake_port {
	const char *bridge;
	const char *lower; /* of a macvtap */
	struct bridge_port port;
	struct fake_vlans vlans;
	struct filter_state filter;
};

struct fake_host {
	struct fake_bridge bridges[8];
	struct fake_port ports[16];
	unsigned int dumps;              /* how often the ports of a bridge were asked for */
	bool hello_due;                  /* a port has to wait for the bridge's next hello */
	bool dhcp_on_lower[IP_FAMILIES]; /* a DHCP server on each lower device itself */
	bool dhcp_anywhere;              /* a DHCP server that is bound to no device */
	bool stp_program;
	bool vhost_net;
	struct rule_support support;
	bool filter_supported;
	bool br_netfilter;
	bool nf_call[IP_FAMILIES];   /* of all bridges */
	unsigned int macvtaps;       /* how many guests are on any lower device */
	int get_error;               /* what the functions that ask return instead of an answer */
	size_t counters_lost;        /* by host_docker_user_set() */
	int note_error;              /* of notes, which are as if there were none */
	int set_error;               /* what the functions that change return instead of changing */
	int card;                    /* the descriptor of what host_card_open() makes */
	char recovered[IFNAME_SIZE]; /* a bridge whose STP had been left off */
	int recovery;                /* and with what result */
	FILE *record;                /* gets a line for each change */
};

extern struct fake_host fake_host;

#endif
