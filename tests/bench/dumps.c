// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * bench-dumps [URI]: what `virt-netboot check --all` cannot do without, and no more: dumps of all
 * links and of all qdiscs, and, with a URI, the XML of all networks and guests of libvirt; read and
 * thrown away.
 */
#include <libvirt/libvirt.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

/* Return: true if there is more to come. */
static bool read_some(int fd)
{
	static char buffer[1 << 16] __attribute__((aligned(NLMSG_ALIGNTO)));
	ssize_t length = recv(fd, buffer, sizeof(buffer), 0);
	struct nlmsghdr *header = (struct nlmsghdr *)buffer;

	if (length <= 0)
		fail("recv");
	for (; NLMSG_OK(header, (size_t)length); header = NLMSG_NEXT(header, length)) {
		if (header->nlmsg_type == NLMSG_DONE || header->nlmsg_type == NLMSG_ERROR)
			return false;
	}
	return true;
}

static void dump(unsigned short type)
{
	struct {
		struct nlmsghdr header;
		union {
			struct ifinfomsg link;
			struct tcmsg qdisc;
		};
	} request = {
		.header =
			{
				.nlmsg_len = sizeof(request),
				.nlmsg_type = type,
				.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
			},
	};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (fd < 0 || send(fd, &request, sizeof(request), 0) < 0)
		fail("netlink");
	while (read_some(fd))
		;
}

static void read_networks(virConnectPtr connection)
{
	virNetworkPtr *networks = NULL;
	int count = virConnectListAllNetworks(connection, &networks, 0);

	for (int i = 0; i < count; i++)
		free(virNetworkGetXMLDesc(networks[i], 0));
}

static void read_guests(virConnectPtr connection)
{
	virDomainPtr *guests = NULL;
	int count = virConnectListAllDomains(connection, &guests, 0);

	for (int i = 0; i < count; i++)
		free(virDomainGetXMLDesc(guests[i], 0));
}

int main(int argc, char **argv)
{
	dump(RTM_GETLINK);
	dump(RTM_GETQDISC);
	if (argc < 2)
		return 0;
	virConnectPtr connection = virConnectOpenReadOnly(argv[1]);
	if (!connection)
		fail(argv[1]);
	read_networks(connection);
	read_guests(connection);
	virConnectClose(connection);
	return 0;
}
