// SPDX-License-Identifier: GPL-2.0-or-later
/* Who drops a packet: from what nftables, legacy tables and the kernel say of it to a name. */
#include "test.h"

#include "drop_event.h"
#include "drop_follow.h"
#include "drop_judge.h"
#include "drop_owner.h"
#include "drop_reason.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_log.h>

/* Devices. */
enum { BRIDGE = 3, UPLINK = 5, GUEST = 6, PORT = 7, MACVLAN = 9 };

static struct dhcp_server listener = {.device = BRIDGE};
static struct drop_device devices[] = {
	{.ifindex = UPLINK, .name = "eth0"},
	{.ifindex = GUEST, .name = "vnet1", .guest = true},
	{.ifindex = PORT, .name = "probe0", .guest = true},
};

static struct drop_seen seen;

static int forget(void **state)
{
	(void)state;
	seen.servers = NULL;
	seen.devices = NULL;
	drop_seen_clear(&seen);
	seen = (struct drop_seen){.port = PORT,
		.bridge = BRIDGE,
		.table = "ours",
		.traced = true,
		.servers = &listener,
		.server_count = 1,
		.devices = devices,
		.device_count = 3};
	listener = (struct dhcp_server){.device = BRIDGE};
	return 0;
}

static int forget_all(void **state)
{
	forget(state);
	seen.servers = NULL;
	seen.devices = NULL;
	return 0;
}

/* A packet at one of our own chains. */
static void at(unsigned int id, enum drop_packet packet, enum drop_layer layer, const char *chain,
	unsigned int in, unsigned int out)
{
	const struct drop_event event = {.id = id,
		.layer = layer,
		.family = "bridge",
		.table = "ours",
		.chain = chain,
		.rule = true,
		.has_packet = true,
		.packet = packet,
		.in = in,
		.out = out};

	drop_follow(&seen, &event);
}

/* A rule of others, or with handle 0 a policy. */
static void met(unsigned int id, enum drop_layer layer, unsigned long long handle, bool drops)
{
	const struct drop_event event = {.id = id,
		.layer = layer,
		.family = "inet",
		.table = "site",
		.chain = "chain",
		.rule = handle != 0,
		.policy = handle == 0,
		.handle = handle,
		.drops = drops};

	drop_follow(&seen, &event);
}

static void request_enters(void)
{
	at(1, DROP_REQUEST, DROP_IN_BRIDGE, "prerouting_first", PORT, 0);
	at(1, DROP_REQUEST, DROP_IN_BRIDGE, "prerouting_last", PORT, 0);
}

/* Its copy for a port, as far as the hook "forward". */
static void request_forwarded(unsigned int id, unsigned int out)
{
	at(id, DROP_REQUEST, DROP_IN_BRIDGE, "forward_first", PORT, out);
}

static void request_leaves(unsigned int id, unsigned int out)
{
	request_forwarded(id, out);
	at(id, DROP_REQUEST, DROP_IN_BRIDGE, "forward_last", PORT, out);
	at(id, DROP_REQUEST, DROP_IN_BRIDGE, "postrouting_first", 0, out);
	at(id, DROP_REQUEST, DROP_IN_BRIDGE, "postrouting_last", 0, out);
}

/* It goes up, as far as the hook "input". */
static void request_at_host(void)
{
	at(1, DROP_REQUEST, DROP_IN_BRIDGE, "input_first", PORT, 0);
	at(1, DROP_REQUEST, DROP_IN_BRIDGE, "input_last", PORT, 0);
	at(2, DROP_REQUEST, DROP_IN_IP, "prerouting_first", BRIDGE, 0);
	at(2, DROP_REQUEST, DROP_IN_IP, "prerouting_last", BRIDGE, 0);
	at(2, DROP_REQUEST, DROP_IN_IP, "input_first", BRIDGE, 0);
}

static void request_reaches_host(void)
{
	request_at_host();
	at(2, DROP_REQUEST, DROP_IN_IP, "input_last", BRIDGE, 0);
}

static const char *const ways[] = {"to-host", "through", "answer"};
static const char *const kinds[] = {"rule", "policy", "legacy", "kernel"};

/* What is said: "to-host rule 5; through kernel 0 eth0", or "". */
static void said(const char *wanted)
{
	struct drop_report report;
	char text[512] = "";
	size_t length = 0;

	drop_decide(&seen, &report);
	for (size_t i = 0; i < report.count; i++) {
		const struct drop *drop = &report.drops[i];
		length += (size_t)snprintf(text + length, sizeof(text) - length, "%s%s %s %llu%s%s",
			i ? "; " : "", ways[drop->way], kinds[drop->kind],
			drop->handle + drop->number, *drop->out ? " " : "", drop->out);
	}
	assert_string_equal(text, wanted);
	drop_report_clear(&report);
}

static void test_input(void **state)
{
	(void)state;
	request_enters();
	request_at_host();
	met(2, DROP_IN_IP, 4, false);
	met(2, DROP_IN_IP, 5, true);
	said("to-host rule 5");
	assert_true(drop_is_hopeless(&seen));
	/* The same once more is nothing new. */
	request_at_host();
	met(2, DROP_IN_IP, 5, true);
	said("to-host rule 5");
	/* One came past all rules. */
	request_reaches_host();
	said("");
}

static void test_input_without_listener(void **state)
{
	(void)state;
	request_enters();
	request_at_host();
	met(2, DROP_IN_IP, 0, true);
	said("to-host policy 0");
	listener.raw = true;
	said("");
	listener = (struct dhcp_server){.device = BRIDGE, .unicast = true};
	said("");
	listener = (struct dhcp_server){.device = UPLINK};
	said("");
	listener = (struct dhcp_server){.device = 0};
	said("to-host policy 0");
}

/* Whom a server serves that is bound to nothing is not known. */
static void test_unbound(void **state)
{
	struct drop_report report;

	(void)state;
	request_at_host();
	met(2, DROP_IN_IP, 5, true);
	drop_decide(&seen, &report);
	assert_null(report.drops[0].advice);
	drop_report_clear(&report);
	listener.device = 0;
	drop_decide(&seen, &report);
	assert_non_null(strstr(report.drops[0].advice, "all devices"));
	drop_report_clear(&report);
}

static void test_copies(void **state)
{
	(void)state;
	request_enters();
	request_forwarded(3, GUEST);
	met(3, DROP_IN_BRIDGE, 6, true);
	said("through rule 6 vnet1");
	assert_true(drop_is_hopeless(&seen));
	/* Another one left through that port. */
	request_leaves(5, GUEST);
	said("");
	assert_false(drop_is_hopeless(&seen));
}

static void test_copies_for_guests(void **state)
{
	(void)state;
	request_enters();
	request_forwarded(3, GUEST);
	met(3, DROP_IN_BRIDGE, 6, true);
	request_forwarded(4, UPLINK);
	met(4, DROP_IN_BRIDGE, 6, true);
	said("through rule 6 vnet1; through rule 6 eth0");
	/* A server of this host got it, and stays silent. */
	request_reaches_host();
	said("through rule 6 eth0");
	/* It left to where servers are. */
	request_leaves(5, UPLINK);
	said("");
	assert_false(drop_is_hopeless(&seen));
}

/* This host's answer is dropped; beyond an uplink somebody else may answer, and is slower. */
static void test_dropped_answer_is_not_the_only_one(void **state)
{
	(void)state;
	request_enters();
	request_leaves(3, UPLINK);
	request_reaches_host();
	at(4, DROP_REPLY, DROP_IN_IP, "output_first", 0, BRIDGE);
	met(4, DROP_IN_IP, 9, true);
	said("answer rule 9");
	assert_false(drop_is_hopeless(&seen));
}

static void test_dropped_answer_is_the_only_one(void **state)
{
	(void)state;
	request_enters();
	request_leaves(3, GUEST);
	request_reaches_host();
	at(4, DROP_REPLY, DROP_IN_IP, "output_first", 0, BRIDGE);
	met(4, DROP_IN_IP, 9, true);
	assert_true(drop_is_hopeless(&seen));
}

/* A copy that was freed leaves its place in memory, and so its id, to the next one. */
static void test_same_id(void **state)
{
	(void)state;
	request_forwarded(3, GUEST);
	met(3, DROP_IN_BRIDGE, 6, true);
	request_forwarded(3, UPLINK);
	met(3, DROP_IN_BRIDGE, 7, true);
	said("through rule 6 vnet1; through rule 7 eth0");
}

static void test_prerouting_closes_both_ways(void **state)
{
	(void)state;
	at(1, DROP_REQUEST, DROP_IN_BRIDGE, "prerouting_first", PORT, 0);
	met(1, DROP_IN_BRIDGE, 8, true);
	said("to-host rule 8");
	seen.server_count = 0;
	said("through rule 8");
	assert_true(drop_is_hopeless(&seen));
}

/* br_netfilter hands a packet to the IP layer while it is in the bridge. */
static void test_handed_over(void **state)
{
	(void)state;
	request_enters();
	request_forwarded(3, UPLINK);
	at(3, DROP_REQUEST, DROP_IN_IP, "forward_first", BRIDGE, BRIDGE);
	met(3, DROP_IN_IP, 0, true);
	said("through policy 0 eth0");
	at(4, DROP_REPLY, DROP_IN_BRIDGE, "prerouting_first", UPLINK, 0);
	at(4, DROP_REPLY, DROP_IN_IP, "prerouting_first", BRIDGE, 0);
	met(4, DROP_IN_IP, 9, true);
	said("through policy 0 eth0; answer rule 9");
}

static void test_answers(void **state)
{
	(void)state;
	request_enters();
	request_reaches_host();
	at(10, DROP_REPLY, DROP_IN_IP, "output_first", 0, BRIDGE);
	met(10, DROP_IN_IP, 3, true);
	said("answer rule 3");
	assert_true(drop_is_hopeless(&seen));
}

/* It comes back to its own host, and goes to other guests. */
static void test_answers_elsewhere(void **state)
{
	(void)state;
	request_enters();
	request_reaches_host();
	at(10, DROP_REPLY, DROP_IN_IP, "prerouting_first", BRIDGE, 0);
	met(10, DROP_IN_IP, 3, true);
	at(11, DROP_REPLY, DROP_IN_IP, "input_first", BRIDGE, 0);
	met(11, DROP_IN_IP, 4, true);
	at(12, DROP_REPLY, DROP_IN_BRIDGE, "output_first", 0, GUEST);
	met(12, DROP_IN_BRIDGE, 5, true);
	at(13, DROP_REPLY, DROP_IN_BRIDGE, "input_first", UPLINK, 0);
	met(13, DROP_IN_BRIDGE, 6, true);
	said("");
	at(14, DROP_REPLY, DROP_IN_BRIDGE, "output_first", 0, PORT);
	met(14, DROP_IN_BRIDGE, 7, true);
	said("answer rule 7");
}

static void test_others_packets(void **state)
{
	(void)state;
	met(77, DROP_IN_IP, 5, true);
	met(77, DROP_IN_BRIDGE, 5, true);
	request_enters();
	request_reaches_host();
	/* After our last chain nothing counts. */
	met(2, DROP_IN_IP, 5, true);
	said("");
	assert_false(drop_is_hopeless(&seen));
}

static void test_devices(void **state)
{
	struct drop_event leaving = {.id = 3,
		.layer = DROP_AT_DEVICE,
		.family = "netdev",
		.table = "site",
		.chain = "out",
		.rule = true,
		.handle = 2,
		.has_packet = true,
		.packet = DROP_REQUEST,
		.out = UPLINK};
	struct drop_report report;

	(void)state;
	seen.server_count = 0;
	request_enters();
	request_leaves(3, UPLINK);
	drop_follow(&seen, &leaving);
	said("");
	met(3, DROP_AT_DEVICE, 4, true);
	said("through rule 4 eth0");
	drop_decide(&seen, &report);
	assert_false(report.left);
	drop_report_clear(&report);
	/* That of a packet of others. */
	leaving.id = 99;
	drop_follow(&seen, &leaving);
	met(99, DROP_AT_DEVICE, 5, true);
	said("through rule 4 eth0");
}

static void test_ingress(void **state)
{
	(void)state;
	request_enters();
	at(20, DROP_REQUEST, DROP_AT_DEVICE, "ingress_first", BRIDGE, 0);
	met(20, DROP_AT_DEVICE, 0, true);
	said("to-host policy 0");
	at(21, DROP_REPLY, DROP_AT_DEVICE, "ingress_first", BRIDGE, 0);
	met(21, DROP_AT_DEVICE, 8, true);
	said("to-host policy 0");
	at(22, DROP_REPLY, DROP_AT_DEVICE, "ingress_first", UPLINK, 0);
	met(22, DROP_AT_DEVICE, 9, true);
	said("to-host policy 0; answer rule 9");
}

/* Beside a macvtap the host has macvlans, and what it sends goes to others, too. */
static void test_macvtap(void **state)
{
	(void)state;
	seen.bridge = 0;
	seen.device_count = 0;
	listener.device = MACVLAN;
	at(2, DROP_REQUEST, DROP_IN_IP, "prerouting_first", UPLINK, 0);
	at(2, DROP_REQUEST, DROP_IN_IP, "prerouting_last", UPLINK, 0);
	at(2, DROP_REQUEST, DROP_IN_IP, "input_first", UPLINK, 0);
	at(2, DROP_REQUEST, DROP_IN_IP, "input_last", UPLINK, 0);
	at(4, DROP_REQUEST, DROP_IN_IP, "input_first", MACVLAN, 0);
	met(4, DROP_IN_IP, 5, true);
	said("to-host rule 5");
	assert_false(drop_is_hopeless(&seen));
}

static void test_lost(void **state)
{
	(void)state;
	request_enters();
	request_at_host();
	met(2, DROP_IN_IP, 5, true);
	seen.lost = true;
	said("");
}

static void test_facts(void **state)
{
	struct drop_report report;

	(void)state;
	request_enters();
	request_leaves(3, UPLINK);
	request_leaves(4, GUEST);
	request_reaches_host();
	drop_decide(&seen, &report);
	assert_true(report.looked && report.left && report.reached_host);
	assert_false(report.no_listener || report.answer_seen);
	assert_string_equal(report.left_through, "eth0 vnet1");
	drop_report_clear(&report);
	seen.server_count = 0;
	at(10, DROP_REPLY, DROP_IN_BRIDGE, "prerouting_first", UPLINK, 0);
	drop_decide(&seen, &report);
	assert_true(report.no_listener && report.answer_seen);
	drop_report_clear(&report);
}

/* ---- legacy tables ------------------------------------------------------------------------- */

static void line(enum drop_hook hook, unsigned int number, bool known, bool drops, bool policy)
{
	seen.lines = realloc(seen.lines, (seen.line_count + 1) * sizeof(*seen.lines));
	seen.lines[seen.line_count++] = (struct drop_line){.packet = DROP_REQUEST,
		.hook = hook,
		.table = "filter",
		.chain = "INPUT",
		.number = number,
		.known = known,
		.drops = drops,
		.policy = policy};
}

static void test_legacy(void **state)
{
	(void)state;
	request_enters();
	request_at_host();
	assert_true(drop_is_unexplained(&seen));
	said("");
	line(DROP_INPUT, 1, false, false, false);
	line(DROP_INPUT, 2, true, true, false);
	line(DROP_FORWARD, 3, true, true, false);
	said("to-host legacy 2");
	seen.lines[1].policy = true;
	said("to-host legacy 0");
	/* What it says it does is not what became of the packet. */
	seen.lines[1].drops = false;
	said("");
	seen.lines[1] = (struct drop_line){.packet = DROP_REPLY, .hook = DROP_INPUT, .drops = true};
	said("");
}

static void test_explained(void **state)
{
	(void)state;
	request_enters();
	request_at_host();
	met(2, DROP_IN_IP, 5, true);
	assert_false(drop_is_unexplained(&seen));
	request_at_host();
	assert_true(drop_is_unexplained(&seen));
	seen.server_count = 0;
	assert_false(drop_is_unexplained(&seen));
}

/* ---- the kernel ---------------------------------------------------------------------------- */

/* Functions, the innermost first. */
static void sample(const char *reason, const char *place, const char *frames)
{
	seen.samples = realloc(seen.samples, (seen.sample_count + 1) * sizeof(*seen.samples));
	struct drop_sample *added = &seen.samples[seen.sample_count++];

	*added = (struct drop_sample){0};
	snprintf(added->reason, sizeof(added->reason), "%s", reason);
	snprintf(added->place, sizeof(added->place), "%s", place);
	added->frames = calloc(DROP_FRAMES, sizeof(*added->frames));
	while (*frames) {
		size_t length = strcspn(frames, " ");
		snprintf(
			added->frames[added->count++], DROP_NAME_SIZE, "%.*s", (int)length, frames);
		frames += length + (frames[length] == ' ');
	}
}

#define RECEIVED "__netif_receive_skb_core netif_receive_skb tun_get_user tun_chr_write_iter"

static void test_kernel(void **state)
{
	(void)state;
	sample("BRIDGE_INGRESS_STP_STATE", "br_handle_frame", "br_handle_frame " RECEIVED);
	said("to-host kernel 0");
	assert_false(drop_is_hopeless(&seen));
	forget(state);
	sample("NOT_SPECIFIED", "br_allowed_ingress",
		"br_handle_frame_finish br_handle_frame " RECEIVED);
	said("to-host kernel 0");
	assert_true(drop_is_hopeless(&seen));
	seen.server_count = 0;
	said("through kernel 0");
	forget(state);
	sample("TC_INGRESS", "__netif_receive_skb_core",
		"__netif_receive_skb_core br_handle_frame_finish br_handle_frame " RECEIVED);
	said("to-host kernel 0");
	seen.server_count = 0;
	said("");
}

static void test_kernel_leaving(void **state)
{
	struct drop_report report;

	(void)state;
	request_enters();
	request_leaves(3, UPLINK);
	sample("TC_EGRESS", "__dev_queue_xmit",
		"__dev_queue_xmit br_dev_queue_push_xmit br_handle_frame_finish " RECEIVED);
	said("through kernel 0 eth0");
	drop_decide(&seen, &report);
	assert_false(report.left);
	drop_report_clear(&report);
	/* By which of the two it left nobody knows. */
	request_leaves(4, GUEST);
	said("");
	drop_decide(&seen, &report);
	assert_true(report.left);
	assert_null(report.left_through);
	drop_report_clear(&report);
}

/* What the kernel does in the midst of our write for others, what rules did, what is not ours. */
static void test_kernel_others(void **state)
{
	(void)state;
	sample("TC_INGRESS", "__netif_receive_skb_core",
		"__netif_receive_skb_core process_backlog net_rx_action handle_softirqs " RECEIVED);
	sample("TC_INGRESS", "__netif_receive_skb_core",
		"__netif_receive_skb_core sysvec_apic_timer_interrupt " RECEIVED);
	sample("TC_INGRESS", "__netif_receive_skb_core", "__netif_receive_skb_core");
	sample("NETFILTER_DROP", "nf_hook_slow", "nf_hook_slow br_handle_frame " RECEIVED);
	sample("NOT_SPECIFIED", "__udp4_lib_rcv", "__udp4_lib_rcv ip_rcv " RECEIVED);
	sample("UNHANDLED_PROTO", "__netif_receive_skb_core", RECEIVED);
	sample("SOCKET_FILTER", "tun_net_xmit",
		"tun_net_xmit __dev_queue_xmit br_handle_frame_finish " RECEIVED);
	sample("QDISC_DROP", "__dev_queue_xmit",
		"__dev_queue_xmit br_handle_frame_finish " RECEIVED);
	sample("", "", "");
	said("");
	sample("SOCKET_RCVBUFF", "__udp_enqueue_schedule_skb",
		"udp_queue_rcv_one_skb __udp4_lib_mcast_deliver __udp4_lib_rcv ip_rcv "
		"br_handle_frame_finish " RECEIVED);
	said("to-host kernel 0");
}

/* Without tables of ours. */
static void test_kernel_alone(void **state)
{
	struct drop_report report;

	(void)state;
	seen.traced = false;
	drop_decide(&seen, &report);
	assert_false(report.looked);
	drop_report_clear(&report);
	sample("BRIDGE_INGRESS_STP_STATE", "br_handle_frame", "br_handle_frame " RECEIVED);
	drop_decide(&seen, &report);
	assert_true(report.looked);
	assert_int_equal(report.count, 1);
	drop_report_clear(&report);
}

/* How the other ports are set. */
static void test_gates(void **state)
{
	(void)state;
	seen.server_count = 0;
	request_enters();
	said("");
	devices[0].gate = DROP_GATE_ISOLATED;
	devices[1].gate = DROP_GATE_NO_BROADCASTS;
	said("");
	devices[1].gate = DROP_GATE_ISOLATED;
	said("through kernel 0");
	devices[1].gate = DROP_GATE_CLOSED;
	said("through kernel 0 eth0");
	seen.server_count = 1;
	said("");
	seen.server_count = 0;
	request_leaves(3, GUEST);
	said("");
	devices[0].gate = DROP_GATE_UNKNOWN;
	devices[1].gate = DROP_GATE_UNKNOWN;
}

/* ---- messages ------------------------------------------------------------------------------ */

static union {
	struct nlmsghdr header;
	unsigned char bytes[1024];
} message;

static void begin(unsigned int type, unsigned char family)
{
	struct nfgenmsg general = {.nfgen_family = family};

	memset(&message, 0, sizeof(message));
	message.header.nlmsg_type = (uint16_t)type;
	memcpy(message.bytes + NLMSG_HDRLEN, &general, sizeof(general));
	message.header.nlmsg_len = NLMSG_HDRLEN + sizeof(general);
}

static void attribute(unsigned int type, const void *value, size_t size)
{
	struct nlattr header = {
		.nla_type = (uint16_t)type, .nla_len = (uint16_t)(sizeof(header) + size)};
	unsigned char *end = message.bytes + message.header.nlmsg_len;

	memcpy(end, &header, sizeof(header));
	memcpy(end + sizeof(header), value, size);
	message.header.nlmsg_len += (uint32_t)(sizeof(header) + ((size + 3U) & ~(size_t)3U));
}

static void number(unsigned int type, uint32_t value)
{
	value = htonl(value);
	attribute(type, &value, sizeof(value));
}

/* One of a rule that drops a request. */
static void make_event(void)
{
	static const unsigned char udp[20] = {0, 68, 0, 67};
	static const unsigned char handle[8] = {[7] = 12};
	/* A nest with the code of the verdict. */
	static const unsigned char verdict[8] = {8, 0, 1, 0, 0, 0, 0, NF_DROP};

	begin(NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_TRACE, NFPROTO_INET);
	number(NFTA_TRACE_NFPROTO, NFPROTO_IPV4);
	number(NFTA_TRACE_TYPE, NFT_TRACETYPE_RULE);
	number(NFTA_TRACE_ID, 0xcafe);
	attribute(NFTA_TRACE_TABLE, "filter", 7);
	attribute(NFTA_TRACE_CHAIN, "input", 6);
	attribute(NFTA_TRACE_RULE_HANDLE, handle, sizeof(handle));
	attribute(NFTA_TRACE_VERDICT | NLA_F_NESTED, verdict, sizeof(verdict));
	number(NFTA_TRACE_IIF, BRIDGE);
	attribute(NFTA_TRACE_TRANSPORT_HEADER, udp, sizeof(udp));
}

static void test_events(void **state)
{
	struct drop_event event;

	(void)state;
	make_event();
	assert_true(drop_event_read(&message.header, &event));
	assert_int_equal(event.id, 0xcafe);
	assert_int_equal(event.layer, DROP_IN_IP);
	assert_string_equal(event.family, "inet");
	assert_string_equal(event.table, "filter");
	assert_string_equal(event.chain, "input");
	assert_int_equal(event.handle, 12);
	assert_true(event.rule && event.drops && event.has_packet && !event.policy);
	assert_int_equal(event.packet, DROP_REQUEST);
	assert_int_equal(event.in, BRIDGE);
	/* Cut anywhere, it is not read beyond its end, which the sanitizer sees. */
	for (uint32_t length = message.header.nlmsg_len; length-- > sizeof(struct nlmsghdr);) {
		struct nlmsghdr *copy = malloc(length);
		memcpy(copy, message.bytes, length);
		copy->nlmsg_len = length;
		(void)drop_event_read(copy, &event);
		free(copy);
	}
}

static void test_policy_event(void **state)
{
	struct drop_event event;

	(void)state;
	begin(NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_TRACE, NFPROTO_BRIDGE);
	number(NFTA_TRACE_NFPROTO, NFPROTO_BRIDGE);
	number(NFTA_TRACE_TYPE, NFT_TRACETYPE_POLICY);
	attribute(NFTA_TRACE_TABLE, "filter", 7);
	attribute(NFTA_TRACE_CHAIN, "input", 6);
	number(NFTA_TRACE_POLICY, NF_ACCEPT);
	assert_true(drop_event_read(&message.header, &event));
	assert_true(event.policy && !event.drops && !event.has_packet);
	/* A name that does not end. */
	begin(NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_TRACE, NFPROTO_BRIDGE);
	attribute(NFTA_TRACE_TABLE, "filter", 6);
	attribute(NFTA_TRACE_CHAIN, "input", 6);
	assert_false(drop_event_read(&message.header, &event));
}

static const unsigned char client[MAC_SIZE] = {0x52, 0x54, 0, 1, 2, 3};

static void make_line(const char *prefix)
{
	unsigned char packet[64] = {[0] = 0x45, [9] = 17, [21] = 68, [23] = 67};
	const struct nfulnl_msg_packet_hdr header = {.hook = NF_INET_FORWARD};

	memcpy(packet + 56, client, MAC_SIZE);
	begin(NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_PACKET, NFPROTO_IPV4);
	attribute(NFULA_PACKET_HDR, &header, sizeof(header));
	number(NFULA_IFINDEX_PHYSOUTDEV, UPLINK);
	attribute(NFULA_PREFIX, prefix, strlen(prefix) + 1);
	attribute(NFULA_PAYLOAD, packet, sizeof(packet));
}

static void test_lines(void **state)
{
	static const unsigned char other[MAC_SIZE] = {2};
	struct drop_line read;

	(void)state;
	make_line("TRACE: filter:FORWARD:rule:12 ");
	assert_true(drop_line_read(&message.header, client, &read));
	assert_int_equal(read.packet, DROP_REQUEST);
	assert_int_equal(read.hook, DROP_FORWARD);
	assert_int_equal(read.out, UPLINK);
	assert_string_equal(read.table, "filter");
	assert_string_equal(read.chain, "FORWARD");
	assert_int_equal(read.number, 12);
	assert_false(read.last);
	assert_false(drop_line_read(&message.header, other, &read));
	make_line("TRACE: raw:odd:name:return:3 ");
	assert_true(drop_line_read(&message.header, client, &read));
	assert_string_equal(read.chain, "odd:name");
	assert_true(read.last);
	static const char *const broken[] = {"", "TRACE: ", "TRACE: filter", "TRACE: filter:rule:1",
		"somebody's own", "TRACE: a:b:rule:x "};
	for (size_t i = 0; i < sizeof(broken) / sizeof(*broken); i++) {
		make_line(broken[i]);
		assert_false(drop_line_read(&message.header, client, &read));
	}
}

/* ---- whose it is --------------------------------------------------------------------------- */

static const struct {
	enum drop_way way;
	enum drop_kind kind;
	const char *family, *table, *chain;
	const char *owner; /* NULL: nobody known */
	const char *cure;
} owners[] = {
	{DROP_TO_HOST, DROP_RULE, "inet", "site", "in", NULL, "nft -a list chain inet site in"},
	{DROP_TO_HOST, DROP_RULE, "inet", "site", "in'", NULL, NULL},
	{DROP_TO_HOST, DROP_RULE, "ip", "filter", "INPUT", NULL, "iptables -t filter -S INPUT"},
	{DROP_TO_HOST, DROP_LEGACY, "ip", "raw", "PREROUTING", NULL,
		"iptables-legacy -t raw -S PREROUTING 4"},
	{DROP_THROUGH, DROP_POLICY, "ip", "filter", "FORWARD", "Docker",
		"iptables -I DOCKER-USER -i br0 -o br0 -j ACCEPT"},
	{DROP_THROUGH, DROP_RULE, "ip", "filter", "FORWARD", NULL, "iptables -t filter -S FORWARD"},
	{DROP_THROUGH, DROP_POLICY, "ip6", "filter", "FORWARD", NULL,
		"nft -a list chain ip6 filter FORWARD"},
	{DROP_THROUGH, DROP_RULE, "ip", "filter", "DOCKER-USER", NULL,
		"nft -a list chain ip filter DOCKER-USER"},
	{DROP_ANSWER, DROP_RULE, "ip", "filter", "DOCKER-ISOLATION-STAGE-2", "Docker",
		"iptables -I DOCKER-USER -i br0 -o br0 -j ACCEPT"},
	{DROP_TO_HOST, DROP_RULE, "inet", "firewalld", "filter_IN_public",
		"firewalld (zone public)", "firewall-cmd --zone=libvirt --change-interface=br0"},
	{DROP_TO_HOST, DROP_RULE, "inet", "firewalld", "filter_IN_dmz_post", "firewalld (zone dmz)",
		"firewall-cmd --zone=libvirt --change-interface=br0"},
	{DROP_TO_HOST, DROP_RULE, "inet", "firewalld", "filter_IN_policy_guests",
		"firewalld (policy guests)", "firewall-cmd --zone=libvirt --change-interface=br0"},
	{DROP_TO_HOST, DROP_RULE, "inet", "firewalld", "filter_INPUT", "firewalld",
		"firewall-cmd --zone=libvirt --change-interface=br0"},
	{DROP_TO_HOST, DROP_RULE, "ip", "filter", "ufw-skip-to-policy-input", "ufw",
		"ufw allow in on br0 to any port 67 proto udp"},
	{DROP_THROUGH, DROP_RULE, "ip", "filter", "ufw-reject-forward", "ufw",
		"ufw route allow in on br0 out on br0"},
	{DROP_TO_HOST, DROP_RULE, "bridge", "nat", "libvirt-I-vnet0", "libvirt (nwfilter)",
		"nft -a list chain bridge nat libvirt-I-vnet0"},
	{DROP_TO_HOST, DROP_RULE, "bridge", "nat", "I-vnet0-mac", "libvirt (nwfilter)",
		"nft -a list chain bridge nat I-vnet0-mac"},
	{DROP_THROUGH, DROP_RULE, "ip", "filter", "FI-vnet0", "libvirt (nwfilter)",
		"nft -a list chain ip filter FI-vnet0"},
	{DROP_THROUGH, DROP_RULE, "ip", "filter", "FI-lan", NULL,
		"nft -a list chain ip filter FI-lan"},
	{DROP_TO_HOST, DROP_RULE, "inet", "lxdata", "I-lan", NULL,
		"nft -a list chain inet lxdata I-lan"},
	{DROP_THROUGH, DROP_RULE, "ip", "filter", "LIBVIRT_FWI", "libvirt",
		"nft -a list chain ip filter LIBVIRT_FWI"},
	{DROP_TO_HOST, DROP_RULE, "ip", "filter", "KUBE-FIREWALL", "Kubernetes",
		"nft -a list chain ip filter KUBE-FIREWALL"},
	{DROP_TO_HOST, DROP_RULE, "ip", "filter", "cali-INPUT", "Calico",
		"nft -a list chain ip filter cali-INPUT"},
};

/* FORWARD leads to the chain that Docker leaves to the administrator. */
static void add_docker(struct firewall_facts *facts)
{
	struct firewall_chain *forward =
		firewall_add_chain(facts, FIREWALL_IP, false, "filter", "FORWARD");

	firewall_add_rule(forward)->chain = strdup("DOCKER-USER");
	(void)firewall_add_chain(facts, FIREWALL_IP, false, "filter", "DOCKER-USER");
}

static void test_owners(void **state)
{
	struct firewall_facts facts = {0};

	(void)state;
	add_docker(&facts);
	for (size_t i = 0; i < sizeof(owners) / sizeof(*owners); i++) {
		struct drop_report report = {.drops = calloc(1, sizeof(struct drop)), .count = 1};
		struct drop *drop = report.drops;
		drop->way = owners[i].way;
		drop->kind = owners[i].kind;
		drop->family = strdup(owners[i].family);
		drop->table = strdup(owners[i].table);
		drop->chain = strdup(owners[i].chain);
		drop->number = drop->kind == DROP_LEGACY ? 4 : 0;
		drop_name_owner(drop, &facts, "br0");
		assert_string_equal(
			drop->owner ? drop->owner : "-", owners[i].owner ? owners[i].owner : "-");
		assert_string_equal(
			drop->cure ? drop->cure : "-", owners[i].cure ? owners[i].cure : "-");
		drop_report_clear(&report);
	}
	firewall_clear(&facts);
}

/* With firewalld running: the zone is the bridge's, or else the default one. */
static const struct {
	enum drop_way way;
	bool libvirt_zone;
	const char *chain;
	const char *cure;
	enum drop_remedy remedy;
} zones[] = {
	{DROP_TO_HOST, true, "filter_IN_public",
		"firewall-cmd --zone=libvirt --change-interface=br0", DROP_REMEDY_ZONE},
	{DROP_TO_HOST, true, "filter_IN_policy_guests",
		"firewall-cmd --zone=libvirt --change-interface=br0", DROP_REMEDY_NONE},
	{DROP_TO_HOST, false, "filter_INPUT_POLICIES",
		"firewall-cmd --zone=public --add-service=dhcp --add-service=tftp",
		DROP_REMEDY_ZONE},
	{DROP_THROUGH, true, "filter_FWD_public",
		"firewall-cmd --zone=public --add-forward\n"
		"firewall-cmd --zone=public --change-interface=br0",
		DROP_REMEDY_NONE},
	{DROP_ANSWER, true, "filter_FORWARD_POLICIES",
		"firewall-cmd --zone=public --add-forward\n"
		"firewall-cmd --zone=public --change-interface=br0",
		DROP_REMEDY_NONE},
	{DROP_THROUGH, true, "filter_FWD_policy_guests",
		"nft -a list chain inet firewalld filter_FWD_policy_guests", DROP_REMEDY_NONE},
	{DROP_ANSWER, true, "filter_OUT_policy_host",
		"nft -a list chain inet firewalld filter_OUT_policy_host", DROP_REMEDY_NONE},
};

static void test_zones(void **state)
{
	static char public[] = "public";
	struct firewall_zone zone = {.name = public};
	struct firewall_facts facts = {
		.firewalld = {
			.running = true, .default_zone = public, .zones = &zone, .zone_count = 1}};

	(void)state;
	for (size_t i = 0; i < sizeof(zones) / sizeof(*zones); i++) {
		struct drop_report report = {.drops = calloc(1, sizeof(struct drop)), .count = 1};
		struct drop *drop = report.drops;
		facts.firewalld.libvirt_zone = zones[i].libvirt_zone;
		drop->way = zones[i].way;
		drop->kind = DROP_RULE;
		drop->family = strdup("inet");
		drop->table = strdup("firewalld");
		drop->chain = strdup(zones[i].chain);
		drop_name_owner(drop, &facts, "br0");
		assert_string_equal(drop->cure ? drop->cure : "-", zones[i].cure);
		assert_int_equal(drop->remedy, zones[i].remedy);
		drop_report_clear(&report);
	}
}

/* Docker's drops are what its chain for the administrator is for, and nobody else's. */
static void test_docker_remedy(void **state)
{
	struct firewall_facts facts = {0};

	(void)state;
	add_docker(&facts);
	for (size_t i = 0; i < sizeof(owners) / sizeof(*owners); i++) {
		struct drop_report report = {.drops = calloc(1, sizeof(struct drop)), .count = 1};
		struct drop *drop = report.drops;
		bool docker = owners[i].owner && strcmp(owners[i].owner, "Docker") == 0;
		drop->way = owners[i].way;
		drop->kind = owners[i].kind;
		drop->family = strdup(owners[i].family);
		drop->table = strdup(owners[i].table);
		drop->chain = strdup(owners[i].chain);
		drop_name_owner(drop, &facts, "br0");
		assert_int_equal(drop->remedy, docker ? DROP_REMEDY_DOCKER_USER : DROP_REMEDY_NONE);
		drop_report_clear(&report);
	}
	firewall_clear(&facts);
}

/* A rule in DOCKER-USER that is for a device, or for all of them. */
static struct firewall_rule *add_rule(
	struct firewall_facts *facts, enum firewall_verdict verdict, const char *device, bool not )
{
	struct firewall_rule *rule = firewall_add_rule(&facts->chains[0]);

	rule->verdict = verdict;
	if (device)
		firewall_add_device(firewall_add_devices(rule, FIREWALL_IN, not ), device);
	return rule;
}

/* After `iptables -F` a rule in DOCKER-USER would do nothing. */
static void test_docker_unreached(void **state)
{
	struct firewall_facts facts = {0};
	struct drop_report report = {.drops = calloc(1, sizeof(struct drop)), .count = 1};
	struct drop *drop = report.drops;

	(void)state;
	(void)firewall_add_chain(&facts, FIREWALL_IP, false, "filter", "FORWARD");
	(void)firewall_add_chain(&facts, FIREWALL_IP, false, "filter", "DOCKER-USER");
	drop->way = DROP_THROUGH;
	drop->kind = DROP_POLICY;
	drop->family = strdup("ip");
	drop->table = strdup("filter");
	drop->chain = strdup("FORWARD");
	drop_name_owner(drop, &facts, "br0");
	assert_string_equal(drop->cure, "iptables -t filter -S FORWARD");
	assert_non_null(strstr(drop->advice, "a restart of Docker"));
	assert_int_equal(drop->remedy, DROP_REMEDY_NONE);
	drop_report_clear(&report);
	firewall_clear(&facts);
}

static void test_docker_user_free(void **state)
{
	struct firewall_facts facts = {.known = true};

	(void)state;
	assert_true(drop_docker_user_is_free(&facts, FIREWALL_IP, "br0"));
	(void)firewall_add_chain(&facts, FIREWALL_IP, true, "filter", "DOCKER-USER");
	(void)add_rule(&facts, FIREWALL_RETURN, NULL, false);
	(void)add_rule(&facts, FIREWALL_ACCEPT, NULL, false);
	(void)add_rule(&facts, FIREWALL_DROP, "eth0", false);
	(void)add_rule(&facts, FIREWALL_DROP, "br*", true);
	assert_true(drop_docker_user_is_free(&facts, FIREWALL_IP, "br0"));
	/* Whatever else it asks: it may be about what the bridge forwards. */
	firewall_restrict(add_rule(&facts, FIREWALL_DROP, "br+", true), IPV4, FIREWALL_NEVER);
	assert_false(drop_docker_user_is_free(&facts, FIREWALL_IP, "br0"));
	assert_true(drop_docker_user_is_free(&facts, FIREWALL_IP6, "br0"));
	facts.known = false;
	assert_false(drop_docker_user_is_free(&facts, FIREWALL_IP6, "br0"));
	firewall_clear(&facts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_input, forget),
		cmocka_unit_test_setup(test_input_without_listener, forget),
		cmocka_unit_test_setup(test_unbound, forget),
		cmocka_unit_test_setup(test_copies, forget),
		cmocka_unit_test_setup(test_copies_for_guests, forget),
		cmocka_unit_test_setup(test_dropped_answer_is_not_the_only_one, forget),
		cmocka_unit_test_setup(test_dropped_answer_is_the_only_one, forget),
		cmocka_unit_test_setup(test_same_id, forget),
		cmocka_unit_test_setup(test_prerouting_closes_both_ways, forget),
		cmocka_unit_test_setup(test_handed_over, forget),
		cmocka_unit_test_setup(test_answers, forget),
		cmocka_unit_test_setup(test_answers_elsewhere, forget),
		cmocka_unit_test_setup(test_others_packets, forget),
		cmocka_unit_test_setup(test_devices, forget),
		cmocka_unit_test_setup(test_ingress, forget),
		cmocka_unit_test_setup(test_macvtap, forget),
		cmocka_unit_test_setup(test_lost, forget),
		cmocka_unit_test_setup(test_facts, forget),
		cmocka_unit_test_setup(test_legacy, forget),
		cmocka_unit_test_setup(test_explained, forget),
		cmocka_unit_test_setup(test_kernel, forget),
		cmocka_unit_test_setup(test_kernel_leaving, forget),
		cmocka_unit_test_setup(test_kernel_alone, forget),
		cmocka_unit_test_setup(test_gates, forget),
		cmocka_unit_test_setup_teardown(test_kernel_others, forget, forget_all),
		cmocka_unit_test(test_events),
		cmocka_unit_test(test_policy_event),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_owners),
		cmocka_unit_test(test_docker_remedy),
		cmocka_unit_test(test_docker_unreached),
		cmocka_unit_test(test_docker_user_free),
		cmocka_unit_test(test_zones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
