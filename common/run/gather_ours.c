// SPDX-License-Identifier: GPL-2.0-or-later
#include "gather_ours.h"

#include "alloc.h"
#include "cleanup.h"
#include "gather_parts.h"
#include "host.h"
#include "log.h"

#include <errno.h>
#include <string.h>

static void keep_first(int *first, int result)
{
	if (*first == 0)
		*first = result;
}

/* The facts about the bridge of this name, which may not be there any more. */
static struct bridge_facts *bridge_called(struct host_facts *facts, const char *name)
{
	for (size_t i = 0; i < facts->bridge_count; i++) {
		if (strcmp(facts->bridges[i].state.name, name) == 0)
			return &facts->bridges[i];
	}
	facts->bridges =
		alloc_one_more(facts->bridges, facts->bridge_count, sizeof(*facts->bridges));
	struct bridge_facts *bridge = &facts->bridges[facts->bridge_count++];
	memcpy(bridge->state.name, name, strlen(name) + 1);
	return bridge;
}

static int add_rules(struct host_facts *facts, enum ip_family family)
{
	CLEANUP(cleanup_free) struct checksum_rule *rules = NULL;
	size_t count = 0;
	int result = gather_list_rules(family, &rules, &count);

	for (size_t i = 0; i < count; i++)
		bridge_called(facts, rules[i].bridge)->fill[family].rules++;
	return result;
}

static int add_docker_user_rules(struct host_facts *facts, enum ip_family family)
{
	CLEANUP(cleanup_free) char(*bridges)[IFNAME_SIZE] = NULL;
	size_t count = 0;
	int result = host_docker_user_list(family, &bridges, &count);

	if (result != 0)
		log_error("the rules in DOCKER-USER of %s cannot be read: %s",
			families[family].iptables, strerror(-result));
	for (size_t i = 0; i < count; i++)
		bridge_called(facts, bridges[i])->docker_user[family].ours = true;
	return result;
}

static int read_filters(struct device_facts *device, enum filter_hook hook)
{
	struct filter_state filter;
	int result = gather_device_filters(device->ifindex, device->name, hook, &filter);

	device->filters[hook] = filter_has_ours(&filter);
	return result == -ENODEV ? 0 : result;
}

/* A bridge that has gone meanwhile has taken its notes with it. */
static int read_delay(struct device_facts *device)
{
	struct bridge_state state;
	int result = host_bridge_delay_before(
		device->ifindex, &device->delay_before, &device->delay_hidden);

	if (result == 0 && device->delay_before != 0 && !device->delay_hidden) {
		result = host_bridge_get_index(device->ifindex, &state);
		if (result == 0)
			device->delay = state.forward_delay;
		else
			device->delay_before = 0;
	}
	if (result == -ENODEV)
		return 0;
	if (result != 0)
		log_error("the forward delay of %s cannot be read: %s", device->name,
			strerror(-result));
	return result;
}

/* The same of what else was noted. */
static int read_notes(struct device_facts *device)
{
	int result =
		host_tx_checksum_is_ours(device->name, device->ifindex, &device->tx_checksum_ours);

	if (device->is_bridge)
		keep_first(&result,
			host_bridge_stp_off_is_ours(device->ifindex, &device->stp_off_ours));
	if (result == -ENODEV)
		return 0;
	if (result != 0)
		log_error(
			"what was noted of %s cannot be read: %s", device->name, strerror(-result));
	return result;
}

static int read_zone(struct device_facts *device)
{
	int result = host_zone_noted(device->ifindex, &device->zone);

	if (result != 0)
		log_error("what was noted of the zone of %s cannot be read: %s", device->name,
			strerror(-result));
	return result;
}

static bool has_ours(const struct device_facts *device)
{
	return device->filters[FILTER_EGRESS] || device->filters[FILTER_INGRESS] ||
	       device->tx_checksum_ours || device->stp_off_ours || device->delay_before != 0 ||
	       *device->zone.set;
}

static int add_device(struct host_facts *facts, struct device_facts device)
{
	int result = read_filters(&device, FILTER_EGRESS);

	keep_first(&result, read_filters(&device, FILTER_INGRESS));
	keep_first(&result, read_notes(&device));
	if (device.is_bridge)
		keep_first(&result, read_delay(&device));
	keep_first(&result, read_zone(&device));
	if (!has_ours(&device))
		return result;
	facts->devices = alloc_one_more(facts->devices, facts->device_count, sizeof(device));
	facts->devices[facts->device_count++] = device;
	return result;
}

static int add_devices(struct host_facts *facts)
{
	CLEANUP(cleanup_free) struct device_facts *devices = NULL;
	size_t count = 0;
	int result = host_devices(&devices, &count);

	if (result != 0)
		log_error("the devices of this host cannot be listed: %s", strerror(-result));
	for (size_t i = 0; i < count; i++)
		keep_first(&result, add_device(facts, devices[i]));
	return result;
}

int gather_ours(struct host_facts *facts)
{
	int result = 0;

	*facts = (struct host_facts){0};
	for (enum ip_family family = 0; family < IP_FAMILIES; family++) {
		keep_first(&result, add_rules(facts, family));
		keep_first(&result, add_docker_user_rules(facts, family));
	}
	keep_first(&result, add_devices(facts));
	return result;
}
