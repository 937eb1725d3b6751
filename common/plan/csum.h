// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Checksums that nobody fills.
 *
 * A guest's port is the best place: a filter there sees what every sender sends, and goes with the
 * port. What is done at the bridge is seen by what this host sends only. It is for guests whose
 * ports no event tells of, that is, for all ports that the bridges of libvirt's own networks will
 * have; and for kernels without such filters. The host's own bridges have nothing done to them as
 * long as ports can be used.
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
extern const char csum_other_qdisc[];
extern const char csum_configured[];

/* True if guests' ports have filters. */
bool csum_uses_ports(const struct planning *planning);

/* True if somebody else's qdisc is where the port's filter would have to be. */
bool csum_is_blocked(const struct port_facts *port);

/* True if filters at the port fill all of the scope, in both families. */
bool csum_port_fills(const struct port_facts *port, enum fill_scope scope);

/* Why the guest's port has no filter. */
const char *csum_why_no_filter(const struct planning *planning);

struct action csum_rule(enum ip_family family, enum fill_scope scope, const char *why);
struct action csum_filter(enum filter_hook hook, enum fill_scope scope, const char *why);

/* Add the filter at the subject's port. Return: the action. */
int csum_at_port(const struct planning *planning, const struct subject *subject,
	enum filter_hook hook, enum fill_scope scope);

/* The action that fills checksums towards the subject's bridge; it is planned once. Return: its
 * index. */
int csum_at_bridge(struct plan *plan, const struct subject *subject, struct action action);

/* Packets towards the bridge reach the guest with a wrong checksum: have it filled, or say why not.
 * Takes @evidence. */
void csum_towards_bridge(const struct planning *planning, const struct subject *subject,
	struct need need, const char *slug, char *evidence);

/* Nothing can fill it. Takes @evidence. */
void csum_unsupported(const struct planning *planning, const struct subject *subject,
	enum ip_family family, char *evidence);

/* What the kernel would have to have to fill checksums; the caller frees it. */
char *csum_lack(const struct planning *planning, enum ip_family family);

/* What a person can do about that; likewise. */
char *csum_lack_cure(enum ip_family family);

/* What a person can do at a bridge; likewise. */
char *csum_cure(const char *bridge, enum ip_family family, enum fill_scope scope);

#endif
