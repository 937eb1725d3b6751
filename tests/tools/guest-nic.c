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
 * Requests are built by hand and sent again every 250 ms until answered; the
 * card answers ARP and IPv6 neighbour solicitations meanwhile. A macvtap's MAC
 * address is the guest's, too, as only what is for that one reaches it; behind a tap
 * it comes from the process id, so several can run side by side on one bridge.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <arpa/inet.h>
#include <errno.h>
#include <linux/virtio_net.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "packet.h"
#include "tap.h"

enum {
	OPTION6_BOOT_URL = 59,

	RESEND_MS = 250,
};

enum kind { DHCP, TFTP, DHCP6, TFTP6, KINDS };

static const char *const kind_names[KINDS] = {"dhcp", "tftp", "dhcp6", "tftp6"};

/* A host as far as this card knows it. */
struct peer {
	bool known;
	uint8_t mac[6];
	uint8_t address[16]; /* 4 or 16 bytes used */
};

struct guest {
	int fd; /* the card */
	uint8_t mac[6];
	uint8_t address4[4]; /* zero until the first DHCP offer */
	uint8_t address6[16];
	unsigned tftp_port;           /* of both families */
	struct peer server4, server6; /* whoever answered dhcp, dhcp6 */
	bool wanted[KINDS], answered[KINDS];
	int64_t plugged_ms;
};

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- Sending -------------------------------------------------------------- */

static void put_ether(
	struct packet *packet, const struct guest *guest, const uint8_t *to, unsigned type)
{
	put(packet, to, 6);
	put(packet, guest->mac, 6);
	put16(packet, type);
}

static void put_ip4(struct packet *packet, const struct flow *flow, unsigned proto, size_t length)
{
	const size_t start = packet->length;

	put16(packet, 0x4500);
	put16(packet, (unsigned)(IP4_SIZE + length));
	put32(packet, 0); /* no fragments */
	put8(packet, 64);
	put8(packet, proto);
	put16(packet, 0); /* header checksum */
	put(packet, flow->from, 4);
	put(packet, flow->to, 4);

	uint8_t *header = packet->bytes + start;

	set16(header + 10, ~fold(add_words(0, header, IP4_SIZE)));
}

static void put_ip6(struct packet *packet, const struct flow *flow, unsigned proto, size_t length)
{
	put32(packet, 0x60000000);
	put16(packet, (unsigned)length);
	put8(packet, proto);
	put8(packet, 255); /* what neighbour discovery asks for */
	put(packet, flow->from, 16);
	put(packet, flow->to, 16);
}

/* What the card transmits carries complete checksums and an empty virtio header. */
static void transmit(const struct guest *guest, const struct packet *packet)
{
	struct packet out = {.length = 0};

	put_zeros(&out, sizeof(struct virtio_net_hdr));
	put(&out, packet->bytes, packet->length);
	/* Lost, as on a wire, when the port is not ready: requests are sent again. */
	if (write(guest->fd, out.bytes, out.length) < 0 && errno != EAGAIN && errno != EIO)
		die("write to the card");
}

/* checksum_at: where inside the payload its checksum belongs. */
static void send_ip(const struct guest *guest, const struct flow *flow, unsigned proto,
	struct packet *payload, size_t checksum_at)
{
	struct packet frame = {.length = 0};
	const bool ip4 = flow->address_size == 4;

	set16(payload->bytes + checksum_at,
		~transport_sum(flow, proto, payload->bytes, payload->length));
	put_ether(&frame, guest, flow->mac, ip4 ? TYPE_IP4 : TYPE_IP6);
	(ip4 ? put_ip4 : put_ip6)(&frame, flow, proto, payload->length);
	put(&frame, payload->bytes, payload->length);
	transmit(guest, &frame);
}

static void send_udp(const struct guest *guest, const struct flow *flow, const struct packet *data)
{
	struct packet udp = {.length = 0};

	put16(&udp, flow->from_port);
	put16(&udp, flow->to_port);
	put16(&udp, (unsigned)(UDP_SIZE + data->length));
	put16(&udp, 0);
	put(&udp, data->bytes, data->length);
	send_ip(guest, flow, PROTO_UDP, &udp, 6);
}

/* ---- Requests ------------------------------------------------------------- */

static void ask_dhcp(const struct guest *guest)
{
	static const uint8_t nobody[4], all[] = {255, 255, 255, 255, 255, 255};
	const struct flow flow = {all, nobody, all, 4, 68, 67};
	struct packet discover = {.length = 0};

	put32(&discover, 0x01010600);          /* request, Ethernet, 6 bytes, no hops */
	put(&discover, guest->mac + 2, 4);     /* transaction */
	put16(&discover, 0);                   /* seconds */
	put16(&discover, 0x8000);              /* answer by broadcast */
	put_zeros(&discover, 16);              /* addresses: none yet */
	put(&discover, guest->mac, 6);         /* who asks */
	put_zeros(&discover, 10 + 64 + 128);   /* rest of it; server and file names */
	put32(&discover, 0x63825363);          /* options follow */
	put(&discover, "\x35\x01\x01\xff", 4); /* message type DISCOVER; end */
	put_zeros(&discover, 60);              /* BOOTP's minimum is 300 bytes */
	send_udp(guest, &flow, &discover);
}

static void ask_dhcp6(const struct guest *guest)
{
	static const uint8_t mac[] = {0x33, 0x33, 0, 1, 0, 2};
	static const uint8_t servers[16] = {0xff, 2, [13] = 1, [15] = 2}; /* ff02::1:2 */
	const struct flow flow = {mac, guest->address6, servers, 16, 546, 547};
	struct packet solicit = {.length = 0};

	put8(&solicit, 1); /* SOLICIT */
	put(&solicit, guest->mac + 3, 3);
	put32(&solicit, 0x0001000a); /* client id: by Ethernet address */
	put32(&solicit, 0x00030001);
	put(&solicit, guest->mac, 6);
	put32(&solicit, 0x0003000c); /* an address, please */
	put(&solicit, guest->mac + 2, 4);
	put_zeros(&solicit, 8);
	put32(&solicit, 0x00080002); /* elapsed time */
	put16(&solicit, 0);
	put32(&solicit, 0x00060002); /* and the boot file's URL */
	put16(&solicit, OPTION6_BOOT_URL);
	send_udp(guest, &flow, &solicit);
}

/*
 * Reads boot.ipxe. The tsize option makes the server answer with an OACK, as PXE firmware sees it.
 * address_size says which family. Nothing is sent as long as the server is not known.
 */
static void ask_tftp(const struct guest *guest, size_t address_size)
{
	static const char request[] = "\0\1boot.ipxe\0octet\0tsize\0000"; /* tsize=0 */
	const struct peer *server = address_size == 4 ? &guest->server4 : &guest->server6;
	const uint8_t *from = address_size == 4 ? guest->address4 : guest->address6;
	const struct flow flow = {
		server->mac, from, server->address, address_size, guest->tftp_port, 69};
	struct packet read_request = {.length = 0};

	if (!server->known)
		return;
	put(&read_request, request, sizeof(request));
	send_udp(guest, &flow, &read_request);
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
		ask_tftp(guest, 4);
	if (waits_for(guest, TFTP6))
		ask_tftp(guest, 16);
}

/* ---- Answers -------------------------------------------------------------- */

static const char *checksum_verdict(const struct flow *flow, const uint8_t *udp, size_t length)
{
	if (get16(udp + 6) == 0)
		return "none";
	return transport_sum(flow, PROTO_UDP, udp, length) == 0xffff ? "ok" : "bad";
}

/* A DHCP server is also asked for the boot file. */
static void learn_server4(struct guest *guest, const struct flow *flow, const uint8_t *offer)
{
	memcpy(guest->address4, offer + 16, 4); /* yiaddr, "your address" */
	memcpy(guest->server4.mac, flow->mac, 6);
	memcpy(guest->server4.address, flow->from, 4);
	guest->server4.known = true;
	if (waits_for(guest, TFTP))
		ask_tftp(guest, 4);
}

/* The server's address in tftp://[ADDRESS]/... */
static bool url_server6(const uint8_t *url, size_t length, uint8_t *address)
{
	char text[128], server[46];

	snprintf(text, sizeof(text), "%.*s", (int)length, (const char *)url);
	return sscanf(text, "tftp://[%45[0-9a-f:]]", server) == 1 &&
	       inet_pton(AF_INET6, server, address) == 1;
}

/* DHCPv6 names the boot file by a URL [RFC 5970]; without one there is nothing to ask for. */
static void learn_server6(
	struct guest *guest, const struct flow *flow, const uint8_t *advert, size_t length)
{
	const uint8_t *option = advert + 4;
	size_t left = length < 4 ? 0 : length - 4;

	for (size_t size; left >= 4 && (size = 4 + get16(option + 2)) <= left;) {
		if (get16(option) == OPTION6_BOOT_URL)
			guest->server6.known =
				url_server6(option + 4, size - 4, guest->server6.address);
		option += size;
		left -= size;
	}
	memcpy(guest->server6.mac, flow->mac, 6);
	if (waits_for(guest, TFTP6))
		ask_tftp(guest, 16);
}

/*
 * A DHCP offer may be broadcast: it is ours if it repeats our MAC address. Of TFTP only data (3)
 * and option acknowledgements (6) are answers, an error is none.
 */
static bool is_answer(const struct guest *guest, enum kind kind, const uint8_t *data, size_t length)
{
	if (kind == DHCP)
		return length >= 34 && memcmp(data + 28, guest->mac, 6) == 0;
	if (kind == TFTP || kind == TFTP6)
		return length >= 2 && (get16(data) == 3 || get16(data) == 6);
	return length > 0;
}

static enum kind kind_of(const struct guest *guest, const struct flow *flow)
{
	if (flow->address_size == 4 && flow->to_port == 68)
		return DHCP;
	if (flow->address_size == 16 && flow->to_port == 546)
		return DHCP6;
	if (flow->to_port == guest->tftp_port)
		return flow->address_size == 4 ? TFTP : TFTP6;
	return KINDS;
}

/*
 * A datagram for the card: prints it if it is the first answer of its kind. A checksum that is
 * wrong does not stop it, so that one run shows everything.
 */
static void take_udp(
	struct guest *guest, struct flow *flow, const uint8_t *udp, size_t length, bool needs_csum)
{
	if (length < UDP_SIZE || get16(udp + 4) < UDP_SIZE || get16(udp + 4) > length)
		return;
	flow->from_port = get16(udp);
	flow->to_port = get16(udp + 2);
	length = get16(udp + 4);

	const enum kind kind = kind_of(guest, flow);
	const uint8_t *data = udp + UDP_SIZE;

	if (kind == KINDS || !waits_for(guest, kind) ||
		!is_answer(guest, kind, data, length - UDP_SIZE))
		return;
	guest->answered[kind] = true;
	printf("%s needs_csum=%d checksum=%s ms=%lld\n", kind_names[kind], needs_csum,
		checksum_verdict(flow, udp, length), (long long)(now_ms() - guest->plugged_ms));

	if (kind == DHCP)
		learn_server4(guest, flow, data);
	if (kind == DHCP6)
		learn_server6(guest, flow, data, length - UDP_SIZE);
}

static void answer_arp(const struct guest *guest, const uint8_t *frame, size_t length)
{
	const uint8_t *arp = frame + ETHER_SIZE;
	struct packet reply = {.length = 0};

	if (length < ETHER_SIZE + 28 || get16(arp + 6) != 1 || !guest->server4.known ||
		memcmp(arp + 24, guest->address4, 4) != 0)
		return;
	put_ether(&reply, guest, arp + 8, TYPE_ARP);
	put(&reply, arp, 6); /* Ethernet and IPv4, as in the request */
	put16(&reply, 2);
	put(&reply, guest->mac, 6);
	put(&reply, guest->address4, 4);
	put(&reply, arp + 8, 10); /* the asker's two addresses */
	transmit(guest, &reply);
}

static void answer_neighbour(
	const struct guest *guest, const struct flow *asked, const uint8_t *icmp, size_t length)
{
	const struct flow flow = {
		.mac = asked->mac, .from = guest->address6, .to = asked->from, .address_size = 16};
	struct packet advert = {.length = 0};

	if (length < 24 || icmp[0] != 135 || memcmp(icmp + 8, guest->address6, 16) != 0)
		return;
	put32(&advert, 136U << 24); /* neighbour advertisement */
	put32(&advert, 0x60000000); /* solicited, override */
	put(&advert, guest->address6, 16);
	put16(&advert, 0x0201); /* target link-layer address */
	put(&advert, guest->mac, 6);
	send_ip(guest, &flow, PROTO_ICMP6, &advert, 2);
}

static void take_ip4(struct guest *guest, const uint8_t *frame, size_t length, bool needs_csum)
{
	const uint8_t *ip = frame + ETHER_SIZE;
	struct flow flow = {frame + 6, ip + 12, ip + 16, 4, 0, 0};

	if (length < ETHER_SIZE + IP4_SIZE)
		return;
	const size_t header = (size_t)(ip[0] & 15U) * 4, total = get16(ip + 2);

	if (ip[9] == PROTO_UDP && header >= IP4_SIZE && header <= total &&
		total <= length - ETHER_SIZE)
		take_udp(guest, &flow, ip + header, total - header, needs_csum);
}

static void take_ip6(struct guest *guest, const uint8_t *frame, size_t length, bool needs_csum)
{
	const uint8_t *ip = frame + ETHER_SIZE;
	struct flow flow = {frame + 6, ip + 8, ip + 24, 16, 0, 0};

	if (length < ETHER_SIZE + IP6_SIZE)
		return;
	const size_t payload = get16(ip + 4);

	if (payload > length - ETHER_SIZE - IP6_SIZE)
		return;
	if (ip[6] == PROTO_UDP)
		take_udp(guest, &flow, ip + IP6_SIZE, payload, needs_csum);
	else if (ip[6] == PROTO_ICMP6)
		answer_neighbour(guest, &flow, ip + IP6_SIZE, payload);
}

/* A bridge floods frames whose receiver it does not know; a card drops them. */
static bool is_for_us(const struct guest *guest, const uint8_t *frame)
{
	const bool group = frame[0] & 1;

	return group || memcmp(frame, guest->mac, 6) == 0;
}

static void receive(struct guest *guest)
{
	struct {
		struct virtio_net_hdr header;
		uint8_t frame[65536];
	} in;
	const ssize_t got = read(guest->fd, &in, sizeof(in));

	if (got < (ssize_t)sizeof(in.header) + ETHER_SIZE || !is_for_us(guest, in.frame))
		return;
	const size_t length = (size_t)got - sizeof(in.header);
	const bool needs_csum = in.header.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM;

	switch (get16(in.frame + 12)) {
	case TYPE_ARP:
		answer_arp(guest, in.frame, length);
		break;
	case TYPE_IP4:
		take_ip4(guest, in.frame, length, needs_csum);
		break;
	case TYPE_IP6:
		take_ip6(guest, in.frame, length, needs_csum);
		break;
	default:
		break;
	}
}

/* ---- The card itself ------------------------------------------------------ */

static void choose_mac(struct guest *guest, const char *name)
{
	struct packet mac = {.length = 0};

	if (macvtap_address(name, guest->mac))
		return;
	put8(&mac, 0x52); /* QEMU's own range */
	put8(&mac, 0x54);
	put32(&mac, (uint32_t)getpid());
	memcpy(guest->mac, mac.bytes, sizeof(guest->mac));
}

/*
 * A server sends its answer again and again to the guest before, and the kernel holds that back
 * until somebody has the address. It may be this guest that gets it next; the port is another one.
 */
static void choose_tftp_port(struct guest *guest)
{
	guest->tftp_port = 2048 + (unsigned)getpid() % 60000;
}

/* Link local, made of the MAC address. */
static void choose_address6(struct guest *guest)
{
	struct packet address6 = {.length = 0};

	put32(&address6, 0xfe800000);
	put32(&address6, 0);
	put8(&address6, guest->mac[0] ^ 2U);
	put(&address6, guest->mac + 1, 2);
	put16(&address6, 0xfffe);
	put(&address6, guest->mac + 3, 3);
	memcpy(guest->address6, address6.bytes, sizeof(guest->address6));
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
	uint8_t frame[65536];

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
	choose_mac(&guest, argv[optind]);
	choose_address6(&guest);
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
