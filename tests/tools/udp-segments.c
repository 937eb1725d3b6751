// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * udp-segments: does what the host sends with UDP_SEGMENT reach a guest intact?
 *
 *     udp-segments [-c|-u] [-b BRIDGE] NAME ADDRESS
 *
 *   NAME        the guest's card: a macvtap that exists, or else a tap.
 *   ADDRESS     where the host sends to. It has to have a route and a permanent neighbour entry
 *               that lead to the card; with a macvtap, its MAC address.
 *   -c          the guest's driver takes packets with unfilled checksums (TUN_F_CSUM).
 *   -u          and cuts datagrams, too (TUN_F_USO4 and TUN_F_USO6, since Linux 6.2).
 *   -b BRIDGE   make the tap a port of BRIDGE.
 *
 * Prints a line for each row of frames of the same kind:
 *
 *     fd00:40::9 frames=1 gso_type=5 gso_size=1000 needs_csum=1 datagrams=10 data=ok checksum=ok
 *
 * Exit status: 0 all datagrams arrived, each once, and the guest would take them; 1 not so; 2
 * usage; 3 no card, or nothing could be sent; 4 the kernel cannot do what -u asks for.
 *
 * Theory of operation
 *
 * The host gives the kernel ten datagrams in one piece, which travels in one piece as long as the
 * devices on its way can do that, and is cut at the latest before it is given to a card that
 * cannot. The receiver does what a guest's kernel would do then:
 * - A frame with a gso_type is cut every gso_size bytes. The guest computes all checksums, so the
 *   frame has to say NEEDS_CSUM.
 * - With NEEDS_CSUM, the checksum must be that of the pseudo header, where csum_start and
 * csum_offset say; the guest adds the rest.
 * - Without, it must be complete and right. The zero of IPv4, "not computed", counts as wrong, for
 *   the sender did not ask for it.
 *
 * A port that was just plugged in loses what comes before it forwards. So the sender tries again
 * until anything arrives; each try has a number of its own, and only that one's frames count.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tap.h"
#include "wire.h"

/* Newer than the headers of some distributions. */
#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef TUN_F_USO4
#define TUN_F_USO4 0x20
#define TUN_F_USO6 0x40
#endif
#ifndef VIRTIO_NET_HDR_GSO_UDP_L4
#define VIRTIO_NET_HDR_GSO_UDP_L4 5
#endif

enum {
	DATAGRAMS = 10,
	SIZE = 1000,

	PORT = 4242,

	TRIES = 50,
	QUIET_MS = 100, /* after which nothing more is expected */
};

/* Frames of the same kind, one after the other. */
struct row {
	unsigned frames, gso_type, gso_size, datagrams;
	bool needs_csum, bad_data, bad_checksum;
};

struct receiver {
	int fd;
	const char *address; /* for what is printed */
	uint8_t try;
	struct row row;
	unsigned seen[DATAGRAMS];
	bool any, bad;
};

/* ---- Sending -------------------------------------------------------------- */

/* What datagram NUMBER of a try contains: no two are alike, nor two places of one. */
static void fill(uint8_t data[SIZE], uint8_t try, unsigned number)
{
	for (unsigned i = 0; i < SIZE; i++)
		data[i] = (uint8_t)(i + i / 251 + number);
	data[0] = try;
	data[1] = (uint8_t)number;
}

static int open_sender(const char *address)
{
	struct sockaddr_in to4 = {.sin_family = AF_INET, .sin_port = htons(PORT)};
	struct sockaddr_in6 to6 = {.sin6_family = AF_INET6, .sin6_port = htons(PORT)};
	const bool ip4 = inet_pton(AF_INET, address, &to4.sin_addr) == 1;
	const int size = SIZE;
	const int fd = socket(ip4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (!ip4 && inet_pton(AF_INET6, address, &to6.sin6_addr) != 1) {
		errno = EINVAL;
		die(address);
	}
	if (fd < 0 || setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &size, sizeof(size)) < 0)
		die("UDP_SEGMENT");
	if (connect(fd, ip4 ? (struct sockaddr *)&to4 : (struct sockaddr *)&to6,
		    ip4 ? sizeof(to4) : sizeof(to6)) < 0)
		die(address);
	return fd;
}

static bool send_all(int fd, uint8_t try)
{
	uint8_t data[DATAGRAMS][SIZE];

	for (unsigned i = 0; i < DATAGRAMS; i++)
		fill(data[i], try, i);
	return send(fd, data, sizeof(data), 0) == sizeof(data);
}

/* ---- Receiving ------------------------------------------------------------ */

static void print_row(const struct receiver *receiver)
{
	const struct row *row = &receiver->row;

	if (row->frames == 0)
		return;
	printf("%s frames=%u gso_type=%u gso_size=%u needs_csum=%d datagrams=%u data=%s "
	       "checksum=%s\n",
		receiver->address, row->frames, row->gso_type, row->gso_size, row->needs_csum,
		row->datagrams, row->bad_data ? "bad" : "ok", row->bad_checksum ? "bad" : "ok");
}

/* The row that a frame with this header belongs to. */
static struct row *row_for(struct receiver *receiver, const struct virtio_net_hdr *header)
{
	struct row *row = &receiver->row;
	const bool needs_csum = header->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM;

	if (row->gso_type != header->gso_type || row->gso_size != header->gso_size ||
		row->needs_csum != needs_csum) {
		print_row(receiver);
		*row = (struct row){.gso_type = header->gso_type,
			.gso_size = header->gso_size,
			.needs_csum = needs_csum};
	}
	return row;
}

/* udp_at: in the frame. length: what the IP header says. */
static bool checksum_is_right(const struct virtio_net_hdr *header, const struct flow *flow,
	const uint8_t *frame, size_t udp_at, size_t length)
{
	const uint8_t *udp = frame + udp_at;
	const unsigned checksum = get16(udp + UDP_CHECKSUM_AT);

	if (header->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM)
		return header->csum_start == udp_at && header->csum_offset == UDP_CHECKSUM_AT &&
		       checksum == wire_fold(wire_pseudo_sum(flow, PROTO_UDP, length));
	return header->gso_type == VIRTIO_NET_HDR_GSO_NONE && checksum != 0 &&
	       wire_sum(flow, PROTO_UDP, udp, length) == 0xffff;
}

/* Takes one datagram; false when it is not as it was sent. */
static bool take_datagram(struct receiver *receiver, const uint8_t *data, size_t length)
{
	uint8_t sent[SIZE];

	if (length != SIZE || data[1] >= DATAGRAMS)
		return false;
	fill(sent, receiver->try, data[1]);
	receiver->seen[data[1]]++;
	return memcmp(data, sent, SIZE) == 0;
}

static void take_udp(struct receiver *receiver, const struct virtio_net_hdr *header,
	const struct flow *flow, const uint8_t *frame, size_t udp_at, size_t length)
{
	const uint8_t *data = frame + udp_at + UDP_SIZE;
	size_t left = length - UDP_SIZE, step = left;

	if (length <= UDP_SIZE || get16(frame + udp_at + 2) != PORT || data[0] != receiver->try)
		return;
	struct row *row = row_for(receiver, header);

	if (header->gso_type == VIRTIO_NET_HDR_GSO_UDP_L4 && header->gso_size > 0)
		step = header->gso_size;
	receiver->any = true;
	row->frames++;
	row->bad_checksum |= !checksum_is_right(header, flow, frame, udp_at, length);
	for (; left > 0; data += step, left -= step, row->datagrams++) {
		if (step > left)
			step = left;
		row->bad_data |= !take_datagram(receiver, data, step);
	}
	receiver->bad |= row->bad_checksum || row->bad_data;
}

static void take_ip4(struct receiver *receiver, const struct virtio_net_hdr *header,
	const uint8_t *frame, size_t length)
{
	const uint8_t *ip = frame + ETHER_SIZE;
	struct flow flow = {.family = IPV4};

	if (length < IP4_SIZE + UDP_SIZE || ip[0] != 0x45 || ip[9] != PROTO_UDP ||
		get16(ip + 2) < IP4_SIZE || get16(ip + 2) > length ||
		wire_fold(wire_add(0, ip, IP4_SIZE)) != 0xffff)
		return;
	memcpy(flow.from, ip + 12, 4);
	memcpy(flow.to, ip + 16, 4);
	take_udp(receiver, header, &flow, frame, ETHER_SIZE + IP4_SIZE, get16(ip + 2) - IP4_SIZE);
}

static void take_ip6(struct receiver *receiver, const struct virtio_net_hdr *header,
	const uint8_t *frame, size_t length)
{
	const uint8_t *ip = frame + ETHER_SIZE;
	struct flow flow = {.family = IPV6};

	if (length < IP6_SIZE + UDP_SIZE || ip[6] != PROTO_UDP || get16(ip + 4) > length - IP6_SIZE)
		return;
	memcpy(flow.from, ip + 8, 16);
	memcpy(flow.to, ip + 24, 16);
	take_udp(receiver, header, &flow, frame, ETHER_SIZE + IP6_SIZE, get16(ip + 4));
}

/* A frame that a guest would drop is none: its datagrams are missing in the end. */
static void receive(struct receiver *receiver)
{
	struct {
		struct virtio_net_hdr header;
		uint8_t frame[65536];
	} in;
	const ssize_t got = read(receiver->fd, &in, sizeof(in));

	if (got < (ssize_t)sizeof(in.header) + ETHER_SIZE)
		return;
	const size_t length = (size_t)got - sizeof(in.header) - ETHER_SIZE;

	if (get16(in.frame + 12) == TYPE_IP4)
		take_ip4(receiver, &in.header, in.frame, length);
	else if (get16(in.frame + 12) == TYPE_IP6)
		take_ip6(receiver, &in.header, in.frame, length);
}

/* ---- Both ----------------------------------------------------------------- */

static void send_and_receive(struct receiver *receiver)
{
	struct pollfd card = {.fd = receiver->fd, .events = POLLIN};
	const int sender = open_sender(receiver->address);
	bool sent = false;

	while (!receiver->any && receiver->try < TRIES) {
		receiver->try++;
		sent = send_all(sender, receiver->try);
		while (poll(&card, 1, QUIET_MS) > 0)
			receive(receiver);
	}
	if (!sent)
		die("send");
	close(sender);
	print_row(receiver);
}

static bool intact(const struct receiver *receiver)
{
	bool all = true;

	for (int i = 0; i < DATAGRAMS; i++)
		all &= receiver->seen[i] == 1;
	return all && !receiver->bad;
}

static int usage(void)
{
	fprintf(stderr, "usage: udp-segments [-c|-u] [-b BRIDGE] NAME ADDRESS\n");
	return 2;
}

int main(int argc, char **argv)
{
	struct receiver receiver = {0};
	const char *bridge = NULL;
	unsigned offload = 0;

	for (int option; (option = getopt(argc, argv, "cub:")) != -1;) {
		if (option == 'c')
			offload = TUN_F_CSUM;
		else if (option == 'u')
			offload = TUN_F_CSUM | TUN_F_USO4 | TUN_F_USO6;
		else if (option == 'b')
			bridge = optarg;
		else
			return usage();
	}
	if (argc - optind != 2)
		return usage();

	receiver.address = argv[optind + 1];
	receiver.fd = open_card(argv[optind]);
	if (!set_offload(receiver.fd, offload))
		return 4;
	plug_in(argv[optind], bridge);
	send_and_receive(&receiver);
	return !intact(&receiver);
}
