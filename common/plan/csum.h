// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Checksums that nobody fills.
 *
 * They are filled where they are sent: what a guest sends by a filter where its packets come in
 * from its port, what this host sends by a filter where they go out through the bridge. Then
 * receivers need nothing, so those that no event tells of are served too; and the place that
 * libvirt wants at a guest's port for a limit of its own stays free. A kernel without such filters
 * has rules, for what this host sends. A macvtap has its filter itself, for its senders are beyond
 * its lower device; and [checksum] at = receiver gives one to each guest's port.
 */
#ifndef VIRT_NETBOOT_CSUM_H
#define VIRT_NETBOOT_CSUM_H

#include "planning.h"

/* csum_bridge.c: the network's DHCP and TFTP replies, whoever the guests will be. */
void plan_network_csum(const struct planning *planning, const struct subject *subject,
	const struct network *network);

/* csum_port.c: what is sent to one interface of a guest; @port is NULL if it is not there. */
void plan_nic_csum(const struct planning *planning, const struct subject *subject,
	const struct port_facts *port);

/* csum_macvtap.c: the same for an interface that is a macvtap. */
void plan_macvtap_csum(const struct planning *planning, const struct subject *subject,
	const struct port_facts *port);

/* The same for a macvtap that is about to be made: what this host's macvlans send. */
void plan_coming_macvtap_csum(const struct planning *planning, const struct subject *subject);

/* csum_zeroed.c: a tap on a bridge towards which a rule spoils checksums. @port likewise. */
void plan_zeroed_csum(const struct planning *planning, const struct subject *subject,
	const struct port_facts *port);

/*
 * Below: what these share.
 */

/* What is to be filled, and whether vhost-net hands it to the guest. */
struct need {
	enum ip_family family;
	enum fill_scope scope;
	bool vhost;
};

/* Why a mechanism was chosen, or was not. */
extern const char csum_no_act_csum[];
extern const char csum_in_the_way[];
extern const char csum_configured[];

/* True if filters can be used. */
bool csum_uses_filters(const struct planning *planning);

/* True if somebody else's qdisc is where the port's filter would have to be. */
bool csum_is_blocked(const struct port_facts *port);

/* True if a filter can be there, and others' are before it, so that packets may not come to it. */
bool csum_is_shadowed(const struct planning *planning, const struct filter_state *filter);

/* True if filters at the port fill all of the scope, in both families. */
bool csum_port_fills(const struct port_facts *port, enum fill_scope scope);

/* Why there is no filter, or none that is relied on. */
const char *csum_why_no_filter(const struct planning *planning);

/* How to fill what goes out through the subject's bridge. Return: false if nothing can. */
bool csum_choose(const struct planning *planning, const struct subject *subject, struct need need,
	struct action *action);

struct action csum_rule(enum ip_family family, enum fill_scope scope, const char *why);
struct action csum_filter(enum filter_hook hook, enum fill_scope scope, const char *why);

/* Add the filter at the subject's port. Return: the action. */
int csum_at_port(
	const struct planning *planning, const struct subject *subject, enum fill_scope scope);

/* The action that fills checksums towards the subject's bridge; it is planned once. Return: its
 * index. */
int csum_at_bridge(struct plan *plan, const struct subject *subject, struct action action);

/*
 * A server of this host may send through the bridge, now or later, and nothing fills that: have it
 * filled where that can do no harm, without a word about a fault that nobody has seen. A filter is
 * for both families; for IPv6 alone nothing is done.
 */
void csum_before_a_server_comes(
	const struct planning *planning, const struct subject *subject, struct need need);

/* A server of this host that is on a VLAN of the bridge, or on another device that leads to it,
 * sends by that device: a rule for it, where rules are used. */
void csum_above_bridge(
	const struct planning *planning, const struct subject *subject, enum fill_scope scope);

/* Have the bridge, and its other guests' ports, looked at when libvirt does not wait any more. */
void csum_sweep(const struct planning *planning, const struct subject *subject, struct need need);

/* Packets towards the bridge reach the guest with a wrong checksum: have it filled, or say why not.
 * Takes @evidence. */
void csum_towards_bridge(const struct planning *planning, const struct subject *subject,
	struct need need, const char *slug, char *evidence);

/*
 * csum_shadowed.c: what to do about a filter in whose way others' are, at the subject's port or
 * else at its bridge. What those do with a packet nobody can know, so ours is put there all the
 * same, and not relied on.
 */
void csum_in_shadow(const struct planning *planning, const struct subject *subject,
	const struct filter_state *filter, enum fill_scope scope);

/* And to say so. Takes @evidence: what it means. */
void csum_say_shadowed(const struct planning *planning, const struct subject *subject,
	const struct filter_state *filter, enum severity severity, char *evidence);

/* Nothing can fill it. Takes @evidence. */
void csum_unsupported(const struct planning *planning, const struct subject *subject,
	enum ip_family family, char *evidence);

/* What the kernel would have to have to fill checksums; the caller frees it. */
char *csum_lack(const struct planning *planning, enum ip_family family);

/* What a person can do about that: load modules, if that helps, and what else; likewise. */
char *csum_lack_cure(const struct planning *planning, enum ip_family family);
char *csum_lack_advice(const struct planning *planning, const struct subject *subject);

/* What a person can do at a bridge, or NULL (cure.h); likewise. */
char *csum_cure(const char *bridge, enum ip_family family, enum fill_scope scope);

#endif
