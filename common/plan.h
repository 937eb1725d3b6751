// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From what an event says, what the host is like and what the administrator allows to what is
 * to be done and said. Pure: no input, no output, no globals.
 *
 * Theory of operation
 *
 * A guest does not get its address for one of two reasons that can be mended here.
 *
 * Bridge hold. A port that is new on a bridge with STP listens and learns for twice the
 * forward delay before it forwards, 30 s by default, and DHCP clients give up sooner (iPXE
 * after 7 s). The delay that counts is that of the root bridge. A guest's port that exists is
 * made an edge port, which forwards at once (edge_port.c); the bridge itself is left as it is, but
 * for bridges that libvirt made: their delay is shortened too, when the network starts.
 *
 * Unfilled checksum. What this host, or a guest on it, sends to a guest carries a UDP checksum that
 * the network card is meant to complete, and within one host there is no network card. A filter at
 * the guest's own port completes it, whoever sent it; where that cannot be, what this host itself
 * sends is completed on its way to the bridge (plan_fill.c). The fault is known to be there when
 * four conditions meet: (1) the guest's card is virtio and takes such packets, (2) vhost-net hands
 * them over, for QEMU itself completes DHCP replies, though nothing else, (3) the DHCP server is on
 * this host, (4) nothing fills the checksum. Where the server is elsewhere nobody can know, and the
 * filter is a precaution.
 */
#ifndef VIRT_NETBOOT_PLAN_H
#define VIRT_NETBOOT_PLAN_H

#include "event.h"
#include "model.h"
#include "policy.h"

#include <stdio.h>

enum action_kind {
	ACTION_SET_FORWARD_DELAY,
	ACTION_STP_OFF,
	ACTION_BPDU_GUARD,
	ACTION_EDGE_PORT,
	ACTION_WATCH_PORT,  /* the port is not there yet: leave it to a process of its own */
	ACTION_FILL,        /* by a rule towards the bridge */
	ACTION_FILTER,      /* by filters at the port, or else at the bridge */
	ACTION_REWRITE,     /* the guest's XML: <driver name='qemu'/> in one interface */
	ACTION_TX_CHECKSUM, /* have the kernel fill all that goes out through the bridge, or not */
};

/* One change to the kernel. */
struct action {
	enum action_kind kind;
	const char *network; /* what it is for; the model's, or NULL */
	const char *guest;
	char bridge[IFNAME_SIZE];
	unsigned int ifindex;
	bool macvlan;           /* it is no bridge, but a macvlan of the host's own */
	char port[IFNAME_SIZE]; /* ACTION_BPDU_GUARD, ACTION_EDGE_PORT, ACTION_FILTER */
	unsigned int port_ifindex;
	unsigned char port_mac[MAC_SIZE]; /* the same, and ACTION_WATCH_PORT */
	unsigned int delay_before;        /* ACTION_SET_FORWARD_DELAY: 1/100 s */
	unsigned int delay;
	enum ip_family family;       /* ACTION_FILL */
	enum fill_scope scope;       /* and the other two; FILL_NONE: what is ours goes */
	bool for_guests;             /* ACTION_FILL: the rule goes with the last guest */
	enum filter_hook hook;       /* ACTION_FILTER */
	const struct guest_nic *nic; /* ACTION_REWRITE: the model's */
	const char *why;             /* this mechanism and no other, or NULL */
	int result;                  /* of carrying it out: 0 or a negative errno */
};

/* How much it matters, as in syslog. */
enum severity { SEVERITY_ERROR, SEVERITY_WARNING, SEVERITY_NOTICE, SEVERITY_INFO, SEVERITY_DEBUG };

#define NO_ACTION (-1)

/* Something a person may want to know. */
struct finding {
	const char *slug;       /* its stable name */
	enum severity severity; /* if nothing mends it */
	const char *guest;      /* the model's, or NULL */
	const char *network;
	const struct guest_nic *nic; /* the model's, or NULL */
	char bridge[IFNAME_SIZE];
	char port[IFNAME_SIZE];
	char *evidence;
	char *cure;
	int action; /* what mends it: index of an action, or NO_ACTION */
};

struct plan {
	struct action *actions;
	size_t action_count;
	struct finding *findings;
	size_t finding_count;
};

/*
 * True if what is planned about a bridge that is otherwise known depends on how many ports it has;
 * only then are they worth a dump, which grows with the bridge.
 */
bool plan_needs_ports(const struct bridge_state *bridge, const struct policy *policy);

/* True if filters at guests' ports may be used. */
bool plan_uses_filters(const struct policy *policy);

/* How much the guests of a network, or the interfaces of a guest at most, need to have filled. */
enum fill_scope plan_network_scope(const struct network *network, const struct policy *policy);
enum fill_scope plan_guest_scope(const struct guest *guest, const struct policy *policy);

/*
 * True if the XML of a guest that arrives may be rewritten, should this host be unable to fill
 * checksums; only then is that worth a look. Of @facts it takes vhost_net only.
 */
bool plan_may_rewrite(
	const struct guest *guest, const struct host_facts *facts, const struct policy *policy);

/* How much of what this host sends through a bridge is filled. */
enum fill_scope plan_filled(const struct bridge_facts *bridge, enum ip_family family);

/* True if something is taken away because no guest is left. */
bool plan_takes_away(const struct plan *plan);

/**
 * plan_put_back() - what was taken away with the last guest and is needed by one that came
 * meanwhile
 * @done:	what was taken away
 * @facts:	as they were before, but for the number of guests
 * @plan:	filled in; the caller frees it with plan_clear(), before @done's model
 *
 * A guest that has its port before it looks for our rule either finds it gone, or is counted here.
 */
void plan_put_back(struct plan *plan, const struct plan *done, const struct host_facts *facts);

/**
 * plan_network() - what an event of a network asks for
 * @kind:	EVENT_NETWORK_START, _ACTIVE or _STOPPED
 * @facts:	about the network's bridge; at EVENT_NETWORK_START there is none yet
 * @plan:	filled in; the caller frees it with plan_clear(), before @network
 */
void plan_network(struct plan *plan, enum event_kind kind, const struct network *network,
	const struct host_facts *facts, const struct policy *policy);

/**
 * plan_guest() - what a guest that is about to run asks for
 * @kind:	EVENT_GUEST_PREPARE, or _START or _RECONNECT: then the guest's ports are there
 *		already, and what is changed about a bridge's delay does not help them; or _RELEASE;
 *		or _ARRIVE: only its XML can be changed
 * @facts:	about every bridge that its XML names, and every port
 * @plan:	filled in; the caller frees it with plan_clear(), before @guest
 */
void plan_guest(struct plan *plan, enum event_kind kind, const struct guest *guest,
	const struct host_facts *facts, const struct policy *policy);

/**
 * plan_watched_port() - what a port asks for that has come into being
 * @watch:	the ACTION_WATCH_PORT for it, or an ACTION_EDGE_PORT that had to wait
 * @facts:	about this port, which is there
 * @plan:	filled in; the caller frees it with plan_clear()
 */
void plan_watched_port(struct plan *plan, const struct action *watch,
	const struct host_facts *facts, const struct policy *policy);

/* True if guests' ports that come into being on such a bridge have to be looked at. */
bool plan_watches_ports(
	const struct bridge_state *bridge, bool stp_program, const struct policy *policy);

/* True if the action could not be carried out yet. */
bool plan_is_deferred(const struct action *action);

/* True if something is wrong, matters, and no action that worked mends it. */
bool plan_is_unrepaired(const struct plan *plan, const struct finding *finding);

/*
 * True if a guest may be refused for this: something is wrong, matters, and nothing was planned
 * against it. An action that failed is trouble of our own, which never refuses a guest.
 */
bool plan_is_reason_to_refuse(const struct finding *finding);

void plan_clear(struct plan *plan);

#endif
