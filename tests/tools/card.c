// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What of host.h is about a probe's card, for tests.
 *
 *     card [OPTION]... -b BRIDGE      a tap there, until standard input ends; its name is printed
 *     card [OPTION]... -p PARENT      a macvtap
 *         -a MAC   of its frames      -v VID   the port's VLAN     -m MODE  of the macvtap
 *         -i       isolated           -f       libvirt maintains the forwarding table
 *         -c       partial checksums  -s       sends a broadcast when it is up
 *     card find BRIDGE MAC            the port behind which it is, or "none"
 *     card server 4|6 DEVICE          the program that serves DHCP at it, and its process; or
 * "none"
 *
 * Status 0; 3 and the error, if the card cannot be had. How many frames came is printed at the end.
 */
#include "host.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/ether.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HEADER 12

static _Noreturn void fail(int result)
{
	fprintf(stderr, "%s\n", strerror(-result));
	exit(3);
}

static void read_mac(const char *text, unsigned char mac[MAC_SIZE])
{
	struct ether_addr address;

	if (!ether_aton_r(text, &address))
		fail(-EINVAL);
	memcpy(mac, &address, MAC_SIZE);
}

static unsigned int read_index(const char *name)
{
	unsigned int ifindex = if_nametoindex(name);

	if (!ifindex)
		fail(-ENODEV);
	return ifindex;
}

static int find(const char *bridge, const char *text)
{
	unsigned char mac[MAC_SIZE];
	char name[IF_NAMESIZE];
	unsigned int ifindex;

	read_mac(text, mac);
	int result = host_bridge_find_mac(read_index(bridge), mac, &ifindex);
	if (result != 0)
		fail(result);
	puts(ifindex && if_indextoname(ifindex, name) ? name : "none");
	return 0;
}

static int find_server(const char *family, const char *device)
{
	struct server_process process;
	int result = host_dhcp_server_process(
		*family == '4' ? IPV4 : IPV6, *device ? read_index(device) : 0, &process);

	if (result == -ENOENT)
		puts("none");
	else if (result != 0)
		fail(result);
	else
		printf("%s %d\n", process.name, process.pid);
	return 0;
}

static void send_broadcast(const struct card *card)
{
	unsigned char frame[HEADER + 60] = {0};

	memset(&frame[HEADER], 0xff, MAC_SIZE);
	memcpy(&frame[HEADER + MAC_SIZE], card->mac, MAC_SIZE);
	frame[HEADER + 12] = 0x88; /* an EtherType for local experiments */
	frame[HEADER + 13] = 0xb5;
	if (write(card->fd, frame, sizeof(frame)) < 0)
		fail(-errno);
}

/* Until standard input ends. */
static unsigned int count_frames(int fd)
{
	struct pollfd fds[] = {
		{.fd = STDIN_FILENO, .events = POLLIN}, {.fd = fd, .events = POLLIN}};
	char bytes[65536];
	unsigned int count = 0;

	while (poll(fds, 2, -1) >= 0) {
		if (fds[1].revents & POLLIN)
			count += read(fd, bytes, sizeof(bytes)) > 0;
		if ((fds[0].revents & ~POLLIN) || read(STDIN_FILENO, bytes, 1) == 0)
			break;
	}
	return count;
}

static int open_card(const struct card_wish *wish, bool sends)
{
	struct card card;
	int result = host_card_open(wish, &card);

	if (result != 0) {
		host_card_close(&card);
		fail(result);
	}
	puts(card.name);
	fflush(stdout);
	if (sends)
		send_broadcast(&card);
	printf("%u frames\n", count_frames(card.fd));
	host_card_close(&card);
	return 0;
}

int main(int argc, char **argv)
{
	struct card_wish wish = {.mac = {0x52, 0x54, 0x00, 0x0b, 0x0b, 0x01}};
	bool sends = false;

	if (argc == 4 && strcmp(argv[1], "find") == 0)
		return find(argv[2], argv[3]);
	if (argc == 4 && strcmp(argv[1], "server") == 0)
		return find_server(argv[2], argv[3]);
	for (int option; (option = getopt(argc, argv, "b:p:a:v:m:ifcs")) != -1;) {
		switch (option) {
		case 'b':
			wish.bridge = read_index(optarg);
			break;
		case 'p':
			wish.parent = read_index(optarg);
			break;
		case 'a':
			read_mac(optarg, wish.mac);
			break;
		case 'v':
			wish.vlan = (unsigned int)strtoul(optarg, NULL, 10);
			break;
		case 'm':
			wish.mode = optarg;
			break;
		case 'i':
			wish.isolated = true;
			break;
		case 'f':
			wish.fdb_entry = true;
			break;
		case 'c':
			wish.partial = true;
			break;
		case 's':
			sends = true;
			break;
		default:
			return 64;
		}
	}
	return open_card(&wish, sends);
}
