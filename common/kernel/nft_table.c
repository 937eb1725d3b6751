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
 * which field was loaded last, and how much of the UDP towards the bridge is sure to come this far:
 * all at first, less with each condition, nothing once there is an expression that is not known
 * here. What still comes when CHECKSUM is reached has its checksum filled.
 *
 * A verdict counts if DHCP towards the bridge is sure to get it; one whose conditions are not
 * understood is taken for one that does not match, as in the legacy table (legacy_table.c). The
 * kernel sends one chain's rules for each request, so a chain that is jumped to is asked for when
 * the jump is read, on a socket of its own.
 */
#include "nft_table.h"

#include "cleanup.h"
#include "netlink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/xt_CHECKSUM.h>
#include <linux/netfilter/xt_tcpudp.h>
#include <netinet/in.h>
#include <string.h>

#define TABLE "mangle"

/* As in the legacy table. */
#define MAX_DEPTH 4

/* An attribute that is not there: no register, operator, key or verdict of a rule has this number.
 */
#define NO_NUMBER UINT32_MAX

/* Where the protocol stands in an IPv4 header, and the destination port in that of UDP. */
#define IPV4_PROTOCOL_OFFSET 9
#define UDP_PORT_OFFSET 2

/* A chain, as it is read on behalf of one bridge. */
struct chain {
	enum ip_family family;
	char device[IFNAME_SIZE]; /* the bridge, with zeros behind its name */
	unsigned int depth;
	enum fill_scope scope; /* what is sure to come here */
	enum fill_scope found;
	bool ended; /* no packet reaches the rest of this chain */
	bool final; /* nor comes back to the chain that it was called from */
};

/* What of a packet a register holds. */
enum field { FIELD_OTHER, FIELD_DEVICE, FIELD_PROTOCOL, FIELD_PORT };

/* A rule, as far as it is read. */
struct rule {
	struct chain *chain;
	enum field field; /* what was loaded last */
	uint32_t field_register;
	enum fill_scope scope; /* what is sure to come this far */
	int result;
};

static int look_at_chain(const char *name, struct chain *chain);

static struct nla_policy rule_policy[NFTA_RULE_MAX + 1] = {
	[NFTA_RULE_EXPRESSIONS] = {.type = NLA_NESTED},
};

static struct nla_policy expression_policy[NFTA_EXPR_MAX + 1] = {
	[NFTA_EXPR_NAME] = {.type = NLA_STRING},
	[NFTA_EXPR_DATA] = {.type = NLA_NESTED},
};

static struct nla_policy meta_policy[NFTA_META_MAX + 1] = {
	[NFTA_META_DREG] = {.type = NLA_U32},
	[NFTA_META_KEY] = {.type = NLA_U32},
};

static struct nla_policy payload_policy[NFTA_PAYLOAD_MAX + 1] = {
	[NFTA_PAYLOAD_DREG] = {.type = NLA_U32},
	[NFTA_PAYLOAD_BASE] = {.type = NLA_U32},
	[NFTA_PAYLOAD_OFFSET] = {.type = NLA_U32},
	[NFTA_PAYLOAD_LEN] = {.type = NLA_U32},
};

static struct nla_policy cmp_policy[NFTA_CMP_MAX + 1] = {
	[NFTA_CMP_SREG] = {.type = NLA_U32},
	[NFTA_CMP_OP] = {.type = NLA_U32},
	[NFTA_CMP_DATA] = {.type = NLA_NESTED},
};

static struct nla_policy range_policy[NFTA_RANGE_MAX + 1] = {
	[NFTA_RANGE_SREG] = {.type = NLA_U32},
	[NFTA_RANGE_OP] = {.type = NLA_U32},
	[NFTA_RANGE_FROM_DATA] = {.type = NLA_NESTED},
	[NFTA_RANGE_TO_DATA] = {.type = NLA_NESTED},
};

static struct nla_policy match_policy[NFTA_MATCH_MAX + 1] = {
	[NFTA_MATCH_NAME] = {.type = NLA_STRING},
	[NFTA_MATCH_REV] = {.type = NLA_U32},
};

static struct nla_policy target_policy[NFTA_TARGET_MAX + 1] = {
	[NFTA_TARGET_NAME] = {.type = NLA_STRING},
	[NFTA_TARGET_REV] = {.type = NLA_U32},
};

static struct nla_policy immediate_policy[NFTA_IMMEDIATE_MAX + 1] = {
	[NFTA_IMMEDIATE_DREG] = {.type = NLA_U32},
	[NFTA_IMMEDIATE_DATA] = {.type = NLA_NESTED},
};

static struct nla_policy data_policy[NFTA_DATA_MAX + 1] = {
	[NFTA_DATA_VERDICT] = {.type = NLA_NESTED},
};

static struct nla_policy verdict_policy[NFTA_VERDICT_MAX + 1] = {
	[NFTA_VERDICT_CODE] = {.type = NLA_U32},
	[NFTA_VERDICT_CHAIN] = {.type = NLA_STRING},
};

/* A number as nf_tables sends all of its own. */
static uint32_t number(struct nlattr *attribute)
{
	return attribute ? ntohl(nla_get_u32(attribute)) : NO_NUMBER;
}

static bool is_text(struct nlattr *attribute, const char *text)
{
	return attribute && strcmp(nla_get_string(attribute), text) == 0;
}

static bool get_port(struct nlattr *value, uint16_t *port)
{
	if (!value || nla_len(value) != sizeof(*port))
		return false;
	nla_memcpy(port, value, sizeof(*port));
	*port = ntohs(*port);
	return true;
}

/* An operand of an expression: @kind says whether it is a value or a verdict. NULL if it is none.
 */
static struct nlattr *operand(struct nlattr *data, int kind)
{
	struct nlattr *attributes[NFTA_DATA_MAX + 1];

	if (!data || nla_parse_nested(attributes, NFTA_DATA_MAX, data, data_policy) < 0)
		return NULL;
	return attributes[kind];
}

/* The rule goes on with packets of this scope only. */
static void narrow(struct rule *rule, enum fill_scope scope)
{
	if (rule->scope > scope)
		rule->scope = scope;
}

static void widen(enum fill_scope *scope, enum fill_scope other)
{
	if (*scope < other)
		*scope = other;
}

static void load(struct rule *rule, uint32_t destination, enum field field)
{
	rule->field = field;
	rule->field_register = destination;
	/* Not a load, but a change of the packet or of what belongs to it. */
	if (destination == NO_NUMBER)
		narrow(rule, FILL_NONE);
}

static void read_meta(struct rule *rule, struct nlattr *data)
{
	struct nlattr *attributes[NFTA_META_MAX + 1];
	enum field field = FIELD_OTHER;

	if (nla_parse_nested(attributes, NFTA_META_MAX, data, meta_policy) < 0) {
		narrow(rule, FILL_NONE);
		return;
	}
	if (number(attributes[NFTA_META_KEY]) == NFT_META_OIFNAME)
		field = FIELD_DEVICE;
	else if (number(attributes[NFTA_META_KEY]) == NFT_META_L4PROTO)
		field = FIELD_PROTOCOL;
	load(rule, number(attributes[NFTA_META_DREG]), field);
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
	return FIELD_OTHER;
}

static void read_payload(struct rule *rule, struct nlattr *data)
{
	struct nlattr *attributes[NFTA_PAYLOAD_MAX + 1];

	if (nla_parse_nested(attributes, NFTA_PAYLOAD_MAX, data, payload_policy) < 0) {
		narrow(rule, FILL_NONE);
		return;
	}
	load(rule, number(attributes[NFTA_PAYLOAD_DREG]),
		payload_field(rule->chain->family, number(attributes[NFTA_PAYLOAD_BASE]),
			number(attributes[NFTA_PAYLOAD_OFFSET]),
			number(attributes[NFTA_PAYLOAD_LEN])));
}

/* What a rule for these destination ports fills. */
static enum fill_scope scope_of_ports(enum ip_family family, unsigned int first, unsigned int last)
{
	unsigned int client = family == IPV4 ? 68 : 546;

	if (first > client || last < client)
		return FILL_NONE;
	return first == 0 && last == UINT16_MAX ? FILL_UDP : FILL_DHCP;
}

/* A whole name with its NUL, or with all zeros behind it; or the start of names: "virbr+". */
static bool is_towards(const struct chain *chain, struct nlattr *value)
{
	return nla_len(value) <= IFNAME_SIZE &&
	       memcmp(chain->device, nla_data(value), (size_t)nla_len(value)) == 0;
}

static bool is_udp(struct nlattr *value)
{
	return nla_len(value) == 1 && nla_get_u8(value) == IPPROTO_UDP;
}

static enum fill_scope compare(const struct rule *rule, uint32_t op, struct nlattr *value)
{
	uint16_t port;

	if (rule->field == FIELD_DEVICE && op == NFT_CMP_EQ)
		return is_towards(rule->chain, value) ? FILL_UDP : FILL_NONE;
	if (rule->field == FIELD_PROTOCOL && op == NFT_CMP_EQ)
		return is_udp(value) ? FILL_UDP : FILL_NONE;
	if (rule->field != FIELD_PORT || !get_port(value, &port))
		return FILL_NONE;
	if (op == NFT_CMP_EQ)
		return scope_of_ports(rule->chain->family, port, port);
	/* "--dport :68" [iptables iptables/nft.c, expr_gen_range_cmp16()] */
	if (op == NFT_CMP_LTE)
		return scope_of_ports(rule->chain->family, 0, port);
	return FILL_NONE;
}

static void read_cmp(struct rule *rule, struct nlattr *data)
{
	struct nlattr *attributes[NFTA_CMP_MAX + 1];
	struct nlattr *value = NULL;

	if (nla_parse_nested(attributes, NFTA_CMP_MAX, data, cmp_policy) >= 0 &&
		number(attributes[NFTA_CMP_SREG]) == rule->field_register)
		value = operand(attributes[NFTA_CMP_DATA], NFTA_DATA_VALUE);
	narrow(rule, value ? compare(rule, number(attributes[NFTA_CMP_OP]), value) : FILL_NONE);
}

static enum fill_scope range_scope(const struct rule *rule, struct nlattr *data)
{
	struct nlattr *attributes[NFTA_RANGE_MAX + 1];
	uint16_t first;
	uint16_t last;

	if (rule->field != FIELD_PORT ||
		nla_parse_nested(attributes, NFTA_RANGE_MAX, data, range_policy) < 0 ||
		number(attributes[NFTA_RANGE_SREG]) != rule->field_register ||
		number(attributes[NFTA_RANGE_OP]) != NFT_RANGE_EQ ||
		!get_port(operand(attributes[NFTA_RANGE_FROM_DATA], NFTA_DATA_VALUE), &first) ||
		!get_port(operand(attributes[NFTA_RANGE_TO_DATA], NFTA_DATA_VALUE), &last))
		return FILL_NONE;
	return scope_of_ports(rule->chain->family, first, last);
}

static void read_range(struct rule *rule, struct nlattr *data)
{
	narrow(rule, range_scope(rule, data));
}

static enum fill_scope udp_match_scope(enum ip_family family, struct nlattr *info)
{
	struct xt_udp udp;

	if (!info || nla_memcpy(&udp, info, sizeof(udp)) != sizeof(udp) || udp.invflags != 0 ||
		udp.spts[0] != 0 || udp.spts[1] != UINT16_MAX)
		return FILL_NONE;
	return scope_of_ports(family, udp.dpts[0], udp.dpts[1]);
}

static void read_match(struct rule *rule, struct nlattr *data)
{
	struct nlattr *attributes[NFTA_MATCH_MAX + 1];
	enum fill_scope scope = FILL_NONE;

	if (nla_parse_nested(attributes, NFTA_MATCH_MAX, data, match_policy) >= 0 &&
		number(attributes[NFTA_MATCH_REV]) == 0) {
		if (is_text(attributes[NFTA_MATCH_NAME], "comment"))
			return;
		if (is_text(attributes[NFTA_MATCH_NAME], "udp"))
			scope = udp_match_scope(rule->chain->family, attributes[NFTA_MATCH_INFO]);
	}
	narrow(rule, scope);
}

static void read_target(struct rule *rule, struct nlattr *data)
{
	struct nlattr *attributes[NFTA_TARGET_MAX + 1];
	struct xt_CHECKSUM_info info;

	if (nla_parse_nested(attributes, NFTA_TARGET_MAX, data, target_policy) >= 0 &&
		is_text(attributes[NFTA_TARGET_NAME], "CHECKSUM") &&
		number(attributes[NFTA_TARGET_REV]) == 0 && attributes[NFTA_TARGET_INFO] &&
		nla_memcpy(&info, attributes[NFTA_TARGET_INFO], sizeof(info)) == sizeof(info) &&
		info.operation & XT_CHECKSUM_OP_FILL)
		widen(&rule->chain->found, rule->scope);
	else
		narrow(rule, FILL_NONE);
}

/* Return: true if no packet comes back from the chain. */
// NOLINTNEXTLINE(misc-no-recursion): MAX_DEPTH bounds it
static bool follow(struct rule *rule, const char *name)
{
	struct chain called = *rule->chain;

	if (called.depth++ == MAX_DEPTH)
		return true;
	called.scope = rule->scope;
	rule->result = look_at_chain(name, &called);
	rule->chain->found = called.found;
	return called.final;
}

/* A verdict on what is sure to come this far: a jump, a goto, a return, or one that is final. */
// NOLINTNEXTLINE(misc-no-recursion): MAX_DEPTH bounds it
static void obey(struct rule *rule, struct nlattr *verdict)
{
	struct nlattr *attributes[NFTA_VERDICT_MAX + 1];
	struct nlattr *target = NULL;
	struct chain *chain = rule->chain;
	int code = NF_DROP;

	if (nla_parse_nested(attributes, NFTA_VERDICT_MAX, verdict, verdict_policy) >= 0) {
		code = (int)number(attributes[NFTA_VERDICT_CODE]);
		target = attributes[NFTA_VERDICT_CHAIN];
	}
	if (code != NFT_RETURN)
		chain->final = !target || follow(rule, nla_get_string(target));
	chain->ended = chain->final || code != NFT_JUMP;
}

// NOLINTNEXTLINE(misc-no-recursion): MAX_DEPTH bounds it
static void read_immediate(struct rule *rule, struct nlattr *data)
{
	struct nlattr *attributes[NFTA_IMMEDIATE_MAX + 1];
	struct nlattr *verdict = NULL;

	if (nla_parse_nested(attributes, NFTA_IMMEDIATE_MAX, data, immediate_policy) >= 0 &&
		number(attributes[NFTA_IMMEDIATE_DREG]) == NFT_REG_VERDICT)
		verdict = operand(attributes[NFTA_IMMEDIATE_DATA], NFTA_DATA_VERDICT);
	if (verdict && rule->scope != FILL_NONE)
		obey(rule, verdict);
	/* After a verdict the rule is at its end; any other value goes we do not know where. */
	narrow(rule, FILL_NONE);
}

static void read_counter(struct rule *rule, struct nlattr *data)
{
	(void)rule;
	(void)data;
}

static const struct {
	const char *name;
	void (*read)(struct rule *rule, struct nlattr *data);
} expressions[] = {
	{"cmp", read_cmp},
	{"counter", read_counter},
	{"immediate", read_immediate},
	{"match", read_match},
	{"meta", read_meta},
	{"payload", read_payload},
	{"range", read_range},
	{"target", read_target},
};

// NOLINTNEXTLINE(misc-no-recursion): MAX_DEPTH bounds it
static void read_expression(struct rule *rule, struct nlattr *expression)
{
	struct nlattr *attributes[NFTA_EXPR_MAX + 1];

	if (nla_parse_nested(attributes, NFTA_EXPR_MAX, expression, expression_policy) >= 0 &&
		attributes[NFTA_EXPR_DATA]) {
		for (size_t i = 0; i < sizeof(expressions) / sizeof(*expressions); i++) {
			if (is_text(attributes[NFTA_EXPR_NAME], expressions[i].name)) {
				expressions[i].read(rule, attributes[NFTA_EXPR_DATA]);
				return;
			}
		}
	}
	narrow(rule, FILL_NONE);
}

// NOLINTNEXTLINE(misc-no-recursion): MAX_DEPTH bounds it
static void read_rule(struct rule *rule, struct nlattr *list)
{
	struct nlattr *expression = nla_data(list);
	int rest = nla_len(list);

	for (; nla_ok(expression, rest); expression = nla_next(expression, &rest))
		read_expression(rule, expression);
}

// NOLINTNEXTLINE(misc-no-recursion): MAX_DEPTH bounds it
static int parse_rule(struct nlmsghdr *header, void *argument)
{
	struct chain *chain = argument;
	struct nlattr *attributes[NFTA_RULE_MAX + 1];
	struct rule rule = {.chain = chain, .scope = chain->scope, .field_register = NO_NUMBER};

	if (chain->ended || NFNL_MSG_TYPE(header->nlmsg_type) != NFT_MSG_NEWRULE)
		return 0;
	int error = nlmsg_parse(
		header, sizeof(struct nfgenmsg), attributes, NFTA_RULE_MAX, rule_policy);
	if (error < 0)
		return -EPROTO;
	if (attributes[NFTA_RULE_EXPRESSIONS])
		read_rule(&rule, attributes[NFTA_RULE_EXPRESSIONS]);
	return rule.result;
}

/*
 * Read a chain to its end. One that is not there has no rules [linux net/netfilter/nf_tables_api.c,
 * nf_tables_dump_rules()].
 */
// NOLINTNEXTLINE(misc-no-recursion): MAX_DEPTH bounds it
static int look_at_chain(const char *name, struct chain *chain)
{
	struct nfgenmsg family = {
		.nfgen_family = chain->family == IPV4 ? NFPROTO_IPV4 : NFPROTO_IPV6,
		.version = NFNETLINK_V0,
	};
	CLEANUP(cleanup_nl_msg)
	struct nl_msg *request = netlink_request(NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETRULE,
		NLM_F_REQUEST | NLM_F_DUMP, &family, sizeof(family));

	if (!request || nla_put_string(request, NFTA_RULE_TABLE, TABLE) < 0 ||
		nla_put_string(request, NFTA_RULE_CHAIN, name) < 0)
		return -ENOMEM;
	return netlink_call(NETLINK_NETFILTER, request, parse_rule, chain);
}

static int look(enum ip_family family, struct fill_rule *rule)
{
	struct chain chain;
	int result = -EAGAIN;

	for (int attempt = 0; result == -EAGAIN && attempt < NETLINK_DUMP_ATTEMPTS; attempt++) {
		chain = (struct chain){.family = family, .depth = 1, .scope = FILL_UDP};
		memcpy(chain.device, rule->bridge, strlen(rule->bridge));
		result = look_at_chain("POSTROUTING", &chain);
	}
	if (result == 0)
		widen(&rule->state.others, chain.found);
	return result;
}

/*
 * True if the kernel has no nf_tables [linux net/netfilter/nfnetlink.c, nfnetlink_rcv_msg()], or no
 * netfilter to ask [linux net/netlink/af_netlink.c, netlink_create()].
 */
static bool is_absence(int result)
{
	return result == -EINVAL || result == -EPROTONOSUPPORT;
}

int nft_table_look(enum ip_family family, struct fill_rule *rules, size_t count)
{
	int result = 0;

	for (size_t i = 0; result == 0 && i < count; i++) {
		if (rules[i].state.others < FILL_UDP)
			result = look(family, &rules[i]);
	}
	return is_absence(result) ? 0 : result;
}
