// SPDX-License-Identifier: GPL-2.0-or-later
#include "device_key.h"

#include "cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif

/* How often the folder of a device is looked for, which may be renamed again and again. */
#define ATTEMPTS 10

/*
 * 0 if there is no such thing here, or a negative errno. What is there and not for us to see is an
 * error: a key without that part is not the one that was noted, and the note would be forgotten.
 */
static int unless_absent(int error)
{
	bool absent = error == ENOENT || error == ENOTDIR || error == ENXIO || error == ENODEV ||
		      error == ENOPROTOOPT;

	return absent ? 0 : -error;
}

static int read_text(int folder, const char *path, char *text, size_t size)
{
	CLEANUP(cleanup_fd) int fd = openat(folder, path, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : read(fd, text, size - 1);

	text[got < 0 ? 0 : got] = '\0';
	return got < 0 ? unless_absent(errno) : 0;
}

/* "3f8b6c1e-9d2a-...": the first 48 bits of a random number. */
static int read_boot(uint64_t *boot)
{
	char text[14];
	int result = read_text(AT_FDCWD, "/proc/sys/kernel/random/boot_id", text, sizeof(text));
	const char *second = strchr(text, '-');

	if (second)
		*boot = strtoull(text, NULL, 16) << 16 | strtoull(second + 1, NULL, 16);
	return result;
}

static int read_network_namespace(uint64_t *cookie)
{
	CLEANUP(cleanup_fd) int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t size = sizeof(*cookie);

	if (fd < 0 || getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, cookie, &size) < 0)
		return unless_absent(errno);
	return 0;
}

/* The folder of all devices; absent where there is no sysfs. Return: a descriptor or a negative
 * errno. */
static int open_devices(void)
{
	struct statfs system;
	int fd = open("/sys/class/net", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	int result = fstatfs(fd, &system) < 0 ? -errno : 0;
	if (result == 0 && system.f_type == SYSFS_MAGIC)
		return fd;
	close(fd);
	return result < 0 ? result : -ENOENT;
}

/* The folder is asked which device's it is, because its name may be another's by now: then @device
 * is left as it is. */
static int read_folder(int devices, const char *name, unsigned int ifindex, uint64_t *device)
{
	char text[12];
	struct stat status;
	CLEANUP(cleanup_fd) int folder = openat(devices, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (folder < 0 || fstat(folder, &status) < 0)
		return unless_absent(errno);
	int result = read_text(folder, "ifindex", text, sizeof(text));
	if (strtoul(text, NULL, 10) == ifindex)
		*device = status.st_ino;
	return result;
}

/*
 * A device may be renamed between the two questions, for its name and for the folder of that name.
 * If the name stays the same and there is no such folder, sysfs shows another network namespace.
 */
static int read_device(unsigned int ifindex, uint64_t *device)
{
	CLEANUP(cleanup_fd) int devices = open_devices();
	char name[IF_NAMESIZE];
	char before[IF_NAMESIZE] = "";
	bool renamed = false;
	int result = 0;

	if (devices < 0)
		return unless_absent(-devices);
	for (int attempt = 0; attempt < ATTEMPTS && result == 0 && *device == 0; attempt++) {
		if (!if_indextoname(ifindex, name))
			return unless_absent(errno);
		renamed = renamed || (*before && strcmp(name, before) != 0);
		memcpy(before, name, sizeof(before));
		result = read_folder(devices, name, ifindex, device);
	}
	return result == 0 && *device == 0 && renamed ? -EAGAIN : result;
}

int device_key_read(unsigned int ifindex, struct device_key *key)
{
	static struct device_key process; /* what is the same for all devices */
	static bool known;
	int result = 0;

	if (!known) {
		result = read_boot(&process.boot);
		if (result == 0)
			result = read_network_namespace(&process.network_namespace);
		known = result == 0;
	}
	*key = process;
	return result == 0 ? read_device(ifindex, &key->device) : result;
}

bool device_key_is(const struct device_key *key, const struct device_key *other)
{
	return key->boot == other->boot && key->network_namespace == other->network_namespace &&
	       key->device == other->device;
}
