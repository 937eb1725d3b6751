// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The character device of a macvtap.
 *
 * Theory of operation
 *
 * Its number is in sysfs [linux drivers/net/tap.c, tap_get_minor(); macvtap.c,
 * macvtap_device_event()]. udev makes the node /dev/tapN for it, N being the index; soon, late or,
 * in a container, never. One that is there may be an earlier device's: its number tells.
 *
 * Where there is none, a node is made in a file system of our own that is mounted nowhere, so that
 * nothing stays of it, whatever happens. The sysfs is opened in the same way: the one at /sys may
 * be of another network namespace. Both are new in Linux 5.2, and need CAP_SYS_ADMIN.
 */
#include "card.h"

#include "alloc.h"
#include "cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

/* How long udev is waited for: as often, and for so many milliseconds each time. */
#define ATTEMPTS 100
#define PAUSE 10

/* A file system of this kind, mounted nowhere. Return: a descriptor of its root, or a negative
 * errno. */
static int open_apart(const char *kind)
{
	CLEANUP(cleanup_fd) int context = (int)syscall(SYS_fsopen, kind, FSOPEN_CLOEXEC);

	if (context < 0 || syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -errno;
	int root = (int)syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, 0);
	return root < 0 ? -errno : root;
}

static int open_sysfs(void)
{
	int root = open_apart("sysfs");

	return root >= 0 ? root : open("/sys", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static int read_number(const char *name, unsigned int ifindex, dev_t *number)
{
	CLEANUP(cleanup_free)
	char *path = alloc_format("class/net/%s/tap%u/dev", name, ifindex);
	CLEANUP(cleanup_fd) int sysfs = open_sysfs();
	CLEANUP(cleanup_fd)
	int fd = sysfs < 0 ? -1 : openat(sysfs, path, O_RDONLY | O_CLOEXEC);
	char text[32] = "";
	char *end;

	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
		return -errno;
	unsigned long major = strtoul(text, &end, 10);
	if (*end != ':')
		return -EPROTO;
	*number = makedev((unsigned int)major, (unsigned int)strtoul(end + 1, NULL, 10));
	return 0;
}

/* Return: the descriptor, if it is the device of this number; or a negative errno. */
static int open_at(int directory, const char *path, dev_t number)
{
	struct stat status;
	int fd = openat(directory, path, O_RDWR | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (fstat(fd, &status) == 0 && S_ISCHR(status.st_mode) && status.st_rdev == number)
		return fd;
	close(fd);
	return -ENOENT;
}

static int open_own_node(dev_t number)
{
	CLEANUP(cleanup_fd) int root = open_apart("tmpfs");

	if (root < 0)
		return root;
	if (mknodat(root, "tap", S_IFCHR | 0600, number) < 0)
		return -errno;
	return open_at(root, "tap", number);
}

int card_node_open(const char *name, unsigned int ifindex)
{
	CLEANUP(cleanup_free) char *path = alloc_format("/dev/tap%u", ifindex);
	dev_t number = 0;
	int result = read_number(name, ifindex, &number);

	if (result < 0)
		return result;
	result = open_at(AT_FDCWD, path, number);
	if (result < 0)
		result = open_own_node(number);
	for (int i = 0; result < 0 && i < ATTEMPTS; i++) {
		poll(NULL, 0, PAUSE);
		result = open_at(AT_FDCWD, path, number);
	}
	return result;
}
