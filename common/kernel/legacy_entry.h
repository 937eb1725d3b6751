// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One rule of a legacy table. An entry is
 *
 *     [ipt_entry][match]...[target]
 *
 * in one allocation, each part aligned and with its own size. What differs between the two families
 * has one name here: each file that includes this is compiled twice, the second time with
 * LEGACY_IPV6 (legacy_entry6.c, legacy_table6.c, legacy_counters6.c), so that the families cannot
 * differ.
 */
#ifndef VIRT_NETBOOT_LEGACY_ENTRY_H
#define VIRT_NETBOOT_LEGACY_ENTRY_H

#include "host.h"
#include "local_address.h"
#include "xtables.h"

#include <net/if.h> /* before libiptc, which needs it and does not include it */
#include <netinet/in.h>

#ifdef LEGACY_IPV6
#include <libiptc/libip6tc.h>
#define LEGACY_FAMILY IPV6
#define LEGACY(name) legacy6_##name
#define XTC(name) ip6tc_##name
#define ip_part ipv6
typedef struct ip6t_entry xt_entry;
typedef struct ip6t_ip6 xt_ip;
#else
#include <libiptc/libiptc.h>
#define LEGACY_FAMILY IPV4
#define LEGACY(name) legacy4_##name
#define XTC(name) iptc_##name
#define ip_part ip
typedef struct ipt_entry xt_entry;
typedef struct ipt_ip xt_ip;
#endif

/* Large enough for our rule, aligned for its parts. */
union legacy_buffer {
	xt_entry entry;
	char bytes[1024];
};

/* Which packets that leave through @device the rule is for; @addresses are this host's, or NULL. */
struct udp_match LEGACY(entry_match)(
	const xt_entry *entry, const char *device, struct local_addresses *addresses);

/* The match at @offset of the rule; @next gets where the one behind it is. */
struct xt_part LEGACY(entry_part)(const xt_entry *entry, size_t offset, size_t *next);

/* Its target; a verdict or a chain has the empty name. */
struct xt_part LEGACY(entry_target)(const xt_entry *entry);

/* True if the rule goes to its chain without coming back. */
bool LEGACY(entry_is_goto)(const xt_entry *entry);

/* OWNER_OTHER also if it has our comment, but is for other packets: "br+", say. */
enum rule_owner LEGACY(entry_owner)(const xt_entry *entry, const char *bridge);

/* Whose rule it is by its comment alone. */
enum rule_owner LEGACY(entry_owner_by_comment)(const xt_entry *entry);

/* Put a match with our comment at @offset of a rule. Return: where the next part goes. */
size_t LEGACY(entry_put_comment)(char *buffer, size_t offset, enum rule_owner owner);

/* Our rule, for a network or for guests, towards the bridge of @rule with its scope. */
void LEGACY(entry_build)(
	union legacy_buffer *buffer, const struct checksum_rule *rule, enum rule_owner owner);

#endif
