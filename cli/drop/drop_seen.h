// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What was seen of our packets: plain data. drop_follow.c puts nftables' events in, drop_log.c what
 * legacy tables say, drop_kernel.c what the kernel dropped; drop_judge.c makes a report of it.
 */
#ifndef VIRT_NETBOOT_DROP_SEEN_H
#define VIRT_NETBOOT_DROP_SEEN_H

#include "host.h"

#include <stdbool.h>
#include <stddef.h>

enum drop_packet { DROP_OTHER_PACKET, DROP_REQUEST, DROP_REPLY };

/* Where rules meet packets: at a device, in a bridge, in the IP layer. */
enum drop_layer { DROP_AT_DEVICE, DROP_IN_BRIDGE, DROP_IN_IP };

enum drop_hook {
	DROP_NO_HOOK,
	DROP_INGRESS,
	DROP_PREROUTING,
	DROP_INPUT,
	DROP_FORWARD,
	DROP_OUTPUT,
	DROP_POSTROUTING,
	DROP_EGRESS,
	DROP_HOOKS,
};

/* Which rule, or which policy, gave the verdict "drop". */
struct drop_verdict {
	const char *family; /* static */
	char *table;        /* NULL: nobody dropped the packet here */
	char *chain;
	bool policy;
	unsigned long long handle;
};

/*
 * One packet, or one of its copies, in one hook. In the IP layer it may be there because
 * br_netfilter has handed it over from a hook of the bridge, where it then still is.
 */
struct drop_trip {
	unsigned int id; /* of the copy, for as long as it stays in the layer */
	enum drop_packet packet;
	enum drop_layer layer;
	enum drop_hook hook;
	enum drop_hook inside; /* DROP_IN_IP: this hook of the bridge; or none */
	unsigned int in;       /* ifindexes, 0 if none; inside of a bridge its ports */
	unsigned int out;
	bool ended; /* it came past all rules of the hook */
	struct drop_verdict verdict;
};

/* The most that is kept. A bridge with 1000 ports makes 4000 of one request. */
#define DROP_TRIPS_MAX 16384

/* A line that a legacy table wrote of a packet: the rule that it met. */
struct drop_line {
	enum drop_packet packet;
	enum drop_hook hook;
	unsigned int out; /* the bridge's port by which it was to leave, or 0 */
	char table[32];
	char chain[32];
	unsigned int number; /* of the rule, from 1 */
	bool last;           /* it has no condition: may be the chain's policy */
	bool known;          /* the table was read, and says: */
	bool drops;
	bool policy;
};

/* Likewise. A request makes one for each rule that it meets on its way to each port: with Docker's
 * rules and 200 ports more than a thousand. */
#define DROP_LINES_MAX 16384

/* Why the kernel dropped a packet of ours, and who had called whom: the innermost function first.
 */
#define DROP_FRAMES 40
#define DROP_NAME_SIZE 48
struct drop_sample {
	char reason[DROP_NAME_SIZE]; /* "TC_EGRESS", or empty */
	char place[DROP_NAME_SIZE];  /* the function that dropped it */
	char (*frames)[DROP_NAME_SIZE];
	size_t count;
};

#define DROP_SAMPLES_MAX 256

/* Why the bridge does not hand our port's broadcasts to another one. */
enum drop_gate {
	DROP_GATE_UNKNOWN, /* or it does */
	DROP_GATE_CLOSED,  /* it does not forward */
	DROP_GATE_ISOLATED,
	DROP_GATE_NO_BROADCASTS,
	DROP_GATE_OTHER_VLAN,
	DROP_GATES,
};

/* A port of the bridge. */
struct drop_device {
	unsigned int ifindex;
	char name[IFNAME_SIZE];
	bool guest;
	enum drop_gate gate;
};

struct drop_seen {
	unsigned int port; /* ifindexes */
	unsigned int bridge;
	char table[64]; /* the name of our own tables */
	bool traced;    /* they were there */
	size_t news;    /* how often something was added */
	bool lost;      /* some events were lost: what is missing may have happened */

	struct drop_trip *trips;
	size_t trip_count;
	size_t trips_known; /* whose ports are among the devices, if they are ports of the bridge */
	struct drop_line *lines;
	size_t line_count;
	struct drop_sample *samples;
	size_t sample_count;

	struct dhcp_server *servers; /* this host's */
	size_t server_count;
	struct drop_device *devices; /* the bridge's ports */
	size_t device_count;
};

void drop_seen_clear(struct drop_seen *seen);

#endif
