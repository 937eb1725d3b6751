// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Theory of operation
 *
 * nf_tables knows no entries of a fixed form: a rule is a list of expressions that are carried out
 * one after the other until one does not match [linux net/netfilter/nf_tables_core.c,
 * nft_do_chain()]. Of
 *
 *     -o virbr0 -p udp -m udp --dport 68 -j CHECKSUM --checksum-fill
 *
 * iptables-nft makes, and `nft --debug=netlink list table ip mangle` shows,
 *
 *     meta load oifname => reg 1                            cmp eq reg 1 "virbr0\0"
 *     meta load l4proto => reg 1                            cmp eq reg 1 17
 *     payload load 2b @ transport header + 2 => reg 1       cmp eq reg 1 68
 *     counter
 *     target name CHECKSUM rev 0
 *
 * or `payload load 1b @ network header + 9` for the protocol (1.8.11), or `match name udp rev 0`
 * for the port, with the same struct as in a legacy table (before 1.8.8) [iptables iptables/nft.c,
 * add_match() and add_nft_tcpudp(); iptables/nft-shared.c, add_iface(), add_proto() and
 * add_l4proto()].
 *
 * So the expressions of a rule are read in their order, on behalf of one bridge. What is kept is
 * which field was loaded last, and which packets come this far (udp_match.h). An expression that
 * is not known here may be a condition that any packet may meet or not, and if it is none of those
 * that can only be that, it may just as well end the table for packets (verdicts.c).
 */
#include "nft_rule.h"

#include "nft_expr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <netinet/in.h>
#include <string.h>

/* Where the protocol and the source stand in an IP header, and the destination port in that of
 * UDP. */
#define IPV4_PROTOCOL_OFFSET 9
#define IPV4_SOURCE_OFFSET 12
#define IPV6_SOURCE_OFFSET 8
#define UDP_PORT_OFFSET 2
#define UDP_CHECKSUM_OFFSET 6

/* What of a packet a register holds. */
enum field { FIELD_OTHER, FIELD_DEVICE, FIELD_PROTOCOL, FIELD_PORT, FIELD_SOURCE };

/* A rule, as far as it is read. */
struct rule {
	const struct nft_reading *reading;
	enum field field; /* what was loaded last */
	uint32_t field_register;
	struct udp_match match; /* what comes this far */
	bool is_over;
};

static struct nla_policy rule_policy[NFTA_RULE_MAX + 1] = {
	[NFTA_RULE_EXPRESSIONS] = {.type = NLA_NESTED},
};

static struct nla_policy payload_policy[NFTA_PAYLOAD_MAX + 1] = {
	[NFTA_PAYLOAD_DREG] = {.type = NLA_U32},
	[NFTA_PAYLOAD_BASE] = {.type = NLA_U32},
	[NFTA_PAYLOAD_OFFSET] = {.type = NLA_U32},
	[NFTA_PAYLOAD_LEN] = {.type = NLA_U32},
	[NFTA_PAYLOAD_SREG] = {.type = NLA_U32},
};

static struct nla_policy range_policy[NFTA_RANGE_MAX + 1] = {
	[NFTA_RANGE_SREG] = {.type = NLA_U32},
	[NFTA_RANGE_OP] = {.type = NLA_U32},
	[NFTA_RANGE_FROM_DATA] = {.type = NLA_NESTED},
	[NFTA_RANGE_TO_DATA] = {.type = NLA_NESTED},
};

static struct nla_policy lookup_policy[NFTA_LOOKUP_MAX + 1] = {
	[NFTA_LOOKUP_DREG] = {.type = NLA_U32},
};

static bool get_port(struct nlattr *value, uint16_t *port)
{
	if (!value || nla_len(value) != sizeof(*port))
		return false;
	nla_memcpy(port, value, sizeof(*port));
	*port = ntohs(*port);
	return true;
}

static void narrow(struct rule *rule, struct udp_match match)
{
	rule->match = udp_match_and(rule->match, match);
}

/* What comes this far has this done to it. */
static void add_verdict(struct rule *rule, enum verdict verdict, const char *chain)
{
	if (verdict != VERDICT_CONTINUE)
		verdict_chain_add(rule->reading->chain, rule->match, verdict, chain);
}

/* A condition, or a change of what a register holds. */
static void read_not_understood(struct rule *rule, struct nlattr *data)
{
	(void)data;
	narrow(rule, udp_match_unknown);
	rule->field_register = NFT_NO_NUMBER;
}

/* It may also be a verdict. */
static void read_unknown(struct rule *rule, struct nlattr *data)
{
	read_not_understood(rule, data);
	add_verdict(rule, VERDICT_END, NULL);
}

static void read_without_effect(struct rule *rule, struct nlattr *data)
{
	(void)rule;
	(void)data;
}

static void load(struct rule *rule, uint32_t destination, enum field field)
{
	/* Not a load, but a change of the packet or of what belongs to it. */
	if (destination == NFT_NO_NUMBER)
		narrow(rule, udp_match_unknown);
	rule->field = field;
	rule->field_register = destination;
}

static void read_meta(struct rule *rule, struct nlattr *data)
{
	enum field field = FIELD_OTHER;
	struct nft_meta meta;

	if (!nft_expr_meta(data, &meta)) {
		read_not_understood(rule, data);
		return;
	}
	if (meta.key == NFT_META_OIFNAME)
		field = FIELD_DEVICE;
	else if (meta.key == NFT_META_L4PROTO)
		field = FIELD_PROTOCOL;
	load(rule, meta.destination, field);
}

static enum field payload_field(
	enum ip_family family, uint32_t base, uint32_t offset, uint32_t length)
{
	if (base == NFT_PAYLOAD_TRANSPORT_HEADER && offset == UDP_PORT_OFFSET &&
		length == sizeof(uint16_t))
		return FIELD_PORT;
	if (family == IPV4 && base == NFT_PAYLOAD_NETWORK_HEADER &&
		offset == IPV4_PROTOCOL_OFFSET && length == 1)
		return FIELD_PROTOCOL;
	/* Of a network that ends with a byte, only those before are loaded. */
	if (base == NFT_PAYLOAD_NETWORK_HEADER &&
		offset == (family == IPV4 ? IPV4_SOURCE_OFFSET : IPV6_SOURCE_OFFSET) &&
		length <= (family == IPV4 ? 4 : 16))
		return FIELD_SOURCE;
	return FIELD_OTHER;
}

/* True if the packet's own UDP checksum is written over: "udp checksum set 0". Any value is one
 * that the kernel would have to add to what it fills in. */
static bool is_checksum_write(struct nlattr *const *attributes)
{
	return attributes[NFTA_PAYLOAD_SREG] &&
	       nft_number(attributes[NFTA_PAYLOAD_BASE]) == NFT_PAYLOAD_TRANSPORT_HEADER &&
	       nft_number(attributes[NFTA_PAYLOAD_OFFSET]) == UDP_CHECKSUM_OFFSET;
}

static void read_payload(struct rule *rule, struct nlattr *data)
{
	struct nlattr *attributes[NFTA_PAYLOAD_MAX + 1];

	if (nla_parse_nested(attributes, NFTA_PAYLOAD_MAX, data, payload_policy) < 0) {
		read_not_understood(rule, data);
		return;
	}
	if (is_checksum_write(attributes)) {
		add_verdict(rule, VERDICT_ZERO, NULL);
		return;
	}
	load(rule, nft_number(attributes[NFTA_PAYLOAD_DREG]),
		payload_field(rule->reading->family, nft_number(attributes[NFTA_PAYLOAD_BASE]),
			nft_number(attributes[NFTA_PAYLOAD_OFFSET]),
			nft_number(attributes[NFTA_PAYLOAD_LEN])));
}

/* A whole name with its NUL, or with all zeros behind it; or the start of names: "virbr+". */
static bool is_towards(const struct nft_reading *reading, struct nlattr *value)
{
	return nla_len(value) <= IFNAME_SIZE &&
	       memcmp(reading->device, nla_data(value), (size_t)nla_len(value)) == 0;
}

/* "--dport :68" and the like [iptables iptables/nft.c, expr_gen_range_cmp16()] */
static struct udp_match match_port(enum ip_family family, uint32_t op, uint16_t port)
{
	switch (op) {
	case NFT_CMP_EQ:
		return udp_match_ports(family, port, port);
	case NFT_CMP_NEQ:
		return udp_match_not(udp_match_ports(family, port, port));
	case NFT_CMP_LT:
		return udp_match_not(udp_match_ports(family, port, UINT16_MAX));
	case NFT_CMP_LTE:
		return udp_match_ports(family, 0, port);
	case NFT_CMP_GT:
		return udp_match_not(udp_match_ports(family, 0, port));
	case NFT_CMP_GTE:
		return udp_match_ports(family, port, UINT16_MAX);
	default:
		return udp_match_unknown;
	}
}

static struct udp_match match_equality(uint32_t op, bool equal)
{
	if (op == NFT_CMP_EQ || op == NFT_CMP_NEQ)
		return udp_match_if(equal == (op == NFT_CMP_EQ));
	return udp_match_unknown;
}

static struct udp_match compare(const struct rule *rule, uint32_t op, struct nlattr *value)
{
	uint16_t port;

	switch (rule->field) {
	case FIELD_DEVICE:
		return match_equality(op, is_towards(rule->reading, value));
	case FIELD_PROTOCOL:
		if (nla_len(value) != 1)
			return udp_match_unknown;
		return match_equality(op, nla_get_u8(value) == IPPROTO_UDP);
	case FIELD_PORT:
		if (!get_port(value, &port))
			return udp_match_unknown;
		return match_port(rule->reading->family, op, port);
	case FIELD_SOURCE:
		if (op != NFT_CMP_EQ || nla_len(value) > 16)
			return udp_match_unknown;
		return local_address_match(
			rule->reading->addresses, nla_data(value), NULL, (size_t)nla_len(value));
	default:
		return udp_match_unknown;
	}
}

static void read_cmp(struct rule *rule, struct nlattr *data)
{
	struct nft_cmp cmp;
	bool known = nft_expr_cmp(data, &cmp) && cmp.source == rule->field_register && cmp.value;

	narrow(rule, known ? compare(rule, cmp.op, cmp.value) : udp_match_unknown);
}

static struct udp_match match_range(const struct rule *rule, struct nlattr *data)
{
	struct nlattr *attributes[NFTA_RANGE_MAX + 1];
	uint16_t first;
	uint16_t last;

	if (rule->field != FIELD_PORT ||
		nla_parse_nested(attributes, NFTA_RANGE_MAX, data, range_policy) < 0 ||
		nft_number(attributes[NFTA_RANGE_SREG]) != rule->field_register ||
		!get_port(nft_operand(attributes[NFTA_RANGE_FROM_DATA], NFTA_DATA_VALUE), &first) ||
		!get_port(nft_operand(attributes[NFTA_RANGE_TO_DATA], NFTA_DATA_VALUE), &last))
		return udp_match_unknown;
	struct udp_match match = udp_match_ports(rule->reading->family, first, last);
	if (nft_number(attributes[NFTA_RANGE_OP]) == NFT_RANGE_EQ)
		return match;
	return nft_number(attributes[NFTA_RANGE_OP]) == NFT_RANGE_NEQ ? udp_match_not(match)
								      : udp_match_unknown;
}

static void read_range(struct rule *rule, struct nlattr *data)
{
	narrow(rule, match_range(rule, data));
}

static void read_match(struct rule *rule, struct nlattr *data)
{
	struct xt_part match;

	narrow(rule, nft_expr_match(data, &match) ? xt_match(rule->reading->family, &match)
						  : udp_match_unknown);
}

static void read_target(struct rule *rule, struct nlattr *data)
{
	struct xt_part target;

	add_verdict(rule, nft_expr_target(data, &target) ? xt_verdict(&target) : VERDICT_END, NULL);
}

/* [linux net/netfilter/nf_tables_core.c, nft_do_chain()] */
static enum verdict verdict_of(uint32_t code, bool has_chain)
{
	switch ((int)code) {
	case NFT_CONTINUE:
	case NFT_BREAK:
		return VERDICT_CONTINUE;
	case NFT_RETURN:
		return VERDICT_RETURN;
	case NFT_JUMP:
		return has_chain ? VERDICT_JUMP : VERDICT_END;
	case NFT_GOTO:
		return has_chain ? VERDICT_GOTO : VERDICT_END;
	default:
		return VERDICT_END;
	}
}

static void obey(struct rule *rule, struct nlattr *data)
{
	struct nft_verdict verdict;

	if (!nft_expr_verdict(data, &verdict)) {
		add_verdict(rule, VERDICT_END, NULL);
		return;
	}
	add_verdict(rule, verdict_of(verdict.code, verdict.chain), verdict.chain);
	rule->is_over = verdict.code != (uint32_t)NFT_CONTINUE;
}

/* A verdict, or any other value that goes to a register. */
static void read_immediate(struct rule *rule, struct nlattr *data)
{
	struct nft_immediate immediate;
	struct nlattr *verdict = NULL;

	if (!nft_expr_immediate(data, &immediate)) {
		read_unknown(rule, data);
		return;
	}
	if (immediate.destination == NFT_REG_VERDICT)
		verdict = nft_operand(immediate.data, NFTA_DATA_VERDICT);
	if (verdict)
		obey(rule, verdict);
	else
		rule->field_register = NFT_NO_NUMBER;
}

/* A look into a set, or into a map, which may be one of verdicts. */
static void read_lookup(struct rule *rule, struct nlattr *data)
{
	struct nlattr *attributes[NFTA_LOOKUP_MAX + 1];

	if (nla_parse_nested(attributes, NFTA_LOOKUP_MAX, data, lookup_policy) < 0 ||
		nft_number(attributes[NFTA_LOOKUP_DREG]) == NFT_REG_VERDICT)
		read_unknown(rule, data);
	else
		read_not_understood(rule, data);
}

/* What is not here may be a verdict: queue, reject, tproxy and what is yet to come. */
static const struct {
	const char *name;
	void (*read)(struct rule *rule, struct nlattr *data);
} expressions[] = {
	{"bitwise", read_not_understood},
	{"byteorder", read_not_understood},
	{"cmp", read_cmp},
	{"connlimit", read_not_understood},
	{"counter", read_without_effect},
	{"ct", read_not_understood},
	{"dynset", read_not_understood},
	{"exthdr", read_not_understood},
	{"fib", read_not_understood},
	{"hash", read_not_understood},
	{"immediate", read_immediate},
	{"last", read_without_effect},
	{"limit", read_not_understood},
	{"log", read_without_effect},
	{"lookup", read_lookup},
	{"match", read_match},
	{"meta", read_meta},
	{"numgen", read_not_understood},
	{"payload", read_payload},
	{"quota", read_not_understood},
	{"range", read_range},
	{"rt", read_not_understood},
	{"socket", read_not_understood},
	{"target", read_target},
	{"xfrm", read_not_understood},
};

static void read_expression(struct rule *rule, struct nlattr *expression)
{
	struct nft_expr opened;

	if (!nft_expr_open(expression, &opened)) {
		read_unknown(rule, NULL);
		return;
	}
	for (size_t i = 0; i < sizeof(expressions) / sizeof(*expressions); i++) {
		if (strcmp(opened.name, expressions[i].name) == 0) {
			expressions[i].read(rule, opened.data);
			return;
		}
	}
	read_unknown(rule, NULL);
}

static void read_rule(struct rule *rule, struct nlattr *list)
{
	struct nlattr *expression = nla_data(list);
	int rest = nla_len(list);

	for (; nla_ok(expression, rest) && !rule->is_over; expression = nla_next(expression, &rest))
		read_expression(rule, expression);
}

int nft_rule_parse(struct nlmsghdr *header, void *argument)
{
	const struct nft_reading *reading = argument;
	struct nlattr *attributes[NFTA_RULE_MAX + 1];
	struct rule rule = {
		.reading = reading, .field_register = NFT_NO_NUMBER, .match = udp_match_all};

	if (NFNL_MSG_TYPE(header->nlmsg_type) != NFT_MSG_NEWRULE)
		return 0;
	int error = nlmsg_parse(
		header, sizeof(struct nfgenmsg), attributes, NFTA_RULE_MAX, rule_policy);
	if (error < 0)
		return -EPROTO;
	if (attributes[NFTA_RULE_EXPRESSIONS])
		read_rule(&rule, attributes[NFTA_RULE_EXPRESSIONS]);
	return 0;
}
