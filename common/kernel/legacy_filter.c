// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The legacy table "filter" of one address family, as far as it concerns a client's DHCP request:
 * model/firewall.h. It is only ever looked at, and only where it is in use: libiptc would bring it
 * into use, and with it cost each packet of the host a little.
 *
 * The same code serves both families: legacy_filter6.c compiles it once more.
 */
#include "legacy_filter.h"

#include "alloc.h"
#include "cleanup.h"
#include "legacy_handle.h"

#include <errno.h>
#include <linux/netfilter/xt_addrtype.h>
#include <linux/netfilter/xt_conntrack.h>
#include <linux/netfilter/xt_multiport.h>
#include <linux/netfilter/xt_physdev.h>
#include <linux/netfilter/xt_tcpudp.h>
#include <string.h>

#ifdef LEGACY_IPV6
#define FIREWALL_FAMILY FIREWALL_IP6
#define INVERTED_IN IP6T_INV_VIA_IN
#define INVERTED_OUT IP6T_INV_VIA_OUT
#define INVERTED_PROTOCOL IP6T_INV_PROTO
#define INVERTED_SOURCE IP6T_INV_SRCIP
#define INVERTED_DESTINATION IP6T_INV_DSTIP
#define KNOWN_FLAGS (IP6T_F_PROTO | IP6T_F_GOTO)
#define GROUP XT_ADDRTYPE_MULTICAST
#else
#define FIREWALL_FAMILY FIREWALL_IP
#define INVERTED_IN IPT_INV_VIA_IN
#define INVERTED_OUT IPT_INV_VIA_OUT
#define INVERTED_PROTOCOL IPT_INV_PROTO
#define INVERTED_SOURCE IPT_INV_SRCIP
#define INVERTED_DESTINATION IPT_INV_DSTIP
#define KNOWN_FLAGS IPT_F_GOTO
#define GROUP XT_ADDRTYPE_BROADCAST
#endif

#define TABLE "filter"

static enum firewall_truth truth_if(bool condition)
{
	return condition ? FIREWALL_ALWAYS : FIREWALL_NEVER;
}

static enum firewall_truth truth_not(enum firewall_truth truth, bool inverted)
{
	return inverted ? FIREWALL_ALWAYS - truth : truth;
}

/* A name in the block, and how many of its bytes count. */
static void add_device(struct firewall_rule *rule, enum firewall_side side, bool inverted,
	const char *name, const unsigned char *mask)
{
	char pattern[IFNAME_SIZE] = "";
	size_t length = 0;

	while (length < IFNAME_SIZE - 1 && mask[length] == 0xff && name[length])
		length++;
	if (mask[0] == 0)
		return;
	memcpy(pattern, name, length);
	/* The NUL at the end of a whole name counts, too. */
	if (length < IFNAME_SIZE - 1 && mask[length] != 0xff)
		pattern[length] = '*';
	firewall_add_device(firewall_add_devices(rule, side, inverted), pattern);
}

/* @known bytes of the request's address are known, the others may be any. */
static enum firewall_truth match_address(
	const void *value, size_t known, const void *address, const void *mask, size_t size)
{
	const unsigned char *values = value;
	const unsigned char *addresses = address;
	const unsigned char *masks = mask;
	enum firewall_truth truth = FIREWALL_ALWAYS;

	for (size_t i = 0; i < size; i++) {
		if (i >= known)
			truth = masks[i] ? FIREWALL_MAYBE : truth;
		else if ((values[i] ^ addresses[i]) & masks[i])
			return FIREWALL_NEVER;
	}
	return truth;
}

static enum firewall_truth match_addresses(const xt_ip *ip)
{
#ifdef LEGACY_IPV6
	/* From a link-local address, of which the prefix is known. */
	static const unsigned char source[16] = {0xfe, 0x80};
	static const unsigned char destination[16] = {0xff, 0x02, [13] = 1, [15] = 2};
	const size_t known = 8;
#else
	static const unsigned char source[4] = {0};
	static const unsigned char destination[4] = {255, 255, 255, 255};
	const size_t known = sizeof(source);
#endif
	enum firewall_truth from =
		truth_not(match_address(source, known, &ip->src, &ip->smsk, sizeof(source)),
			ip->invflags & INVERTED_SOURCE);
	enum firewall_truth to = truth_not(match_address(destination, sizeof(destination), &ip->dst,
						   &ip->dmsk, sizeof(destination)),
		ip->invflags & INVERTED_DESTINATION);

	return from < to ? from : to;
}

static enum firewall_truth match_protocol(const xt_ip *ip)
{
#ifdef LEGACY_IPV6
	bool any = !(ip->flags & IP6T_F_PROTO);
#else
	bool any = ip->proto == 0;
#endif
	return any ? FIREWALL_ALWAYS
		   : truth_not(
			     truth_if(ip->proto == IPPROTO_UDP), ip->invflags & INVERTED_PROTOCOL);
}

static enum firewall_truth match_port(const uint16_t *range, uint16_t port, bool inverted)
{
	return truth_not(truth_if(port >= range[0] && port <= range[1]), inverted);
}

static enum firewall_truth match_udp(const struct xt_part *part, bool *named)
{
	const struct family *family = &families[LEGACY_FAMILY];
	struct xt_udp udp;

	if (part->size < sizeof(udp))
		return FIREWALL_MAYBE;
	memcpy(&udp, part->data, sizeof(udp));
	enum firewall_truth from =
		match_port(udp.spts, family->dhcp_client, udp.invflags & XT_UDP_INV_SRCPT);
	enum firewall_truth to =
		match_port(udp.dpts, family->dhcp_server, udp.invflags & XT_UDP_INV_DSTPT);
	if (udp.dpts[0] != 0 || udp.dpts[1] != UINT16_MAX)
		*named = true;
	return from < to ? from : to;
}

static enum firewall_truth match_multiport(const struct xt_part *part, bool *named)
{
	const struct family *family = &families[LEGACY_FAMILY];
	struct xt_multiport_v1 ports;
	bool found = false;

	if (part->revision != 1 || part->size < sizeof(ports))
		return FIREWALL_MAYBE;
	memcpy(&ports, part->data, sizeof(ports));
	for (unsigned int i = 0; i < ports.count && i < XT_MULTI_PORTS; i++) {
		uint16_t first = ports.ports[i];
		/* The first port of a range has the flag, and the last one follows. */
		bool range = ports.pflags[i] && i + 1 < XT_MULTI_PORTS;
		uint16_t last = range ? ports.ports[++i] : first;
		bool to = family->dhcp_server >= first && family->dhcp_server <= last;
		bool from = family->dhcp_client >= first && family->dhcp_client <= last;
		found = found || (to && ports.flags != XT_MULTIPORT_SOURCE) ||
			(from && ports.flags != XT_MULTIPORT_DESTINATION);
	}
	*named = true;
	return truth_not(truth_if(found), ports.invert);
}

/* The first packet of a connection, unless a rule before says that it is not to be tracked. */
static enum firewall_truth match_conntrack(const struct xt_part *part)
{
	struct xt_conntrack_mtinfo3 info;
	enum firewall_truth truth;

	if (part->revision != 3 || part->size < sizeof(info))
		return FIREWALL_MAYBE;
	memcpy(&info, part->data, sizeof(info));
	if ((info.match_flags & ~XT_CONNTRACK_STATE_ALIAS) != XT_CONNTRACK_STATE)
		return FIREWALL_MAYBE;
	if (info.state_mask & XT_CONNTRACK_STATE_BIT(IP_CT_NEW))
		truth = FIREWALL_ALWAYS;
	else
		truth = (info.state_mask & XT_CONNTRACK_STATE_UNTRACKED) ? FIREWALL_MAYBE
									 : FIREWALL_NEVER;
	return truth_not(truth, info.invert_flags & XT_CONNTRACK_STATE);
}

/* By the kind of the destination: a broadcast, or a multicast in IPv6. */
static enum firewall_truth match_addrtype(const struct xt_part *part)
{
	struct xt_addrtype_info_v1 info;

	if (part->revision != 1 || part->size < sizeof(info))
		return FIREWALL_MAYBE;
	memcpy(&info, part->data, sizeof(info));
	if (info.source || info.flags & ~(uint32_t)XT_ADDRTYPE_INVERT_DEST)
		return FIREWALL_MAYBE;
	return truth_not(truth_if(info.dest & GROUP), info.flags & XT_ADDRTYPE_INVERT_DEST);
}

/* What a bridge forwards; a request to this host is not bridged, and which port it came by nobody
 * knows here. */
static enum firewall_truth match_physdev(const struct xt_part *part, const char *chain, bool *named)
{
	struct xt_physdev_info info;

	if (part->size < sizeof(info))
		return FIREWALL_MAYBE;
	memcpy(&info, part->data, sizeof(info));
	if (info.bitmask != XT_PHYSDEV_OP_BRIDGED || info.invert & ~XT_PHYSDEV_OP_BRIDGED)
		return FIREWALL_MAYBE;
	/* In a chain of somebody's it may be either. */
	if (strcmp(chain, "INPUT") == 0)
		return truth_if(info.invert);
	*named = true;
	return truth_not(FIREWALL_ALWAYS, info.invert);
}

static enum firewall_truth match_part(const struct xt_part *part, const char *chain, bool *named)
{
	if (strcmp(part->name, "comment") == 0)
		return FIREWALL_ALWAYS;
	if (strcmp(part->name, "udp") == 0)
		return match_udp(part, named);
	if (strcmp(part->name, "tcp") == 0)
		return FIREWALL_NEVER;
	if (strcmp(part->name, "multiport") == 0)
		return match_multiport(part, named);
	if (strcmp(part->name, "conntrack") == 0)
		return match_conntrack(part);
	if (strcmp(part->name, "addrtype") == 0)
		return match_addrtype(part);
	if (strcmp(part->name, "physdev") == 0)
		return match_physdev(part, chain, named);
	return FIREWALL_MAYBE;
}

/* [linux net/ipv4/netfilter/ip_tables.c, ip_packet_match(); net/ipv6/netfilter/ip6_tables.c,
 * ip6_packet_match()] */
static void read_conditions(const xt_entry *entry, const char *chain, struct firewall_rule *rule)
{
	const xt_ip *ip = &entry->ip_part;

	add_device(rule, FIREWALL_IN, ip->invflags & INVERTED_IN, ip->iniface, ip->iniface_mask);
	add_device(
		rule, FIREWALL_OUT, ip->invflags & INVERTED_OUT, ip->outiface, ip->outiface_mask);
	firewall_restrict(rule, LEGACY_FAMILY, match_protocol(ip));
	firewall_restrict(rule, LEGACY_FAMILY, match_addresses(ip));
	if (ip->flags & (uint8_t)~KNOWN_FLAGS)
		firewall_restrict(rule, LEGACY_FAMILY, FIREWALL_MAYBE);
	for (size_t offset = sizeof(*entry); offset < entry->target_offset;) {
		struct xt_part part = LEGACY(entry_part)(entry, offset, &offset);
		firewall_restrict(rule, LEGACY_FAMILY, match_part(&part, chain, &rule->named));
	}
}

static enum firewall_verdict target_verdict(const struct xt_part *target)
{
	if (strcmp(target->name, "REJECT") == 0)
		return FIREWALL_DROP;
	return xt_verdict(target) == VERDICT_END ? FIREWALL_UNKNOWN : FIREWALL_CONTINUE;
}

static enum firewall_verdict read_verdict(
	struct xtc_handle *handle, const xt_entry *entry, const char **chain)
{
	struct xt_part target = LEGACY(entry_target)(entry);
	const char *name = XTC(get_target)(entry, handle);

	if (*target.name)
		return target_verdict(&target);
	if (!*name)
		return FIREWALL_CONTINUE;
	if (strcmp(name, "ACCEPT") == 0)
		return FIREWALL_ACCEPT;
	if (strcmp(name, "DROP") == 0)
		return FIREWALL_DROP;
	if (strcmp(name, "RETURN") == 0)
		return FIREWALL_RETURN;
	if (!XTC(is_chain)(name, handle))
		return FIREWALL_UNKNOWN;
	*chain = name;
	return LEGACY(entry_is_goto)(entry) ? FIREWALL_GOTO : FIREWALL_JUMP;
}

static void read_rules(struct xtc_handle *handle, struct firewall_chain *chain)
{
	const xt_entry *entry = XTC(first_rule)(chain->name, handle);

	for (; entry; entry = XTC(next_rule)(entry, handle)) {
		const char *target = NULL;
		struct firewall_rule *rule = firewall_add_rule(chain);
		read_conditions(entry, chain->name, rule);
		rule->verdict = read_verdict(handle, entry, &target);
		rule->chain = alloc_copy(target);
	}
}

static void read_base(struct xtc_handle *handle, struct firewall_chain *chain)
{
	struct xt_counters counters;
	const char *policy = XTC(get_policy)(chain->name, &counters, handle);

	if (strcmp(chain->name, "INPUT") == 0)
		chain->hook = FIREWALL_INPUT;
	else if (strcmp(chain->name, "FORWARD") == 0)
		chain->hook = FIREWALL_FORWARD;
	chain->drops = policy && strcmp(policy, "DROP") == 0;
}

int LEGACY(filter_read)(struct firewall_facts *facts)
{
	if (!LEGACY(is_in_use)(TABLE))
		return 0;
	CLEANUP(cleanup_legacy_handle) struct xtc_handle *handle = LEGACY(open)(TABLE);
	if (!handle)
		return -errno;
	for (const char *name = XTC(first_chain)(handle); name; name = XTC(next_chain)(handle)) {
		struct firewall_chain *chain =
			firewall_add_chain(facts, FIREWALL_FAMILY, true, TABLE, name);
		if (XTC(builtin)(name, handle))
			read_base(handle, chain);
		read_rules(handle, chain);
	}
	return 0;
}
