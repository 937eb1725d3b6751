// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Transmit checksumming of a bridge. Off, the kernel fills every packet that goes out through it,
 * also those of TCP, and cuts them all up before (no segmentation offload without checksumming
 * [linux net/core/dev.c, netdev_fix_features()]). Who switched it off is noted beside the bridge's
 * lock, for it is not ours to switch on if it was off before.
 */
#include "bridge_lock.h"
#include "cleanup.h"
#include "host.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

/* ETHTOOL_GTXCSUM or ETHTOOL_STXCSUM. */
static int call(const char *name, uint32_t command, uint32_t *value)
{
	struct ethtool_value request = {.cmd = command, .data = *value};
	struct ifreq device = {.ifr_data = (void *)&request};
	CLEANUP(cleanup_fd) int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	memcpy(device.ifr_name, name, strlen(name) + 1);
	if (ioctl(fd, SIOCETHTOOL, &device) < 0)
		return -errno;
	*value = request.data;
	return 0;
}

bool host_tx_checksum_is_off(const char *name)
{
	uint32_t on = 0;

	return call(name, ETHTOOL_GTXCSUM, &on) == 0 && !on;
}

bool host_tx_checksum_is_ours(unsigned int ifindex)
{
	struct bridge_history history;
	CLEANUP(cleanup_fd) int lock = bridge_lock(ifindex, false, &history);

	return lock >= 0 && history.tx_checksum_off;
}

/* The note is made before and taken away after, so that none is missing if we are killed. */
int host_tx_checksum_set(const char *name, unsigned int ifindex, bool on)
{
	struct bridge_history history;
	CLEANUP(cleanup_fd) int lock = bridge_lock(ifindex, true, &history);
	uint32_t value = on;
	int result = 0;

	if (lock < 0)
		return lock;
	if (host_tx_checksum_is_off(name) == !on)
		return 0;
	if (on && !history.tx_checksum_off)
		return 0;
	if (!on) {
		history.tx_checksum_off = true;
		result = bridge_lock_note(lock, ifindex, &history);
	}
	if (result == 0)
		result = call(name, ETHTOOL_STXCSUM, &value);
	if (result == 0 && host_tx_checksum_is_off(name) == on)
		result = -EPROTO;
	if (result == 0 && on) {
		history.tx_checksum_off = false;
		result = bridge_lock_note(lock, ifindex, &history);
	}
	return result;
}
