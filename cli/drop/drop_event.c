// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Of each event nftables says in which base chain's family it is, for which protocol the hook is,
 * and an id: a hash over the packet's address in memory, its flow and the device it came by [linux
 * net/netfilter/nf_tables_trace.c, nft_trace_notify()]. Copies of a packet have ids of their own,
 * and a bridge that hands a packet to its host changes the device. Only the first event of each
 * base chain has the packet's devices and headers.
 */
#include "drop_event.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_log.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Those of <linux/netlink.h> are signed. */
#define ATTRIBUTE_HEADER (sizeof(struct nlattr))
#define ATTRIBUTE_TYPE(type) ((type)&0x3fffU)
#define ALIGNED(length) (((size_t)(length) + 3U) & ~(size_t)3U)

#define UDP_HEADER 8
#define CLIENT_OFFSET 28 /* chaddr, in a DHCP message */

/* The attributes of a message, by type. */
#define ATTRIBUTES 32
struct attributes {
	const unsigned char *data[ATTRIBUTES];
	size_t length[ATTRIBUTES];
};

static void read_attributes(
	struct attributes *attributes, const unsigned char *bytes, size_t length)
{
	*attributes = (struct attributes){0};
	while (length >= ATTRIBUTE_HEADER) {
		struct nlattr header;
		memcpy(&header, bytes, sizeof(header));
		size_t type = ATTRIBUTE_TYPE(header.nla_type);
		size_t whole = ALIGNED(header.nla_len);
		if (header.nla_len < ATTRIBUTE_HEADER || header.nla_len > length)
			return;
		if (type < ATTRIBUTES) {
			attributes->data[type] = bytes + ATTRIBUTE_HEADER;
			attributes->length[type] = header.nla_len - ATTRIBUTE_HEADER;
		}
		if (whole >= length)
			return;
		bytes += whole;
		length -= whole;
	}
}

static unsigned int port_at(const unsigned char *bytes)
{
	return (unsigned int)bytes[0] << 8 | bytes[1];
}

/* In network order; 0 if there is none. */
static uint32_t number(const struct attributes *attributes, size_t type)
{
	uint32_t value = 0;

	if (attributes->length[type] >= sizeof(value))
		memcpy(&value, attributes->data[type], sizeof(value));
	return ntohl(value);
}

static unsigned long long long_number(const struct attributes *attributes, size_t type)
{
	unsigned long long value = 0;

	if (attributes->length[type] < 8)
		return 0;
	for (size_t i = 0; i < 8; i++)
		value = value << 8 | attributes->data[type][i];
	return value;
}

/* NULL if it does not end. */
static const char *text(const struct attributes *attributes, size_t type)
{
	const char *value = (const char *)attributes->data[type];

	return value && memchr(value, '\0', attributes->length[type]) ? value : NULL;
}

/* The message's own header, for netfilter; its attributes follow. Return: false if it has none. */
static bool read_header(const struct nlmsghdr *message, int type, struct nfgenmsg *header,
	struct attributes *attributes)
{
	const unsigned char *data = (const unsigned char *)message + NLMSG_HDRLEN;
	size_t size = NLMSG_ALIGN(sizeof(*header));

	if (message->nlmsg_type != type || message->nlmsg_len < NLMSG_HDRLEN + size)
		return false;
	memcpy(header, data, sizeof(*header));
	read_attributes(attributes, data + size, message->nlmsg_len - NLMSG_HDRLEN - size);
	return true;
}

static const char *family_name(unsigned int family)
{
	switch (family) {
	case NFPROTO_INET:
		return "inet";
	case NFPROTO_IPV4:
		return "ip";
	case NFPROTO_IPV6:
		return "ip6";
	case NFPROTO_NETDEV:
		return "netdev";
	case NFPROTO_BRIDGE:
		return "bridge";
	default:
		return NULL;
	}
}

/* A chain of family inet at a device has that family's number, and in the IP layer the packet's. */
static enum drop_layer layer_of(unsigned int protocol)
{
	if (protocol == NFPROTO_BRIDGE)
		return DROP_IN_BRIDGE;
	return protocol == NFPROTO_IPV4 || protocol == NFPROTO_IPV6 ? DROP_IN_IP : DROP_AT_DEVICE;
}

static enum drop_packet packet_of(const unsigned char *udp, size_t length)
{
	if (!udp || length < 4)
		return DROP_OTHER_PACKET;
	if (port_at(udp + 2) == 67)
		return DROP_REQUEST;
	return port_at(udp) == 67 && port_at(udp + 2) == 68 ? DROP_REPLY : DROP_OTHER_PACKET;
}

static bool drops(const struct attributes *attributes)
{
	struct attributes verdict;
	const unsigned char *nest = attributes->data[NFTA_TRACE_VERDICT];

	if (attributes->data[NFTA_TRACE_POLICY])
		return number(attributes, NFTA_TRACE_POLICY) == NF_DROP;
	if (!nest)
		return false;
	read_attributes(&verdict, nest, attributes->length[NFTA_TRACE_VERDICT]);
	if (!verdict.data[NFTA_VERDICT_CODE])
		return false;
	/* Those of nftables' own, which go on, are negative. */
	uint32_t code = number(&verdict, NFTA_VERDICT_CODE);
	return (int32_t)code >= 0 && (code & NF_VERDICT_MASK) == NF_DROP;
}

static void read_packet(const struct attributes *attributes, struct drop_event *event)
{
	event->in = number(attributes, NFTA_TRACE_IIF);
	event->out = number(attributes, NFTA_TRACE_OIF);
	event->packet = packet_of(attributes->data[NFTA_TRACE_TRANSPORT_HEADER],
		attributes->length[NFTA_TRACE_TRANSPORT_HEADER]);
	event->has_packet = event->in != 0 || event->out != 0 ||
			    attributes->data[NFTA_TRACE_NETWORK_HEADER] != NULL;
}

bool drop_event_read(const struct nlmsghdr *message, struct drop_event *event)
{
	struct attributes attributes;
	struct nfgenmsg header;

	*event = (struct drop_event){0};
	if (!read_header(message, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_TRACE, &header, &attributes))
		return false;
	uint32_t type = number(&attributes, NFTA_TRACE_TYPE);
	event->id = number(&attributes, NFTA_TRACE_ID);
	event->layer = layer_of(number(&attributes, NFTA_TRACE_NFPROTO));
	event->family = family_name(header.nfgen_family);
	event->table = text(&attributes, NFTA_TRACE_TABLE);
	event->chain = text(&attributes, NFTA_TRACE_CHAIN);
	event->handle = long_number(&attributes, NFTA_TRACE_RULE_HANDLE);
	/* The end of a chain is told of in the same way, without a handle, also to packets that
	 * another probe follows. */
	event->rule = type == NFT_TRACETYPE_RULE && event->handle;
	event->policy = type == NFT_TRACETYPE_POLICY;
	event->drops = drops(&attributes);
	read_packet(&attributes, event);
	return event->family && event->table && event->chain;
}

/* [linux include/uapi/linux/netfilter.h, NF_INET_PRE_ROUTING ...] */
static enum drop_hook hook_of(unsigned int number)
{
	static const enum drop_hook hooks[NF_INET_NUMHOOKS] = {
		[NF_INET_PRE_ROUTING] = DROP_PREROUTING,
		[NF_INET_LOCAL_IN] = DROP_INPUT,
		[NF_INET_FORWARD] = DROP_FORWARD,
		[NF_INET_LOCAL_OUT] = DROP_OUTPUT,
		[NF_INET_POST_ROUTING] = DROP_POSTROUTING,
	};

	return number < NF_INET_NUMHOOKS ? hooks[number] : DROP_NO_HOOK;
}

/* An IPv4 packet with a DHCP message for this client. */
static enum drop_packet dhcp_packet_of(
	const unsigned char *ip, size_t length, const unsigned char *client)
{
	size_t header = length > 0 ? (ip[0] & 15U) * 4U : 0;
	size_t offset = header + UDP_HEADER + CLIENT_OFFSET;

	if (header < 20 || length < offset + MAC_SIZE || ip[0] >> 4 != 4 || ip[9] != 17 ||
		memcmp(ip + offset, client, MAC_SIZE) != 0)
		return DROP_OTHER_PACKET;
	return packet_of(ip + header, length - header);
}

/* "TRACE: filter:INPUT:rule:2 "; names of chains may hold colons [linux
 * net/ipv4/netfilter/ip_tables.c, trace_packet()]. */
static bool read_prefix(const char *prefix, struct drop_line *line)
{
	static const char start[] = "TRACE: ";
	char words[128];
	char kind[16];
	char *colon;

	if (!prefix || strncmp(prefix, start, sizeof(start) - 1) != 0)
		return false;
	snprintf(words, sizeof(words), "%s", prefix + sizeof(start) - 1);
	colon = strrchr(words, ':');
	if (!colon ||
		sscanf(colon + 1, "%9u", &line->number) != 1) // NOLINT(cert-err34-c): 9 digits
		return false;
	*colon = '\0';
	colon = strrchr(words, ':');
	if (!colon)
		return false;
	snprintf(kind, sizeof(kind), "%.15s", colon + 1);
	line->last = strcmp(kind, "rule") != 0;
	*colon = '\0';
	colon = strchr(words, ':');
	if (!colon || (size_t)(colon - words) >= sizeof(line->table) ||
		strlen(colon + 1) >= sizeof(line->chain))
		return false;
	*colon = '\0';
	snprintf(line->table, sizeof(line->table), "%.31s", words);
	snprintf(line->chain, sizeof(line->chain), "%.31s", colon + 1);
	return true;
}

bool drop_line_read(
	const struct nlmsghdr *message, const unsigned char *client, struct drop_line *line)
{
	struct attributes attributes;
	struct nfgenmsg header;
	struct nfulnl_msg_packet_hdr packet;

	*line = (struct drop_line){0};
	if (!read_header(
		    message, NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_PACKET, &header, &attributes) ||
		attributes.length[NFULA_PACKET_HDR] < sizeof(packet))
		return false;
	memcpy(&packet, attributes.data[NFULA_PACKET_HDR], sizeof(packet));
	line->hook = hook_of(packet.hook);
	line->out = number(&attributes, NFULA_IFINDEX_PHYSOUTDEV);
	line->packet = dhcp_packet_of(
		attributes.data[NFULA_PAYLOAD], attributes.length[NFULA_PAYLOAD], client);
	return line->packet != DROP_OTHER_PACKET && header.nfgen_family == NFPROTO_IPV4 &&
	       read_prefix(text(&attributes, NFULA_PREFIX), line);
}
