// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is to be done and said: a list of actions and a list of findings. Plain data, made by
 * dispatch.h from what an event says, what the host is like and what the administrator allows.
 *
 * Theory of operation
 *
 * A guest does not get its address for one of two reasons that can be repaired here.
 *
 * Bridge hold. A port that is new on a bridge with STP listens and learns for twice the
 * forward delay before it forwards, 30 s by default, and DHCP clients give up sooner (iPXE
 * after 7 s). The delay that counts is that of the root bridge. A guest's port that exists is
 * made an edge port, which forwards at once (kernel/edge_port.c); the bridge itself is left as it
 * is, but for bridges that libvirt made: their delay is shortened too, when the network starts.
 *
 * Unfilled checksum. What this host, or a guest on it, sends to a guest carries a UDP checksum that
 * the network card is meant to complete, and within one host there is no network card. A filter at
 * the guest's own port completes it, whoever sent it; where that cannot be, what this host itself
 * sends is completed on its way to the bridge (csum_bridge.c). The fault is known to be there when
 * four conditions meet: (1) the guest's card is virtio and takes such packets, (2) vhost-net hands
 * them over, because QEMU itself completes DHCP replies, though nothing else, (3) the DHCP server
 * is on this host, (4) nothing fills the checksum. Where the server is elsewhere nobody can know,
 * and the filter is a precaution.
 */
#ifndef VIRT_NETBOOT_PLAN_H
#define VIRT_NETBOOT_PLAN_H

#include "facts.h"
#include "guest.h"

enum action_kind {
	ACTION_SET_FORWARD_DELAY,
	ACTION_STP_OFF,
	ACTION_STP_ON, /* again: it was left off; done already */
	ACTION_BPDU_GUARD,
	ACTION_EDGE_PORT,
	ACTION_WATCH_PORT,  /* the port is not there yet: leave it to a process of its own */
	ACTION_SWEEP,       /* leave the bridge's other guests' ports to a process of its own */
	ACTION_RULE,        /* iptables: fill what this host sends through the bridge */
	ACTION_FILTER,      /* tc: fill at the port, or else at the bridge */
	ACTION_REWRITE,     /* the guest's XML: <driver name='qemu'/> in one interface */
	ACTION_TX_CHECKSUM, /* have the kernel fill all that goes out through the bridge, or not */
	ACTION_DOCKER_USER, /* have Docker's rules let pass what the bridge forwards, or not */
	ACTION_ZONE,        /* put the bridge into a zone of firewalld; the command's */
	ACTION_RELOAD,      /* have libvirt's daemon put its rules back; the command's */
};

/* One change to the kernel, or to XML. */
struct action {
	enum action_kind kind;
	const char *network; /* what it is for; the model's, or NULL */
	const char *guest;
	char bridge[IFNAME_SIZE];
	unsigned int ifindex;
	bool macvlan;           /* it is no bridge, but a macvlan of the host's own */
	char port[IFNAME_SIZE]; /* ACTION_BPDU_GUARD, ACTION_EDGE_PORT, ACTION_FILTER */
	unsigned int port_ifindex;
	unsigned char port_mac[MAC_SIZE]; /* of the guest's port: the same, and ACTION_WATCH_PORT */
	unsigned int delay_before;        /* ACTION_SET_FORWARD_DELAY: 1/100 s */
	unsigned int delay;
	enum ip_family family;       /* ACTION_RULE, ACTION_DOCKER_USER */
	enum fill_scope scope;       /* and the other two; FILL_NONE: what is ours goes */
	bool for_guests;             /* ACTION_RULE, ACTION_FILTER: goes with the last guest */
	enum filter_hook hook;       /* ACTION_FILTER */
	const struct guest_nic *nic; /* ACTION_REWRITE: the model's */
	bool goes;                   /* ACTION_DOCKER_USER: our rule is taken away */
	const char *zone_before;     /* ACTION_ZONE: of whoever made the plan; empty for none */
	const char *zone;
	const char *why;      /* this and no other, or NULL */
	size_t counters_lost; /* ACTION_RULE, _DOCKER_USER: packet counters that are zero over it */
	int result;           /* of carrying it out: 0 or a negative errno */
	bool watched;         /* it was left to a process of its own */
	bool planned;         /* it is only told of, and not carried out */
};

/* How much it matters, as in syslog. */
enum severity { SEVERITY_ERROR, SEVERITY_WARNING, SEVERITY_NOTICE, SEVERITY_INFO, SEVERITY_DEBUG };

#define NO_ACTION (-1)
#define NO_FINDING (-1)

/* Something a person may want to know. */
struct finding {
	const char *slug;       /* its stable name */
	enum severity severity; /* if nothing repairs it */
	const char *guest;      /* the model's, or NULL */
	const char *network;
	const struct guest_nic *nic; /* the model's, or NULL */
	char bridge[IFNAME_SIZE];
	char port[IFNAME_SIZE];
	char *evidence; /* the plan's to free, as are the cure and the advice */
	char *cure;     /* commands to be pasted, see cure.h, or NULL */
	char *advice;   /* what else a person can do or has to know, in a sentence, or NULL */
	int action;     /* what repairs it: index of an action, or NO_ACTION */
	int beyond;     /* what has to be repaired, too, before that helps: index of a finding about
			 * the path beyond the port, or NO_FINDING */
};

/* The actions are in the order of their importance, in which they are carried out. */
struct plan {
	struct action *actions;
	size_t action_count;
	size_t applied; /* so many of them have been */
	struct finding *findings;
	size_t finding_count;
};

/* True if the action could not be carried out yet, or has not ended. */
bool plan_is_deferred(const struct action *action);

/* True if one of the actions from @first on has that result. */
bool plan_has_result(const struct plan *plan, size_t first, int result);

/* What has become of a finding; the least of its own action and of what is beyond it. */
enum repair { REPAIR_NOT_PLANNED, REPAIR_FAILED, REPAIR_LATER, REPAIR_DONE };

enum repair plan_repair(const struct plan *plan, const struct finding *finding);

/* True if something is wrong, matters, and is not repaired. */
bool plan_is_unrepaired(const struct plan *plan, const struct finding *finding);

/* The severity that the finding has after the actions were carried out. */
enum severity plan_severity(const struct plan *plan, const struct finding *finding);

/*
 * True if a guest may be refused for this: something is wrong, matters, and nothing was planned
 * against it. An action that failed is trouble of our own, which never refuses a guest.
 */
bool plan_is_reason_to_refuse(const struct finding *finding);

/* What a person can do or has to know beside the cure, or NULL. The finding's own, if it has any.
 */
const char *plan_advice(const struct plan *plan, const struct finding *finding);

/* One sentence for the person whose guest is refused; the caller frees. */
char *plan_refusal(const struct plan *plan, const struct finding *finding);

void plan_clear(struct plan *plan);

#endif
