// SPDX-License-Identifier: GPL-2.0-or-later
#include "probe_run.h"

#include "character.h"
#include "cleanup.h"
#include "clock.h"
#include "log.h"
#include "talk.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Where the bridge is always the one whose MAC address it is: 02, then a number of this host's. */
#define LOCAL_MAC 0x02

/* How long another probe with the same MAC address is waited for, in seconds. */
#define OTHER_PROBE 60.0

/* Milliseconds between two attempts to make an edge port. */
#define RETRY 100

/* One for each host, the same each time: servers note whom they offered an address. [FNV-1a, 64
 * bits] */
static void host_mac(unsigned char mac[MAC_SIZE])
{
	CLEANUP(cleanup_file) FILE *file = fopen("/etc/machine-id", "re");
	unsigned long long hash = 0xcbf29ce484222325ULL;
	int byte;

	while (file && (byte = fgetc(file)) != EOF)
		hash = (hash ^ (unsigned char)byte) * 0x100000001b3ULL;
	mac[0] = LOCAL_MAC;
	for (size_t i = 1; i < MAC_SIZE; i++)
		mac[i] = (unsigned char)(hash >> (8 * i));
}

/* Two on one bridge with the same MAC address would take each other's answers. */
static int wait_for_other_probe(struct talk *talk)
{
	const unsigned int ifindex = talk->place->ifindex;
	const unsigned char *mac = talk->identity.mac;
	long long until = talk_moment(OTHER_PROBE);
	int lock = host_watch_lock(ifindex, mac);

	talk->start = clock_now();
	while (lock == -EAGAIN && clock_now() < until && !talk_is_over(talk)) {
		const struct timespec pause = {.tv_nsec = 50 * NANOSECONDS_PER_MILLISECOND};

		talk_progress(talk, "another probe", OTHER_PROBE - talk_seconds(talk));
		(void)nanosleep(&pause, NULL);
		lock = host_watch_lock(ifindex, mac);
	}
	talk_progress_end();
	return lock;
}

static void describe_place(const struct probe_request *request, const struct probe_place *place,
	struct talk *talk, struct probe_result *result)
{
	const unsigned char *client = place->has_client ? place->client : talk->identity.mac;
	static const enum dhcp_arch archs[] = {[PROBE_BIOS] = DHCP_ARCH_BIOS,
		[PROBE_EFI] = DHCP_ARCH_EFI,
		[PROBE_ARM64] = DHCP_ARCH_ARM64,
		[PROBE_HTTP] = DHCP_ARCH_HTTP};

	result->target = request->target;
	result->name = request->name;
	memcpy(result->device, place->device, IFNAME_SIZE);
	result->direct = place->direct;
	memcpy(result->mac, talk->identity.mac, MAC_SIZE);
	mac_write(result->client, client);
	result->vlan = place->vlan;
	memcpy(result->filter, place->filter, PROBE_FILTER_SIZE);
	result->arch = request->arch;
	result->view = request->view;
	result->ipv6_asked = request->ipv6;
	result->forwarded = result->asked = PROBE_NEVER;
	result->lends_mac = !place->direct && !host_bridge_has_own_mac(place->device) &&
			    place->bridge.ports_known &&
			    place->bridge.guest_ports + place->bridge.other_ports == 0;
	if (!place->direct && place->bridge.stp != STP_OFF)
		result->hold = place->bridge.forward_delay * 2 / 100.0;
	talk->question.arch = archs[request->arch];
	talk->question.transaction = (uint32_t)clock_now() | 1; /* not 0 */
	memcpy(talk->question.client, client, MAC_SIZE);
	talk->question6 = talk->question;
	talk->question6.transaction &= 0xffffff;
}

/* Containers often have no such device, or one that is none. */
static const char *why_no_card(const struct probe_place *place, int error)
{
	if (error != -ENOENT && error != -ENXIO && error != -ENOTTY)
		return strerror(-error);
	return place->direct ? "its device /dev/tapN is missing"
			     : "there is no device /dev/net/tun; try: modprobe tun";
}

/* Where another one was made on this bridge a moment ago, it has to wait for the next hello, as a
 * guest's port does. */
static void make_edge(const struct talk *talk)
{
	long long end = talk->start + HELLO_MAX * NANOSECONDS_PER_MILLISECOND;

	while (host_port_make_edge(talk->place->ifindex, talk->card.ifindex) == -EINPROGRESS &&
		!talk_is_over(talk) && clock_now() < end)
		poll(NULL, 0, RETRY);
}

static int plug_in(struct talk *talk)
{
	const struct probe_place *place = talk->place;
	struct card_wish wish = {
		.bridge = place->direct ? 0 : place->ifindex,
		.parent = place->direct ? place->ifindex : 0,
		.vlan = place->vlan,
		.isolated = place->isolated,
		.partial = talk->request->view != PROBE_FIRMWARE,
		.fdb_entry = place->fdb_entry,
		.mode = place->mode,
	};
	int result;

	memcpy(wish.mac, talk->identity.mac, MAC_SIZE);
	if (talk->result->lends_mac)
		log_warning(
			"bridge '%s' has no other port and no MAC address of its own: it takes the "
			"probe's until the end",
			TEXT_NAME(place->device));
	result = host_card_open(&wish, &talk->card);
	if (result != 0) {
		log_error("no card can be plugged into '%s': %s", TEXT_NAME(place->device),
			why_no_card(place, result));
		return result;
	}
	talk->start = clock_now();
	if (talk->request->edge && !place->direct)
		make_edge(talk);
	return 0;
}

static const char *find_change_of_port(const struct talk *talk)
{
	struct bridge_port port;

	if (host_port_get_index(talk->card.ifindex, &port) != 0)
		return NULL;
	if (!port.tap && !port.macvtap)
		return "its network card was deleted";
	if (talk->place->direct)
		return NULL;
	if (port.bridge != talk->place->ifindex)
		return "its port was taken out of the bridge";
	if (talk->result->forwarded >= 0 && port.state != PORT_FORWARDING)
		return "its port does not forward any more";
	return NULL;
}

/* Return: what somebody has changed meanwhile, so that what was seen says nothing of how it was
 * before; or NULL. */
static const char *find_change(const struct talk *talk)
{
	struct bridge_state device;
	int result = host_bridge_get_index(talk->place->ifindex, &device);

	if (result == -ENODEV || (result == 0 && device.kind == BRIDGE_ABSENT))
		return talk->place->direct ? "its parent device was deleted"
					   : "the bridge was deleted";
	if (result == 0 && device.down)
		return talk->place->direct ? "its parent device was switched off"
					   : "the bridge was switched off";
	return find_change_of_port(talk);
}

static int tell_early_end(const struct talk *talk, const char *change)
{
	log_error("the probe at '%s' ended early: %s", TEXT_NAME(talk->place->device),
		change ? change : strerror(-talk->error));
	return talk->error ? talk->error : -ENETDOWN;
}

/* Return: 0, or a negative errno after a message. */
static int converse(struct talk *talk)
{
	int result = plug_in(talk);

	if (result != 0)
		return result;
	talk_ask(talk);
	if (!talk_is_over(talk)) {
		talk_find_host_server(talk);
		talk_name_host_server(talk);
		talk_ask_proxies(talk);
		talk_read_files(talk);
		talk_find_origins(talk);
	}
	talk->result->interrupted = talk_is_over(talk) && !talk->error;
	const char *change = talk->result->interrupted ? NULL : find_change(talk);
	talk_progress_end();
	drop_close(&talk->finder);
	host_card_close(&talk->card);
	talk_forget_addresses(talk);
	return talk->error || change ? tell_early_end(talk, change) : 0;
}

static void choose_identity(const struct probe_request *request, struct talk *talk)
{
	struct frame_identity *identity = &talk->identity;

	if (request->has_mac)
		memcpy(identity->mac, request->mac, MAC_SIZE);
	else
		host_mac(identity->mac);
	identity->has6 = request->ipv6;
	frame_link_local(identity->mac, identity->address6);
	memcpy(talk->borrowed.mac, identity->mac, MAC_SIZE);
}

static int run_at(const struct probe_request *request, const struct probe_place *place,
	struct probe_result *result)
{
	struct talk talk = {.request = request, .place = place, .result = result};

	choose_identity(request, &talk);
	describe_place(request, place, &talk, result);
	CLEANUP(cleanup_fd) int lock = wait_for_other_probe(&talk);
	result->interrupted = result->not_begun = talk_is_over(&talk);
	if (result->interrupted)
		return 0;
	if (lock == -EAGAIN) {
		log_error("another probe is at work at '%s'", TEXT_NAME(place->device));
		return -EAGAIN;
	}
	int error = converse(&talk);
	free(talk.offers);
	return error;
}

int probe_run(const struct probe_request *request, struct probe_result *result)
{
	struct probe_place place = {0};

	*result = (struct probe_result){0};
	int error = probe_place_find(request, &place);
	if (error != 0)
		return error;
	/* Until now there is nothing to undo, and libvirt may not answer. */
	talk_catch_signals();
	error = run_at(request, &place, result);
	return error == -EINVAL ? -EIO : error;
}
