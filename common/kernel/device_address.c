// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whether this host has an address at a device. For IPv4 an ioctl asks that device only [linux
 * net/ipv4/devinet.c, devinet_ioctl()]; a dump of addresses grows with the host.
 */
#include "cleanup.h"
#include "host.h"
#include "only_look.h"

#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

bool host_has_address(const char *name)
{
	struct ifreq device = {0};
	CLEANUP(cleanup_fd) int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	memcpy(device.ifr_name, name, strlen(name) + 1);
	return fd >= 0 && !look_forbids_device(name) && ioctl(fd, SIOCGIFADDR, &device) == 0;
}
