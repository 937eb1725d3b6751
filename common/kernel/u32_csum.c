// SPDX-License-Identifier: GPL-2.0-or-later
#include "u32_csum.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/tc_act/tc_csum.h>
#include <netinet/in.h>
#include <string.h>

/*
 * What makes a filter ours: its handle and its priority, or the cookie of its action where that is
 * another. A priority is for one protocol only: one for each family, and one for the frames of
 * VLANs, of whichever family [linux net/sched/cls_api.c, tcf_chain_tp_find()]. Where nobody is in
 * the way it is ahead of those the kernel gives, from 49152 down, so ahead of the filter with which
 * libvirt polices what it calls outbound [tcf_auto_prio(); libvirt
 * src/util/virnetdevbandwidth.c], and it is not one that people choose: a filter of another
 * protocol or kind would be refused at ours.
 */
#define NODE 0x6e0U
#define NODE_FAMILY 8U /* the numbers of one family, where both have one priority */

_Static_assert(U32_CSUM_FILTERS <= NODE_FAMILY, "the families' handles would overlap");
_Static_assert(U32_CSUM_PRIORITIES == IP_FAMILIES + 1, "each protocol has its own");

/*
 * In the action of a filter, with a letter for each thing it tells: the kernel keeps it and gives
 * it back [linux net/sched/act_api.c, tcf_action_init_1(), since 4.11; older kernels leave it out].
 * A qdisc of its own kind holds nothing that could tell whose it is.
 */
#define COOKIE "virt-netboot:"
#define COOKIE_QDISC 'q'      /* we made the qdisc */
#define COOKIE_FOR_GUESTS 'g' /* it goes with the last guest */

_Static_assert(sizeof(COOKIE) - 1 + 2 <= TC_COOKIE_MAX_SIZE, "the kernel takes no longer one");

#define KEYS_MAX 4

static struct nla_policy filter_policy[TCA_MAX + 1] = {
	[TCA_KIND] = {.type = NLA_STRING},
	[TCA_OPTIONS] = {.type = NLA_NESTED},
	[TCA_CHAIN] = {.type = NLA_U32},
};

static struct nla_policy u32_policy[TCA_U32_MAX + 1] = {
	[TCA_U32_SEL] = {.minlen = sizeof(struct tc_u32_sel)},
	[TCA_U32_ACT] = {.type = NLA_NESTED},
};

static struct nla_policy action_policy[TCA_ACT_MAX + 1] = {
	[TCA_ACT_KIND] = {.type = NLA_STRING},
	[TCA_ACT_OPTIONS] = {.type = NLA_NESTED},
};

static struct nla_policy csum_policy[TCA_CSUM_MAX + 1] = {
	[TCA_CSUM_PARMS] = {.minlen = sizeof(struct tc_csum)},
};

/* A 32-bit word of the packet, from its IP header on. */
struct key {
	int offset;
	uint32_t mask;
	uint32_t value;
};

struct match {
	size_t count;
	struct key keys[KEYS_MAX];
};

/* Only without options in the IPv4 header is what follows where it is looked for. A fragment has no
 * checksum of its own. */
static const struct key ip4_no_options = {0, 0xff000000, 0x45000000};
static const struct key ip4_no_fragment = {4, 0x00003fff, 0};
static const struct key ip4_udp = {8, 0x00ff0000, IPPROTO_UDP << 16};
static const struct key ip6_version = {0, 0xf0000000, 0x60000000}; /* in a VLAN it may be any */
static const struct key ip6_udp = {4, 0x0000ff00, IPPROTO_UDP << 8};

/*
 * What is filled: by ports, and by the first word of the payload. csum takes every packet for one
 * whose own checksum is still to be filled, and so takes away what says that a checksum inside is:
 * that of TCP in a tunnel through UDP, as VXLAN and Geneve are. So all UDP would be too much, and
 * so would all well-known ports: a tunnel may come from any. TFTP knows no port but that of the
 * first request; it is told by its opcodes [RFC 1350, RFC 2347].
 *
 * The same words for frames of a VLAN: their tag is not in the packet, wherever a filter meets it
 * [linux net/core/dev.c, __netif_receive_skb_core(), skb_vlan_untag(); net/8021q/vlan_dev.c,
 * vlan_dev_hard_start_xmit(), on devices that insert tags, as bridges do].
 */
static const struct key kinds[IP_FAMILIES][U32_CSUM_FILTERS] = {
	[IPV4] =
		{
			{20, 0x0000ffff, 0},       /* to a DHCP client; the one of scope "dhcp" */
			{20, 0xffff0000, 0},       /* from a DHCP server, to relays too */
			{28, 0xffff0000, 3 << 16}, /* TFTP: data */
			{28, 0xffff0000, 5 << 16}, /* error */
			{28, 0xffff0000, 6 << 16}, /* options acknowledged */
		},
	[IPV6] =
		{
			{40, 0x0000ffff, 0},
			{40, 0xffff0000, 0},
			{48, 0xffff0000, 3 << 16},
			{48, 0xffff0000, 5 << 16},
			{48, 0xffff0000, 6 << 16},
		},
};

static struct match match_of(enum ip_family family, unsigned int number)
{
	struct key kind = kinds[family][number];

	if (number == 0)
		kind.value = families[family].dhcp_client;
	if (number == 1)
		kind.value = (uint32_t)families[family].dhcp_server << 16;
	if (family == IPV6)
		return (struct match){3, {ip6_version, ip6_udp, kind}};
	return (struct match){4, {ip4_udp, ip4_no_options, ip4_no_fragment, kind}};
}

/* Which frames a filter sees [linux include/net/pkt_sched.h, tc_skb_protocol()]. */
static uint16_t protocol_of(const struct u32_csum_which *which)
{
	if (which->tagged)
		return ETH_P_8021Q;
	return which->family == IPV4 ? ETH_P_IP : ETH_P_IPV6;
}

/* Which of our priorities it has. */
static unsigned int place_of(enum ip_family family, bool tagged)
{
	return tagged ? IP_FAMILIES : family;
}

static uint32_t node_of(const struct u32_csum_which *which)
{
	return NODE + which->number + (which->tagged ? which->family * NODE_FAMILY : 0);
}

static int put_selector(struct nl_msg *request, const struct match *match)
{
	size_t size = sizeof(struct tc_u32_sel) + match->count * sizeof(struct tc_u32_key);
	struct nlattr *attribute = nla_reserve(request, TCA_U32_SEL, (int)size);

	if (!attribute)
		return -1;
	struct tc_u32_sel *selector = nla_data(attribute);
	memset(selector, 0, size);
	selector->flags = TC_U32_TERMINAL;
	selector->nkeys = (unsigned char)match->count;
	for (size_t i = 0; i < match->count; i++) {
		selector->keys[i].mask = htonl(match->keys[i].mask);
		selector->keys[i].val = htonl(match->keys[i].value);
		selector->keys[i].off = match->keys[i].offset;
	}
	return 0;
}

static int put_cookie(struct nl_msg *request, const struct u32_csum_place *place)
{
	char cookie[TC_COOKIE_MAX_SIZE] = COOKIE;
	size_t length = sizeof(COOKIE) - 1;

	if (place->qdisc_is_ours)
		cookie[length++] = COOKIE_QDISC;
	if (place->for_guests)
		cookie[length++] = COOKIE_FOR_GUESTS;
	return nla_put(request, TCA_ACT_COOKIE, (int)length, cookie);
}

/* Whatever the checksum, the packet goes on to the next filter. */
static int put_csum(struct nl_msg *request, const struct u32_csum_place *place)
{
	const struct tc_csum csum = {
		.action = TC_ACT_UNSPEC, .update_flags = TCA_CSUM_UPDATE_FLAG_UDP};
	struct nlattr *first = nla_nest_start(request, 1);

	if (!first || nla_put_string(request, TCA_ACT_KIND, "csum") < 0)
		return -1;
	if (put_cookie(request, place) < 0)
		return -1;
	struct nlattr *options = nla_nest_start(request, TCA_ACT_OPTIONS);
	if (!options || nla_put(request, TCA_CSUM_PARMS, sizeof(csum), &csum) < 0)
		return -1;
	nla_nest_end(request, options);
	nla_nest_end(request, first);
	return 0;
}

static int put_options(
	struct nl_msg *request, const struct match *match, const struct u32_csum_place *place)
{
	struct nlattr *options = nla_nest_start(request, TCA_OPTIONS);

	if (!options || put_selector(request, match) < 0)
		return -1;
	struct nlattr *actions = nla_nest_start(request, TCA_U32_ACT);
	if (!actions || put_csum(request, place) < 0)
		return -1;
	nla_nest_end(request, actions);
	nla_nest_end(request, options);
	return 0;
}

struct nl_msg *u32_csum_request(
	int type, const struct u32_csum_place *place, const struct u32_csum_which *which)
{
	bool create = type == RTM_NEWTFILTER;
	struct tcmsg filter = {
		.tcm_ifindex = (int)place->ifindex,
		.tcm_parent = place->parent,
		/* The kernel puts the number of the hash table in front. */
		.tcm_handle = create ? node_of(which) : 0,
		.tcm_info = TC_H_MAKE((place->first + place_of(which->family, which->tagged)) << 16,
			htons(protocol_of(which))),
	};
	const struct match match = match_of(which->family, which->number);
	struct nl_msg *request = netlink_request(type,
		NLM_F_REQUEST | NLM_F_ACK | (create ? NLM_F_CREATE | NLM_F_EXCL : 0), &filter,
		sizeof(filter));

	if (request && (nla_put_string(request, TCA_KIND, "u32") < 0 ||
			       (create && put_options(request, &match, place) < 0))) {
		nlmsg_free(request);
		return NULL;
	}
	return request;
}

static bool is_same_key(const struct tc_u32_key *key, const struct key *known)
{
	return key->off == known->offset && key->offmask == 0 && ntohl(key->mask) == known->mask &&
	       ntohl(key->val) == known->value;
}

/*
 * What a selector lets through of a family. One that is not understood, or may jump elsewhere, is
 * taken to let nothing through that matters. Without a word about the protocol, it is any;
 * libvirt's own filter just asks for port 68.
 */
static enum fill_scope scope_of(enum ip_family family, const struct tc_u32_sel *selector)
{
	const struct match dhcp = match_of(family, 0);
	enum fill_scope scope = FILL_UDP;

	if (!(selector->flags & TC_U32_TERMINAL))
		return FILL_NONE;
	for (unsigned int i = 0; i < selector->nkeys; i++) {
		size_t k = 0;
		while (k < dhcp.count && !is_same_key(&selector->keys[i], &dhcp.keys[k]))
			k++;
		if (k == dhcp.count)
			return FILL_NONE;
		if (k == dhcp.count - 1)
			scope = FILL_DHCP;
	}
	return scope;
}

/* True if the first action of a filter, parsed into @attributes, computes the checksums of UDP. */
static bool has_csum(struct nlattr *actions, struct nlattr **attributes)
{
	struct nlattr *first = actions ? nla_find(nla_data(actions), nla_len(actions), 1) : NULL;
	struct nlattr *csum_attributes[TCA_CSUM_MAX + 1];
	struct tc_csum csum;

	if (!first || nla_parse_nested(attributes, TCA_ACT_MAX, first, action_policy) < 0 ||
		!attributes[TCA_ACT_KIND] || !attributes[TCA_ACT_OPTIONS] ||
		strcmp(nla_get_string(attributes[TCA_ACT_KIND]), "csum") != 0 ||
		nla_parse_nested(csum_attributes, TCA_CSUM_MAX, attributes[TCA_ACT_OPTIONS],
			csum_policy) < 0 ||
		!csum_attributes[TCA_CSUM_PARMS])
		return false;
	nla_memcpy(&csum, csum_attributes[TCA_CSUM_PARMS], sizeof(csum));
	return csum.update_flags & TCA_CSUM_UPDATE_FLAG_UDP;
}

static bool is_cookie(struct nlattr *cookie)
{
	const size_t length = sizeof(COOKIE) - 1;

	return cookie && (size_t)nla_len(cookie) >= length &&
	       memcmp(nla_data(cookie), COOKIE, length) == 0;
}

static bool cookie_tells(struct nlattr *cookie, char letter)
{
	const size_t length = sizeof(COOKIE) - 1;

	return is_cookie(cookie) && memchr((const char *)nla_data(cookie) + length, letter,
					    (size_t)nla_len(cookie) - length);
}

static void parse_u32(struct nlattr *options, struct u32_csum *filter)
{
	struct nlattr *attributes[TCA_U32_MAX + 1];
	struct nlattr *action[TCA_ACT_MAX + 1];
	const struct tc_u32_sel *selector;

	if (!options || nla_parse_nested(attributes, TCA_U32_MAX, options, u32_policy) < 0 ||
		!attributes[TCA_U32_SEL] || !has_csum(attributes[TCA_U32_ACT], action))
		return;
	filter->fills = true;
	filter->is_ours = is_cookie(action[TCA_ACT_COOKIE]);
	filter->qdisc_is_ours = cookie_tells(action[TCA_ACT_COOKIE], COOKIE_QDISC);
	filter->for_guests = cookie_tells(action[TCA_ACT_COOKIE], COOKIE_FOR_GUESTS);
	selector = nla_data(attributes[TCA_U32_SEL]);
	if ((size_t)nla_len(attributes[TCA_U32_SEL]) >=
		sizeof(*selector) + selector->nkeys * sizeof(selector->keys[0]))
		filter->scope = scope_of(filter->family, selector);
}

/* Which frames the filter is for; the family of one for a VLAN's is told by the handle. Return:
 * false if it is not for IP. */
static bool filter_protocol(unsigned int protocol, uint32_t handle, struct u32_csum *filter)
{
	filter->tagged = protocol == ETH_P_8021Q;
	filter->family = protocol == ETH_P_IPV6 || (filter->tagged && TC_U32_NODE(handle) >=
									      NODE + NODE_FAMILY)
				 ? IPV6
				 : IPV4;
	return protocol == ETH_P_IP || protocol == ETH_P_IPV6 || filter->tagged;
}

bool u32_csum_parse(struct nlmsghdr *header, struct u32_csum *filter)
{
	const struct tcmsg *message = nlmsg_data(header);
	struct nlattr *attributes[TCA_MAX + 1];
	struct u32_csum_which which;

	*filter = (struct u32_csum){0};
	if (header->nlmsg_type != RTM_NEWTFILTER ||
		nlmsg_parse(header, sizeof(*message), attributes, TCA_MAX, filter_policy) < 0 ||
		!attributes[TCA_KIND])
		return false;
	/* Packets begin with chain 0, and go to others only if a filter sends them there. */
	if (!filter_protocol(ntohs(TC_H_MIN(message->tcm_info)), message->tcm_handle, filter) ||
		strcmp(nla_get_string(attributes[TCA_KIND]), "u32") != 0 ||
		(attributes[TCA_CHAIN] && nla_get_u32(attributes[TCA_CHAIN]) != 0))
		return false;
	parse_u32(attributes[TCA_OPTIONS], filter);
	which = (struct u32_csum_which){filter->family, filter->tagged, 0};
	filter->number = TC_U32_NODE(message->tcm_handle) - node_of(&which);
	filter->first = u32_csum_priority(header) - place_of(filter->family, filter->tagged);
	filter->is_ours = filter->fills && filter->number < U32_CSUM_FILTERS &&
			  (filter->is_ours || filter->first == U32_CSUM_PRIORITY);
	return true;
}

unsigned int u32_csum_priority(struct nlmsghdr *header)
{
	const struct tcmsg *message = nlmsg_data(header);

	return TC_H_MAJ(message->tcm_info) >> 16;
}

/* What a filter of this classifier says, or NULL. Return: false if it is of another. */
static bool parse_options(struct nlmsghdr *header, struct nlattr **options)
{
	struct nlattr *attributes[TCA_MAX + 1];

	if (header->nlmsg_type != RTM_NEWTFILTER ||
		nlmsg_parse(header, sizeof(struct tcmsg), attributes, TCA_MAX, filter_policy) < 0 ||
		!attributes[TCA_KIND] || strcmp(nla_get_string(attributes[TCA_KIND]), "u32") != 0)
		return false;
	*options = attributes[TCA_OPTIONS];
	return true;
}

/* The kernel numbers tables from 0x800, people before [linux net/sched/cls_u32.c, gen_new_htid(),
 * u32_change()]. A list of filters begins with a message that has no handle. */
static bool is_in_kernels_table(const struct tcmsg *message)
{
	return message->tcm_handle == 0 || TC_U32_HTID(message->tcm_handle) >= 0x80000000;
}

bool u32_csum_is_table(struct nlmsghdr *header)
{
	const struct tcmsg *message = nlmsg_data(header);
	struct nlattr *options;

	return parse_options(header, &options) && TC_U32_NODE(message->tcm_handle) == 0 &&
	       is_in_kernels_table(message);
}

/* True if the selector asks for bits that none of these packets has. */
static bool excludes(const struct tc_u32_sel *selector, const struct match *match)
{
	for (unsigned int i = 0; i < selector->nkeys; i++) {
		const struct tc_u32_key *key = &selector->keys[i];
		for (size_t k = 0; k < match->count; k++) {
			const struct key *known = &match->keys[k];
			uint32_t common = ntohl(key->mask) & known->mask;
			if (key->off == known->offset && key->offmask == 0 &&
				((ntohl(key->val) ^ known->value) & common) != 0)
				return true;
		}
	}
	return false;
}

/* A filter for any frames, or for those of VLANs, meets both families. */
static bool excludes_ours(const struct tc_u32_sel *selector, unsigned int protocol)
{
	for (enum ip_family family = 0; family < IP_FAMILIES; family++) {
		if (protocol == (family == IPV4 ? ETH_P_IPV6 : ETH_P_IP))
			continue;
		for (unsigned int number = 0; number < U32_CSUM_FILTERS; number++) {
			const struct match match = match_of(family, number);
			if (!excludes(selector, &match))
				return false;
		}
	}
	return true;
}

/* In people's tables words may be counted from elsewhere in the packet. */
bool u32_csum_never_meets(struct nlmsghdr *header)
{
	const struct tcmsg *message = nlmsg_data(header);
	struct nlattr *attributes[TCA_U32_MAX + 1];
	struct nlattr *options;

	if (!parse_options(header, &options))
		return false;
	if (TC_U32_NODE(message->tcm_handle) == 0)
		return true;
	if (!options || !is_in_kernels_table(message) ||
		nla_parse_nested(attributes, TCA_U32_MAX, options, u32_policy) < 0 ||
		!attributes[TCA_U32_SEL])
		return false;
	const struct tc_u32_sel *selector = nla_data(attributes[TCA_U32_SEL]);
	return (size_t)nla_len(attributes[TCA_U32_SEL]) >=
		       sizeof(*selector) + selector->nkeys * sizeof(selector->keys[0]) &&
	       excludes_ours(selector, ntohs(TC_H_MIN(message->tcm_info)));
}

struct nl_msg *u32_csum_probe_request(void)
{
	struct tcamsg actions = {0};
	struct nl_msg *request = netlink_request(RTM_NEWACTION,
		NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, &actions, sizeof(actions));
	struct nlattr *table = request ? nla_nest_start(request, TCA_ACT_TAB) : NULL;
	struct nlattr *first = table ? nla_nest_start(request, 1) : NULL;

	if (!first || nla_put_string(request, TCA_ACT_KIND, "csum") < 0) {
		nlmsg_free(request);
		return NULL;
	}
	nla_nest_end(request, first);
	nla_nest_end(request, table);
	return request;
}
