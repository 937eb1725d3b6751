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

/* There is no such thing here, or it is not for us to see. Return: 0, or a negative errno. */
static int unless_absent(int error)
{
	bool absent = error == ENOENT || error == ENOTDIR || error == ENXIO || error == ENODEV ||
		      error == EACCES || error == EPERM || error == ENOPROTOOPT;

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

/* The folder is asked which device's it is, because its name may be another's by now. */
static int read_device(unsigned int ifindex, uint64_t *device)
{
	char path[sizeof("/sys/class/net/") + IF_NAMESIZE] = "/sys/class/net/";
	char text[12];
	struct statfs system;
	struct stat status;

	if (!if_indextoname(ifindex, path + strlen(path)))
		return unless_absent(errno);
	CLEANUP(cleanup_fd) int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0 || fstatfs(folder, &system) < 0 || fstat(folder, &status) < 0)
		return unless_absent(errno);
	int result = read_text(folder, "ifindex", text, sizeof(text));
	if (system.f_type == SYSFS_MAGIC && strtoul(text, NULL, 10) == ifindex)
		*device = status.st_ino;
	return result;
}

int device_key_read(unsigned int ifindex, struct device_key *key)
{
	*key = (struct device_key){0};
	int result = read_boot(&key->boot);

	if (result == 0)
		result = read_network_namespace(&key->network_namespace);
	if (result == 0)
		result = read_device(ifindex, &key->device);
	return result;
}

bool device_key_is(const struct device_key *key, const struct device_key *other)
{
	return key->boot == other->boot && key->network_namespace == other->network_namespace &&
	       key->device == other->device;
}
