// SPDX-License-Identifier: GPL-2.0-or-later
#include "drop_reason.h"

#include <string.h>

/* Reasons have names since Linux 5.17, and more with each version; where one has none, the function
 * that dropped the packet says it. */
static const struct {
	const char *reason;
	const char *place;
	enum drop_cause cause;
} causes[] = {
	{"NETFILTER_DROP", "nf_hook_slow", DROP_CAUSE_RULE},
	{"NO_SOCKET", "__udp4_lib_rcv", DROP_CAUSE_NO_LISTENER},
	{"BRIDGE_INGRESS_STP_STATE", "br_handle_frame", DROP_CAUSE_STP},
	{NULL, "br_allowed_ingress", DROP_CAUSE_VLAN},
	{NULL, "__allowed_ingress", DROP_CAUSE_VLAN},
	{"TC_INGRESS", "sch_handle_ingress", DROP_CAUSE_TC},
	{"TC_EGRESS", "sch_handle_egress", DROP_CAUSE_TC},
	{"XDP", "netif_receive_generic_xdp", DROP_CAUSE_XDP},
	{"XDP", "do_xdp_generic", DROP_CAUSE_XDP},
	{"IP_RPFILTER", "ip_rcv_finish_core", DROP_CAUSE_SOURCE},
	{"IP_LOCAL_SOURCE", NULL, DROP_CAUSE_SOURCE},
	{"IP_INVALID_SOURCE", NULL, DROP_CAUSE_SOURCE},
	{"SOCKET_RCVBUFF", NULL, DROP_CAUSE_BUFFER},
	{"PROTO_MEM", NULL, DROP_CAUSE_BUFFER},
	{"SOCKET_FILTER", NULL, DROP_CAUSE_FILTER},
	{"QDISC_DROP", NULL, DROP_CAUSE_QUEUE},
	{"QDISC_OVERLIMIT", NULL, DROP_CAUSE_QUEUE},
};

static bool is_name(const char *name, const char *wanted)
{
	return wanted && strcmp(name, wanted) == 0;
}

/* True if a function of this name, or one that begins so, had called. */
static bool was_called_by(const struct drop_sample *sample, const char *beginning)
{
	for (size_t i = 0; i < sample->count; i++) {
		if (strncmp(sample->frames[i], beginning, strlen(beginning)) == 0)
			return true;
	}
	return false;
}

/* The write to a tap [linux drivers/net/tun.c], or to a macvtap [drivers/net/tap.c]. */
static bool is_write(const char *name)
{
	return strcmp(name, "tun_get_user") == 0 || strcmp(name, "tun_chr_write_iter") == 0 ||
	       strcmp(name, "tap_get_user") == 0 || strcmp(name, "tap_write_iter") == 0;
}

/*
 * True if the packet was dropped by what the write called. The kernel may do other work in the
 * midst of it, or before it returns: interrupts, and what they left to be done for packets of
 * others.
 */
static bool is_ours(const struct drop_sample *sample)
{
	for (size_t i = 0; i < sample->count; i++) {
		const char *name = sample->frames[i];
		if (is_write(name))
			return true;
		if (strstr(name, "softirq") || strstr(name, "interrupt") ||
			strcmp(name, "net_rx_action") == 0)
			return false;
	}
	return false;
}

static enum drop_cause find_cause(const struct drop_sample *sample)
{
	bool named = *sample->reason != '\0' && strcmp(sample->reason, "NOT_SPECIFIED") != 0;

	for (size_t i = 0; i < sizeof(causes) / sizeof(*causes); i++) {
		if (named ? is_name(sample->reason, causes[i].reason)
			  : is_name(sample->place, causes[i].place))
			return causes[i].cause;
	}
	return DROP_CAUSE_NONE;
}

static enum drop_stage find_stage(const struct drop_sample *sample)
{
	if (was_called_by(sample, "__dev_queue_xmit") ||
		was_called_by(sample, "br_dev_queue_push_xmit") ||
		was_called_by(sample, "br_forward_finish"))
		return DROP_ON_ITS_WAY_OUT;
	if (was_called_by(sample, "br_handle_frame_finish") ||
		was_called_by(sample, "br_pass_frame_up") || was_called_by(sample, "ip_rcv"))
		return DROP_AT_HOST;
	return DROP_BEFORE_BRIDGE;
}

struct drop_reading drop_reason_read(const struct drop_sample *sample)
{
	struct drop_reading reading = {DROP_CAUSE_NONE, DROP_BEFORE_BRIDGE};

	if (!is_ours(sample))
		return reading;
	reading.cause = find_cause(sample);
	reading.stage = find_stage(sample);
	/* Packet sockets and taps have filters, too. */
	if ((reading.cause == DROP_CAUSE_BUFFER || reading.cause == DROP_CAUSE_FILTER) &&
		!was_called_by(sample, "__udp4_lib_"))
		reading.cause = DROP_CAUSE_NONE;
	/* The bridge itself refuses the frame. */
	if (reading.cause == DROP_CAUSE_VLAN || reading.cause == DROP_CAUSE_STP)
		reading.stage = DROP_BEFORE_BRIDGE;
	return reading;
}

const char *drop_cause_text(enum drop_cause cause)
{
	static const char *const texts[DROP_CAUSES] = {
		[DROP_CAUSE_STP] = "STP: the bridge does not forward frames from this port yet",
		[DROP_CAUSE_VLAN] = "VLAN filtering: the port is in no VLAN for such frames",
		[DROP_CAUSE_TC] = "a filter of traffic control (tc), or a BPF program in its place",
		[DROP_CAUSE_XDP] = "an XDP program",
		[DROP_CAUSE_SOURCE] = "the kernel's check of source addresses (rp_filter)",
		[DROP_CAUSE_BUFFER] =
			"the receive buffer of the server's socket is full: it does not read",
		[DROP_CAUSE_FILTER] = "a BPF program at the server's socket or its cgroup",
		[DROP_CAUSE_QUEUE] = "the queueing discipline of the device",
	};

	return texts[cause] ? texts[cause] : "";
}
