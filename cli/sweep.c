// SPDX-License-Identifier: GPL-2.0-or-later
#include "sweep.h"

#include "cleanup.h"
#include "host.h"
#include "log.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <sys/stat.h>

/* As systemd finds out [systemd src/basic/virt.c, running_in_chroot()]. */
static bool is_in_chroot(void)
{
	struct stat first_process;
	struct stat ours;

	return stat("/proc/1/root", &first_process) < 0 || stat("/", &ours) < 0 ||
	       first_process.st_dev != ours.st_dev || first_process.st_ino != ours.st_ino;
}

static void keep_first(int *first, int result)
{
	if (*first == 0)
		*first = result;
}

static int sweep_rules(enum ip_family family)
{
	CLEANUP(cleanup_free) struct fill_rule *rules = NULL;
	size_t count;
	int result = host_fill_list(family, &rules, &count);

	if (result == 0 && count > 0)
		result = host_fill_set(family, rules, count);
	if (result != 0)
		log_error("cannot remove our rules from the mangle table of %s: %s",
			family == IPV4 ? "IPv4" : "IPv6", strerror(-result));
	return result;
}

/* A device that has gone meanwhile has taken its filters with it. */
static int sweep_device(const struct if_nameindex *device)
{
	int result = host_filter_set(device->if_index, FILTER_EGRESS, FILL_NONE);

	keep_first(&result, host_filter_set(device->if_index, FILTER_INGRESS, FILL_NONE));
	if (host_tx_checksum_is_ours(device->if_index))
		keep_first(&result, host_tx_checksum_set(device->if_name, device->if_index, true));
	if (result == -ENODEV || result == -EINVAL)
		return 0;
	if (result != 0)
		log_error("cannot remove our filters from %s: %s", device->if_name,
			strerror(-result));
	return result;
}

static int sweep_devices(void)
{
	struct if_nameindex *devices = if_nameindex();
	int result = 0;

	if (!devices) {
		result = -errno;
		log_error("cannot list the devices of this host: %s", strerror(-result));
		return result;
	}
	for (const struct if_nameindex *device = devices; device->if_name; device++)
		keep_first(&result, sweep_device(device));
	if_freenameindex(devices);
	return result;
}

int sweep(void)
{
	int result = 0;

	if (is_in_chroot())
		return 0;
	for (enum ip_family family = 0; family < IP_FAMILIES; family++)
		keep_first(&result, sweep_rules(family));
	keep_first(&result, sweep_devices());
	return result;
}
