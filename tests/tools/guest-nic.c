// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * guest-nic: a guest's network card without a guest.
 *
 * Opens a tap or macvtap the way QEMU does, asks the servers that it can reach
 * for an address and a boot file, and prints for each answer what the guest's
 * driver would have been handed: the NEEDS_CSUM flag and whether the UDP checksum
 * in the packet is right.
 *
 *     guest-nic [-c] [-w SECONDS] [-b BRIDGE | -p PID] NAME dhcp|tftp|dhcp6|tftp6...
 *
 *   NAME        a macvtap that exists, or else a tap.
 *
 *   -c          the guest's driver negotiated checksum offload (as Linux does on
 *               virtio-net). Without it: a firmware-like guest, for which the
 *               kernel fills checksums before the packet reaches the card.
 *   -b BRIDGE   make the tap a port of BRIDGE. Without it the tap may be a
 *               persistent one that is a port already.
 *   -p PID      the tap is open in that process, which leaves what comes to us.
 *   -w SECONDS  how long to wait for all answers, default 3.
 *
 * tftp reads from the server that offered an address, so it implies dhcp; tftp6 from
 * the one in the boot URL that a DHCPv6 server gives, so it implies dhcp6.
 *
 * One line for the first answer of each kind, and one for each kind that got none:
 *
 *     dhcp needs_csum=1 checksum=bad ms=12
 *     tftp none
 *
 * ms counts from the moment the tap is a port with carrier, that is, it contains
 * the bridge's hold; for a macvtap, from the moment it is up. checksum=none is the
 * zero of IPv4 that says "not computed".
 * Exit status: 0 when every kind was answered, 1 when not, 2 usage, 3 no card.
 *
 * Theory of operation
 *
 * Requests are those of `virt-netboot probe`, sent again every 250 ms until answered; the
 * card answers ARP and IPv6 neighbour solicitations meanwhile. A macvtap's MAC
 * address is the guest's, too, as only what is for that one reaches it; behind a tap
 * it comes from the process id, so several can run side by side on one bridge.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <sys/uio.h>
#include <time.h>

#include "dhcp.h"
#include "frame.h"
#include "tap.h"
#include "tftp.h"

enum {
	RESEND_MS = 250,
	TFTP_SERVER_PORT = 69,
	FRAME_MAX = 65536,
	CARD_HEADER = sizeof(struct virtio_net_hdr), /* shorter than FRAME_CARD_HEADER */
};

enum kind { DHCP, TFTP, DHCP6, TFTP6, KINDS };

static const char *const kind_names[KINDS] = {"dhcp", "tftp", "dhcp6", "tftp6"};

struct guest {
	int fd; /* the card */
	struct frame_identity identity;
	struct dhcp_question question;
	uint16_t tftp_port; /* of both families */
	/* Where the boot file is, by family: that of who answered dhcp, dhcp6. */
	struct flow tftp[IP_FAMILIES];
	bool knows_tftp[IP_FAMILIES];
	bool wanted[KINDS], answered[KINDS];
	int64_t plugged_ms;
};

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- Requests ------------------------------------------------------------- */

/* Lost, as on a wire, when the port is not ready: requests are sent again. */
static void transmit(const struct guest *guest, struct packet *out)
{
	const struct iovec parts[] = {
		{out->bytes, CARD_HEADER},
		{out->bytes + FRAME_CARD_HEADER, out->length - FRAME_CARD_HEADER},
	};

	if (writev(guest->fd, parts, 2) < 0 && errno != EAGAIN && errno != EIO)
		die("write to the card");
}

static void send_udp(const struct guest *guest, struct flow flow, const struct packet *data)
{
	struct packet out;

	memcpy(flow.from_mac, guest->identity.mac, MAC_SIZE);
	frame_write_udp(&out, &flow, data);
	transmit(guest, &out);
}

static void ask_dhcp(const struct guest *guest)
{
	const struct flow flow = {
		.family = IPV4,
		.to_mac = {255, 255, 255, 255, 255, 255},
		.to = {255, 255, 255, 255},
		.from_port = families[IPV4].dhcp_client,
		.to_port = families[IPV4].dhcp_server,
	};
	struct packet discover;

	dhcp_discover(&discover, &guest->question);
	send_udp(guest, flow, &discover);
}

static void ask_dhcp6(const struct guest *guest)
{
	struct flow flow = {
		.family = IPV6,
		.to_mac = {0x33, 0x33, 0, 1, 0, 2},
		.to = {0xff, 2, [13] = 1, [15] = 2}, /* ff02::1:2 */
		.from_port = families[IPV6].dhcp_client,
		.to_port = families[IPV6].dhcp_server,
	};
	struct packet solicit;

	memcpy(flow.from, guest->identity.address6, sizeof(flow.from));
	dhcp6_solicit(&solicit, &guest->question);
	send_udp(guest, flow, &solicit);
}

/* Nothing is sent as long as the server is not known. */
static void ask_tftp(const struct guest *guest, enum ip_family family)
{
	struct packet request;

	if (!guest->knows_tftp[family])
		return;
	tftp_read_request(&request, "boot.ipxe");
	send_udp(guest, guest->tftp[family], &request);
}

static bool waits_for(const struct guest *guest, enum kind kind)
{
	return guest->wanted[kind] && !guest->answered[kind];
}

/* Sends again whatever has no answer yet. */
static void ask(const struct guest *guest)
{
	if (waits_for(guest, DHCP))
		ask_dhcp(guest);
	if (waits_for(guest, DHCP6))
		ask_dhcp6(guest);
	if (waits_for(guest, TFTP))
		ask_tftp(guest, IPV4);
	if (waits_for(guest, TFTP6))
		ask_tftp(guest, IPV6);
}

/* ---- Answers -------------------------------------------------------------- */

static const char *const verdicts[] = {
	[FRAME_CHECKSUM_ZERO] = "none",
	[FRAME_CHECKSUM_OK] = "ok",
	[FRAME_CHECKSUM_BAD] = "bad",
};

/* Who gave an answer is asked for the boot file. */
static struct flow *way_to(struct guest *guest, const struct datagram *answer)
{
	struct flow *flow = &guest->tftp[answer->flow.family];

	flow->family = answer->flow.family;
	memcpy(flow->to_mac, answer->flow.from_mac, MAC_SIZE);
	memcpy(flow->to, answer->flow.from, sizeof(flow->to));
	flow->from_port = guest->tftp_port;
	flow->to_port = TFTP_SERVER_PORT;
	return flow;
}

static bool take_offer(struct guest *guest, const struct datagram *answer)
{
	struct dhcp_offer offer;

	if (!dhcp_read_offer(answer->data, answer->length, &guest->question, &offer))
		return false;
	memcpy(guest->identity.address4, offer.address, sizeof(guest->identity.address4));
	guest->identity.has4 = true;
	memcpy(way_to(guest, answer)->from, offer.address, sizeof(offer.address));
	guest->knows_tftp[IPV4] = true;
	return true;
}

/* The boot file's URL, tftp://[ADDRESS]/..., names the server; without one there is nothing to ask
 * for. */
static bool take_advertise(struct guest *guest, const struct datagram *answer)
{
	struct dhcp_offer offer;
	char server[46];

	if (!dhcp6_read_advertise(answer->data, answer->length, &guest->question, &offer))
		return false;
	struct flow *flow = way_to(guest, answer);

	memcpy(flow->from, guest->identity.address6, sizeof(flow->from));
	guest->knows_tftp[IPV6] = sscanf(offer.file, "tftp://[%45[0-9a-f:]]", server) == 1 &&
				  inet_pton(AF_INET6, server, flow->to) == 1;
	return true;
}

/* Of TFTP only data and option acknowledgements are answers, an error is none. */
static bool is_file(const struct datagram *answer)
{
	struct tftp_message message;

	return tftp_read(answer->data, answer->length, &message) &&
	       (message.kind == TFTP_DATA || message.kind == TFTP_OPTIONS);
}

static enum kind kind_of(const struct guest *guest, const struct flow *flow)
{
	if (flow->to_port == families[flow->family].dhcp_client)
		return flow->family == IPV4 ? DHCP : DHCP6;
	if (flow->to_port == guest->tftp_port)
		return flow->family == IPV4 ? TFTP : TFTP6;
	return KINDS;
}

static bool take_answer(struct guest *guest, enum kind kind, const struct datagram *datagram)
{
	if (kind == DHCP)
		return take_offer(guest, datagram);
	if (kind == DHCP6)
		return take_advertise(guest, datagram);
	return is_file(datagram);
}

/*
 * A datagram for the card: prints it if it is the first answer of its kind. A checksum that is
 * wrong does not stop it, so that one run shows everything.
 */
static void take_udp(struct guest *guest, const struct datagram *datagram)
{
	const enum kind kind = kind_of(guest, &datagram->flow);

	if (kind == KINDS || !waits_for(guest, kind) || !take_answer(guest, kind, datagram))
		return;
	guest->answered[kind] = true;
	printf("%s needs_csum=%d checksum=%s ms=%lld\n", kind_names[kind], datagram->partial,
		verdicts[datagram->offload], (long long)(now_ms() - guest->plugged_ms));
	if (kind == DHCP && waits_for(guest, TFTP))
		ask_tftp(guest, IPV4);
	if (kind == DHCP6 && waits_for(guest, TFTP6))
		ask_tftp(guest, IPV6);
}

/* A bridge floods frames whose receiver it does not know; a card drops them. */
static bool is_for_us(const struct guest *guest, const uint8_t to[MAC_SIZE])
{
	const bool group = to[0] & 1;

	return group || memcmp(to, guest->identity.mac, MAC_SIZE) == 0;
}

static void receive(struct guest *guest)
{
	uint8_t in[FRAME_CARD_HEADER + FRAME_MAX] = {0};
	const struct iovec parts[] = {{in, CARD_HEADER}, {in + FRAME_CARD_HEADER, FRAME_MAX}};
	const ssize_t got = readv(guest->fd, parts, 2);
	struct datagram datagram;
	struct packet answer;

	if (got < CARD_HEADER)
		return;
	const size_t length = (size_t)got - CARD_HEADER + FRAME_CARD_HEADER;

	if (frame_answer_neighbour(in, length, &guest->identity, &answer))
		transmit(guest, &answer);
	else if (frame_read_udp(in, length, &datagram) && !datagram.tagged &&
		 is_for_us(guest, datagram.flow.to_mac))
		take_udp(guest, &datagram);
}

/* ---- The card itself ------------------------------------------------------ */

static void choose_identity(struct guest *guest, const char *name)
{
	struct frame_identity *identity = &guest->identity;
	struct packet mac = {.length = 0};

	if (!macvtap_address(name, identity->mac)) {
		put16(&mac, 0x5254); /* QEMU's own range */
		put32(&mac, (uint32_t)getpid());
		memcpy(identity->mac, mac.bytes, MAC_SIZE);
	}
	frame_link_local(identity->mac, identity->address6);
	identity->has6 = true;
	memcpy(guest->question.client, identity->mac, MAC_SIZE);
	guest->question.transaction = get32(identity->mac + 2);
}

/*
 * A server sends its answer again and again to the guest before, and the kernel holds that back
 * until somebody has the address. It may be this guest that gets it next; the port is another one.
 */
static void choose_tftp_port(struct guest *guest)
{
	guest->tftp_port = (uint16_t)(2048 + getpid() % 60000);
}

static bool all_answered(const struct guest *guest)
{
	return memcmp(guest->wanted, guest->answered, sizeof(guest->wanted)) == 0;
}

/*
 * Throws away what reached the card before its guest said what it takes: the kernel completed those
 * checksums as for a guest without offload. A macvtap has the addresses of the guest before, to
 * which a TFTP server sends its answer again and again.
 */
static void forget_early_frames(int card)
{
	struct pollfd queue = {.fd = card, .events = POLLIN};
	uint8_t frame[FRAME_MAX];

	while (poll(&queue, 1, 0) > 0 && read(card, frame, sizeof(frame)) > 0)
		;
}

static void boot(struct guest *guest, int64_t wait_ms)
{
	struct pollfd card = {.fd = guest->fd, .events = POLLIN};
	const int64_t end = guest->plugged_ms + wait_ms;
	int64_t next_ask = guest->plugged_ms;

	for (int64_t now; !all_answered(guest) && (now = now_ms()) < end;) {
		if (now >= next_ask) {
			ask(guest);
			next_ask = now + RESEND_MS;
		}
		const int64_t wake = next_ask < end ? next_ask : end;

		if (poll(&card, 1, (int)(wake - now)) > 0)
			receive(guest);
	}
}

static int report_missing(const struct guest *guest)
{
	int missing = 0;

	for (int kind = 0; kind < KINDS; kind++) {
		if (waits_for(guest, (enum kind)kind)) {
			printf("%s none\n", kind_names[kind]);
			missing = 1;
		}
	}
	return missing;
}

static void usage(void)
{
	fprintf(stderr, "usage: guest-nic [-c] [-w SECONDS] [-b BRIDGE | -p PID] NAME "
			"dhcp|tftp|dhcp6|tftp6...\n"
			"  NAME        a macvtap that exists, or else a tap\n"
			"  -c          the guest's driver offloads checksums (TUN_F_CSUM)\n"
			"  -w SECONDS  wait so long for all answers (3)\n"
			"  -b BRIDGE   plug the tap into BRIDGE\n"
			"  -p PID      the tap is open in that process\n");
	exit(2);
}

static void want(struct guest *guest, const char *name)
{
	for (int kind = 0; kind < KINDS; kind++) {
		if (strcmp(name, kind_names[kind]) == 0) {
			guest->wanted[kind] = true;
			/* the boot file's server is learnt from the other answer */
			guest->wanted[DHCP] |= kind == TFTP;
			guest->wanted[DHCP6] |= kind == TFTP6;
			return;
		}
	}
	usage();
}

int main(int argc, char **argv)
{
	struct guest guest = {.fd = -1};
	const char *bridge = NULL;
	pid_t holder = 0;
	bool csum = false;
	double wait = 3;

	for (int option; (option = getopt(argc, argv, "cb:p:w:")) != -1;) {
		if (option == 'c')
			csum = true;
		else if (option == 'b')
			bridge = optarg;
		else if (option == 'p')
			holder = (pid_t)strtol(optarg, NULL, 10);
		else if (option != 'w' || (wait = strtod(optarg, NULL)) <= 0)
			usage();
	}
	if (argc - optind < 2)
		usage();
	for (int i = optind + 1; i < argc; i++)
		want(&guest, argv[i]);

	setvbuf(stdout, NULL, _IOLBF, 0);
	choose_identity(&guest, argv[optind]);
	choose_tftp_port(&guest);
	guest.fd = holder ? borrow_tap(holder, argv[optind]) : open_card(argv[optind]);
	if (!set_offload(guest.fd, csum ? TUN_F_CSUM : 0))
		die(argv[optind]);
	forget_early_frames(guest.fd);
	plug_in(argv[optind], bridge);
	guest.plugged_ms = now_ms();
	boot(&guest, (int64_t)(wait * 1000));
	if (holder)
		set_offload(guest.fd, 0);
	return report_missing(&guest);
}
