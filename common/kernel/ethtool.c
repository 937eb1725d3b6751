// SPDX-License-Identifier: GPL-2.0-or-later
/* By ioctl(2), which asks in the caller's network namespace: /sys may be another one's. */
#include "ethtool.h"

#include "cleanup.h"
#include "only_look.h"

#include <errno.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

static int call_ethtool(const char *name, void *request)
{
	struct ifreq device = {.ifr_data = request};
	CLEANUP(cleanup_fd) int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	if (look_forbids_device(name))
		return -ENODEV;
	memcpy(device.ifr_name, name, strlen(name) + 1);
	return ioctl(fd, SIOCETHTOOL, &device) < 0 ? -errno : 0;
}

int ethtool_value(const char *name, uint32_t command, uint32_t *value)
{
	struct ethtool_value request = {.cmd = command, .data = *value};
	int result = call_ethtool(name, &request);

	if (result == 0)
		*value = request.data;
	return result;
}

int ethtool_driver(const char *name, char driver[ETHTOOL_DRIVER_SIZE])
{
	struct ethtool_drvinfo request = {.cmd = ETHTOOL_GDRVINFO};
	int result = call_ethtool(name, &request);

	memcpy(driver, request.driver, ETHTOOL_DRIVER_SIZE);
	driver[ETHTOOL_DRIVER_SIZE - 1] = '\0';
	return result;
}
