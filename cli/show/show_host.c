// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The kernel's half of what is drawn: a dump of all devices and one of what traffic control has at
 * them. Only a device that has something there is asked about it.
 */
#include "show_read.h"

#include "alloc.h"
#include "cleanup.h"
#include "host.h"
#include "log.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* Said once: a picture may be drawn again every second. */
static void tell(struct show_reader *reader, const char *what, int result)
{
	if (result != 0 && !reader->told) {
		log_warning("%s cannot be read: %s", what, strerror(-result));
		reader->told = true;
	}
}

static int compare_qdisc(const void *key, const void *element)
{
	unsigned int ifindex = *(const unsigned int *)key;
	const struct qdisc_facts *qdisc = element;

	return (ifindex > qdisc->ifindex) - (ifindex < qdisc->ifindex);
}

/* What goes out of a bridge or tap and comes in from a tap or macvtap may meet filters. A bridge's
 * police is of what it sends to this host. */
static int read_device(struct show_device *device, const struct qdisc_facts *qdisc)
{
	const struct link_facts *link = &device->link;
	struct filter_state *filter = device->filter;
	bool is_bridge = link->bridge.kind == BRIDGE_LINUX;
	bool is_port = link->port.tap || link->port.macvtap;
	int result = 0;

	if (!is_bridge && !is_port)
		return 0;
	if ((is_bridge || !link->port.macvtap) && (qdisc->clsact || qdisc->htb))
		result = host_filters_read_in(qdisc, FILTER_EGRESS, &filter[FILTER_EGRESS]);
	if (result == 0 && (qdisc->clsact || qdisc->ingress))
		result = host_filters_read_in(qdisc, FILTER_INGRESS, &filter[FILTER_INGRESS]);
	if (result == 0 && qdisc->htb)
		result = host_htb_rate(qdisc->ifindex, &device->htb);
	return result == -ENODEV ? 0 : result;
}

static void read_traffic_control(struct show_reader *reader, struct show_facts *facts)
{
	CLEANUP(cleanup_free) struct qdisc_facts *qdiscs = NULL;
	size_t count = 0;
	int result = host_qdiscs(&qdiscs, &count);

	for (size_t i = 0; count > 0 && i < facts->count; i++) {
		struct show_device *device = &facts->devices[i];
		const struct qdisc_facts *qdisc = bsearch(&device->link.bridge.ifindex, qdiscs,
			count, sizeof(*qdiscs), compare_qdisc);
		int error = qdisc ? read_device(device, qdisc) : 0;
		if (result == 0)
			result = error;
	}
	tell(reader, "traffic control", result);
}

/* The rules towards all bridges, in one family. */
static int read_rules(struct show_facts *facts, enum ip_family family, struct checksum_rule *rules)
{
	size_t count = 0;

	for (size_t i = 0; i < facts->count; i++) {
		const struct bridge_state *bridge = &facts->devices[i].link.bridge;
		if (bridge->kind == BRIDGE_LINUX)
			memcpy(rules[count++].bridge, bridge->name, IFNAME_SIZE);
	}
	int result = count > 0 ? host_rules_read(family, rules, count) : 0;
	count = 0;
	for (size_t i = 0; result == 0 && i < facts->count; i++) {
		if (facts->devices[i].link.bridge.kind == BRIDGE_LINUX)
			facts->devices[i].rule[family] = rules[count++].state;
	}
	return result;
}

static void read_bridges(struct show_reader *reader, struct show_facts *facts)
{
	/* Rules of nftables that somebody else may not see look as if there were none. */
	int result = geteuid() == 0 ? 0 : -EPERM;

	for (enum ip_family family = 0; result == 0 && family < IP_FAMILIES; family++) {
		CLEANUP(cleanup_free)
		struct checksum_rule *rules = alloc_array(facts->count, sizeof(*rules));
		result = read_rules(facts, family, rules);
	}
	tell(reader, "the rules of iptables", result);
	for (size_t i = 0; i < facts->count; i++) {
		struct show_device *device = &facts->devices[i];
		if (device->link.bridge.kind != BRIDGE_LINUX)
			continue;
		device->rules_known = result == 0;
		device->tx_checksum_off = host_tx_checksum_is_off(device->link.bridge.name);
	}
}

int show_read_host(struct show_reader *reader, struct show_facts *facts)
{
	CLEANUP(cleanup_free) struct link_facts *links = NULL;
	size_t count = 0;
	int result = host_links(&links, &count);

	*facts = (struct show_facts){0};
	if (result != 0)
		return result;
	facts->devices = alloc_array(count, sizeof(*facts->devices));
	facts->count = count;
	for (size_t i = 0; i < count; i++)
		facts->devices[i].link = links[i];
	read_traffic_control(reader, facts);
	read_bridges(reader, facts);
	return 0;
}

void show_facts_clear(struct show_facts *facts)
{
	free(facts->devices);
	*facts = (struct show_facts){0};
}
