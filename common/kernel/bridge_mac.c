// SPDX-License-Identifier: GPL-2.0-or-later
/* Where a bridge has its MAC address from. */
#include "cleanup.h"
#include "host.h"

/* [linux include/uapi/linux/netdevice.h, NET_ADDR_SET; net/bridge/br_stp_if.c,
 * br_stp_recalculate_bridge_id()]. Netlink does not tell. */
#define ADDRESS_WAS_SET '3'

bool host_bridge_has_own_mac(const char *name)
{
	char path[sizeof("/sys/class/net//addr_assign_type") + IFNAME_SIZE];

	snprintf(path, sizeof(path), "/sys/class/net/%s/addr_assign_type", name);
	CLEANUP(cleanup_file) FILE *file = fopen(path, "re");
	return file && fgetc(file) == ADDRESS_WAS_SET;
}
