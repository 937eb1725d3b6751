// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who drops a packet of ours: which rule of which chain, or what else of the kernel. Nobody's rule
 * is touched or counted by anything but the packet itself; nothing stays when this process ends, in
 * whatever way.
 */
#ifndef VIRT_NETBOOT_DROP_H
#define VIRT_NETBOOT_DROP_H

#include "ifname.h"
#include "mac.h"

#include <stdbool.h>
#include <stddef.h>

/* Whose packets. */
struct drop_wish {
	char port[IFNAME_SIZE];         /* where they come in: our tap or macvtap */
	char bridge[IFNAME_SIZE];       /* that it is a port of; empty for a macvtap */
	unsigned char source[MAC_SIZE]; /* their Ethernet source */
	unsigned char client[MAC_SIZE]; /* chaddr: who the answer is for */
	unsigned int transaction;       /* xid: which question it answers; 0: any, also one that the
					 * client has asked itself, or another probe */
};

/* What was dropped. */
enum drop_way {
	DROP_TO_HOST, /* the request, towards this host's own server */
	DROP_THROUGH, /* the request, on its way through the bridge */
	DROP_ANSWER,  /* the answer, on its way to the guest */
};

enum drop_kind {
	DROP_RULE,   /* of nftables or iptables-nft */
	DROP_POLICY, /* of one of their base chains */
	DROP_LEGACY, /* a rule, or the policy, of a legacy table */
	DROP_KERNEL, /* no rule: STP, VLAN filtering, traffic control, ... */
};

/* What there is against it beside the cure, which is for a person. Each is taken back as it was. */
enum drop_remedy {
	DROP_REMEDY_NONE,
	DROP_REMEDY_ZONE,        /* of firewalld: put the bridge into a zone that lets DHCP in */
	DROP_REMEDY_DOCKER_USER, /* have Docker's rules let pass what the bridge forwards */
};

struct drop {
	enum drop_way way;
	enum drop_kind kind;
	char *family; /* "inet", "ip", "bridge", ... of the table; "ip" for a legacy one */
	char *table;  /* NULL for DROP_KERNEL */
	char *chain;
	unsigned long long handle; /* DROP_RULE; 0 for others */
	unsigned int number;       /* DROP_LEGACY: of the rule, from 1; 0 for the policy */
	char *text;                /* the rule as its tool lists it; what the kernel says */
	char *owner;           /* whose it is: "Docker", "firewalld (zone public)", ... or NULL */
	char out[IFNAME_SIZE]; /* DROP_THROUGH: the port that it was to leave by, or empty */
	enum drop_remedy remedy;
	char *cure;   /* commands to be pasted, cure.h, or NULL */
	char *advice; /* a sentence, or NULL */
};

/* What is known of a request that was traced. */
struct drop_report {
	struct drop *drops; /* in the order in which the packet met them; what is not certain is not
			     * in it */
	size_t count;
	bool looked;        /* packets could be followed; else nothing is known of what follows */
	bool reached_host;  /* the request came past all rules to this host's own UDP port */
	bool no_listener;   /* but nobody listens there */
	bool left;          /* the request left the bridge through some other port */
	char *left_through; /* their names, with spaces; or NULL */
	bool answer_seen;   /* somebody sent an answer for this client */
	char *trouble;      /* why not everything could be followed, in a sentence; or NULL */
};

struct drop_finder;

/**
 * drop_open() - get ready to follow packets
 * @finder:	gets it, for drop_close()
 *
 * Makes tables of our own, which go with this process. Return: 0; -EPERM; -EOPNOTSUPP where the
 * kernel has no nf_tables (what else there is to follow with is used all the same: 0 then, and
 * looked is false if nothing is); or another negative errno, after a message.
 */
int drop_open(const struct drop_wish *wish, struct drop_finder **finder);

/* Call these around each write of a packet to the port: what the kernel drops in between is ours.
 */
void drop_begin_write(struct drop_finder *finder);
void drop_end_write(struct drop_finder *finder);

/**
 * drop_pending() - true if events have come that name a drop already, so that no answer will come
 *
 * Does not block. For who would wait for the answer.
 */
bool drop_pending(struct drop_finder *finder);

/**
 * drop_wants_legacy() - true if a request ended where legacy tables are in use
 *
 * Only a second one, after drop_trace_legacy(), tells which rule it was. Does not block; it is true
 * a tenth of a second after the first one at the earliest. For who waits for the answer, beside
 * drop_pending().
 */
bool drop_wants_legacy(struct drop_finder *finder);

/* Follow the next request through legacy tables too. Return: 0 or a negative errno. */
int drop_trace_legacy(struct drop_finder *finder);

/* Judge what was seen. From now on nothing is followed any more. @report: filled in, for
 * drop_report_clear(). */
void drop_judge(struct drop_finder *finder, struct drop_report *report);

void drop_close(struct drop_finder **finder);

void drop_report_clear(struct drop_report *report);

#endif
