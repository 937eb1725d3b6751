// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Any bytes as the kernel's answers to what is asked of links, bridges, ports, VLANs, addresses,
 * qdiscs and filters. The first byte says what is asked, the rest is what netlink sends.
 */
#include "fuzz.h"

#include "host.h"

#include <stdlib.h>

#define BRIDGE 10
#define PORT 11

static const unsigned char mac[MAC_SIZE] = {0x52, 0x54, 0, 1, 2, 3};

static struct bridge_state bridge;
static struct bridge_port port;
static struct filter_state filters;

static void ask_bridge(void)
{
	host_bridge_get("br0", &bridge);
}

static void ask_bridge_by_index(void)
{
	host_bridge_get_index(BRIDGE, &bridge);
}

static void ask_ports(void)
{
	bridge = (struct bridge_state){.ifindex = BRIDGE};
	host_bridge_count_ports(&bridge);
}

static void ask_delay(void)
{
	int noted;

	host_bridge_set_forward_delay(BRIDGE, 200, &noted);
}

static void ask_stp(void)
{
	host_bridge_set_stp(BRIDGE, true);
}

static void ask_port(void)
{
	host_port_get("vnet0", &port);
}

static void ask_port_by_mac(void)
{
	host_port_find(BRIDGE, mac, &port);
}

static void ask_bpdu_guard(void)
{
	host_port_set_bpdu_guard(PORT);
}

static void ask_vlan(void)
{
	struct vlan_membership membership = {0};

	host_vlan_get(PORT, 5, &membership);
}

static void ask_way_out(void)
{
	unsigned int *way;
	size_t count;

	host_way_out(PORT, &way, &count);
	free(way);
}

static void ask_outside(void)
{
	host_outside_sender(PORT);
}

static void ask_filters_in(void)
{
	host_filters_read(PORT, FILTER_INGRESS, &filters);
}

static void ask_filters_out(void)
{
	host_filters_read(PORT, FILTER_EGRESS, &filters);
}

static void ask_filters_for_udp(void)
{
	const struct filter_wish wish = {FILTER_EGRESS, FILL_UDP, .for_guests = true};

	host_filters_set(PORT, &wish);
}

static void ask_no_filters(void)
{
	const struct filter_wish wish = {FILTER_INGRESS, FILL_NONE, .for_guests = false};

	host_filters_set(PORT, &wish);
}

static void ask_action(void)
{
	host_filters_supported();
}

static void ask_devices(void)
{
	struct device_facts *devices;
	size_t count;

	host_devices(&devices, &count);
	free(devices);
}

static void ask_lower(void)
{
	struct lower_facts lower;

	host_lower_device("macvtap0", &lower);
}

static void ask_macvtaps(void)
{
	struct bridge_state *users;
	size_t count;

	host_macvlans_on("eth0", MACVTAP_OF_GUEST, &users, &count);
	free(users);
}

static void ask_changes(void)
{
	host_watch_wait(host_watch(), BRIDGE, 1000);
}

static void ask_qdisc_changes(void)
{
	unsigned int *ifindexes;
	size_t count;

	host_qdisc_wait(host_qdisc_watch(), 1000, &ifindexes, &count);
	free(ifindexes);
}

static void ask_links(void)
{
	struct link_facts *links;
	size_t count;

	host_links(&links, &count);
	free(links);
}

static void ask_qdiscs(void)
{
	struct qdisc_facts *qdiscs;
	size_t count;

	host_qdiscs(&qdiscs, &count);
	free(qdiscs);
}

static void ask_htb(void)
{
	unsigned long long rate;

	host_htb_rate(PORT, &rate);
}

static void ask_picture_changes(void)
{
	host_picture_changed(host_picture_watch());
}

static void ask_entry(void)
{
	unsigned int ifindex;

	host_bridge_find_mac(BRIDGE, mac, &ifindex);
}

/* New ones go to the end: the corpus knows these by their number. */
static void (*const questions[])(void) = {
	ask_bridge,
	ask_bridge_by_index,
	ask_ports,
	ask_delay,
	ask_stp,
	ask_port,
	ask_port_by_mac,
	ask_bpdu_guard,
	ask_vlan,
	ask_way_out,
	ask_outside,
	ask_filters_in,
	ask_filters_out,
	ask_filters_for_udp,
	ask_no_filters,
	ask_action,
	ask_devices,
	ask_lower,
	ask_macvtaps,
	ask_changes,
	ask_qdisc_changes,
	ask_links,
	ask_qdiscs,
	ask_htb,
	ask_picture_changes,
	ask_entry,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	kernel_answers(data + 1, size - 1);
	questions[data[0] % (sizeof(questions) / sizeof(*questions))]();
	return 0;
}
