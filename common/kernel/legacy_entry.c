// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Our rule is
 *
 *     -o BRIDGE -p udp [-m udp --dport 68] -m comment --comment virt-netboot -j CHECKSUM
 *     --checksum-fill
 *
 * CHECKSUM lets the packet go on to the next rule [linux net/netfilter/xt_CHECKSUM.c,
 * XT_CONTINUE], so that it changes nothing for the rules that follow. The comment is the sign by
 * which a rule is ours.
 */
#include "legacy_entry.h"

#include <linux/netfilter/xt_CHECKSUM.h>
#include <linux/netfilter/xt_comment.h>
#include <stdio.h>
#include <string.h>

#ifdef LEGACY_IPV6
#define GOTO IP6T_F_GOTO
#define FAMILY IPV6
/* Flags and inversions that are understood. */
#define KNOWN_FLAGS (IP6T_F_GOTO | IP6T_F_PROTO)
#define INVERTED_DEVICE IP6T_INV_VIA_OUT
#define INVERTED_PROTOCOL IP6T_INV_PROTO
#define INVERTED_SOURCE IP6T_INV_SRCIP
#else
#define GOTO IPT_F_GOTO
#define FAMILY IPV4
#define KNOWN_FLAGS IPT_F_GOTO
#define INVERTED_DEVICE IPT_INV_VIA_OUT
#define INVERTED_PROTOCOL IPT_INV_PROTO
#define INVERTED_SOURCE IPT_INV_SRCIP
#endif

static const void *at(const void *base, size_t offset)
{
	return (const char *)base + offset;
}

/* By name, by the start of a name, or any. */
static struct udp_match match_device(const xt_ip *ip, const char *device)
{
	char name[IFNAMSIZ] = "";
	bool same = true;

	strncpy(name, device, sizeof(name) - 1);
	for (size_t i = 0; i < sizeof(name); i++)
		same = same && ((name[i] ^ ip->outiface[i]) & ip->outiface_mask[i]) == 0;
	return udp_match_if(same != !!(ip->invflags & INVERTED_DEVICE));
}

/* [linux net/ipv4/netfilter/ip_tables.c, ip_packet_match(); net/ipv6/netfilter/ip6_tables.c,
 * ip6_packet_match()] */
static struct udp_match match_protocol(const xt_ip *ip)
{
#ifdef LEGACY_IPV6
	bool any = !(ip->flags & IP6T_F_PROTO);
#else
	bool any = ip->proto == 0;
#endif
	bool inverted = ip->invflags & INVERTED_PROTOCOL;

	return any ? udp_match_all : udp_match_if((ip->proto == IPPROTO_UDP) != inverted);
}

static struct udp_match match_source(const xt_ip *ip, struct local_addresses *addresses)
{
	static const xt_ip none;

	if (memcmp(&ip->smsk, &none.smsk, sizeof(ip->smsk)) == 0)
		return udp_match_if(!(ip->invflags & INVERTED_SOURCE));
	if (ip->invflags & INVERTED_SOURCE || !addresses)
		return udp_match_unknown;
	return local_address_match(addresses, &ip->src, &ip->smsk, sizeof(ip->src));
}

/* What is no match: the destination address, for one, is not understood. */
static struct udp_match match_rest(const xt_ip *ip)
{
	static const xt_ip none;
	xt_ip rest = *ip;

	rest.proto = 0;
	rest.flags &= (uint8_t)~KNOWN_FLAGS;
	rest.invflags &= (uint8_t) ~(INVERTED_DEVICE | INVERTED_PROTOCOL | INVERTED_SOURCE);
	memset(&rest.src, 0, sizeof(rest.src));
	memset(&rest.smsk, 0, sizeof(rest.smsk));
	memset(rest.outiface, 0, sizeof(rest.outiface));
	memset(rest.outiface_mask, 0, sizeof(rest.outiface_mask));
	/* Padding that somebody left dirty makes a rule one that is not understood, no more. */
	// NOLINTNEXTLINE(bugprone-suspicious-memory-comparison,cert-exp42-c,cert-flp37-c)
	return memcmp(&rest, &none, sizeof(none)) == 0 ? udp_match_all : udp_match_unknown;
}

struct xt_part LEGACY(entry_part)(const xt_entry *entry, size_t offset, size_t *next)
{
	const struct xt_entry_match *match = at(entry, offset);

	*next = offset + match->u.match_size;
	return (struct xt_part){match->u.user.name, match->u.user.revision, match->data,
		match->u.match_size - sizeof(*match)};
}

struct udp_match LEGACY(entry_match)(
	const xt_entry *entry, const char *device, struct local_addresses *addresses)
{
	const xt_ip *ip = &entry->ip_part;
	struct udp_match all = udp_match_and(match_device(ip, device), match_protocol(ip));

	all = udp_match_and(all, match_source(ip, addresses));
	all = udp_match_and(all, match_rest(ip));
	for (size_t offset = sizeof(*entry); offset < entry->target_offset;) {
		struct xt_part match = LEGACY(entry_part)(entry, offset, &offset);
		all = udp_match_and(all, xt_match(LEGACY_FAMILY, &match));
	}
	return all;
}

struct xt_part LEGACY(entry_target)(const xt_entry *entry)
{
	const struct xt_entry_target *target = at(entry, entry->target_offset);

	return (struct xt_part){target->u.user.name, target->u.user.revision, target->data,
		target->u.target_size - sizeof(*target)};
}

bool LEGACY(entry_is_goto)(const xt_entry *entry)
{
	return entry->ip_part.flags & GOTO;
}

enum rule_owner LEGACY(entry_owner_by_comment)(const xt_entry *entry)
{
	enum rule_owner owner = OWNER_OTHER;

	for (size_t offset = sizeof(*entry); offset < entry->target_offset;) {
		struct xt_part match = LEGACY(entry_part)(entry, offset, &offset);
		if (owner == OWNER_OTHER)
			owner = xt_owner(&match);
	}
	return owner;
}

enum rule_owner LEGACY(entry_owner)(const xt_entry *entry, const char *bridge)
{
	struct xt_part target = LEGACY(entry_target)(entry);

	if (strcmp(entry->ip_part.outiface, bridge) != 0 ||
		entry->ip_part.outiface_mask[strlen(bridge)] != 0xff ||
		xt_verdict(&target) != VERDICT_FILL ||
		LEGACY(entry_match)(entry, bridge, NULL).of[UDP_DHCP] != ALWAYS)
		return OWNER_OTHER;
	return LEGACY(entry_owner_by_comment)(entry);
}

static size_t part_size(size_t header, size_t data)
{
	return XT_ALIGN(header) + XT_ALIGN(data);
}

static size_t put_match(
	char *buffer, size_t offset, const char *name, const void *data, size_t size)
{
	struct xt_entry_match *match = (void *)(buffer + offset);

	match->u.match_size = (uint16_t)part_size(sizeof(*match), size);
	snprintf(match->u.user.name, sizeof(match->u.user.name), "%s", name);
	memcpy(match->data, data, size);
	return offset + match->u.match_size;
}

size_t LEGACY(entry_put_comment)(char *buffer, size_t offset, enum rule_owner owner)
{
	struct xt_comment_info info = {0};

	snprintf(info.comment, sizeof(info.comment), "%s", xt_comment(owner));
	return put_match(buffer, offset, "comment", &info, sizeof(info));
}

static size_t put_target(char *buffer, size_t offset)
{
	const struct xt_CHECKSUM_info fill = {.operation = XT_CHECKSUM_OP_FILL};
	struct xt_entry_target *target = (void *)(buffer + offset);

	target->u.target_size = (uint16_t)part_size(sizeof(*target), sizeof(fill));
	snprintf(target->u.user.name, sizeof(target->u.user.name), "CHECKSUM");
	memcpy(target->data, &fill, sizeof(fill));
	return offset + target->u.target_size;
}

void LEGACY(entry_build)(
	union legacy_buffer *buffer, const struct checksum_rule *rule, enum rule_owner owner)
{
	const struct xt_udp dhcp = {.spts = {0, UINT16_MAX},
		.dpts = {families[FAMILY].dhcp_client, families[FAMILY].dhcp_client}};
	xt_entry *entry = &buffer->entry;
	size_t offset = sizeof(*entry);

	memset(buffer, 0, sizeof(*buffer));
	entry->ip_part.proto = IPPROTO_UDP;
#ifdef LEGACY_IPV6
	entry->ip_part.flags = IP6T_F_PROTO;
#endif
	memcpy(entry->ip_part.outiface, rule->bridge, IFNAME_SIZE);
	/* The whole name with its NUL, so that br0 is not br01 too. */
	memset(entry->ip_part.outiface_mask, 0xff, strlen(rule->bridge) + 1);
	if (rule->scope == FILL_DHCP)
		offset = put_match(buffer->bytes, offset, "udp", &dhcp, sizeof(dhcp));
	offset = LEGACY(entry_put_comment)(buffer->bytes, offset, owner);
	entry->target_offset = (uint16_t)offset;
	entry->next_offset = (uint16_t)put_target(buffer->bytes, offset);
}
