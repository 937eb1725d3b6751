// SPDX-License-Identifier: GPL-2.0-or-later
#include "bridge_lock.h"

#include "cleanup.h"
#include "host.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#define FOLDER "/run/virt-netboot"

/* Where the ranges of watched ports begin, beyond those of all bridges. */
#define WATCHES ((off_t)1 << 62)

/* Return: the file of this network namespace, or a negative errno. */
static int open_file(bool create)
{
	char path[sizeof(FOLDER) + 24];
	struct stat namespace;

	if (stat("/proc/self/ns/net", &namespace) < 0)
		return -errno;
	if (create && mkdir(FOLDER, 0700) < 0 && errno != EEXIST)
		return -errno;
	snprintf(path, sizeof(path), FOLDER "/%llu", (unsigned long long)namespace.st_ino);
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | (create ? O_CREAT : 0), 0600);
	return fd < 0 ? -errno : fd;
}

/* A lock of the open file, not of the process: it passes to a child [fcntl(2), open file
 * description locks]. */
static int lock_range(bool create, int command, off_t start, off_t length)
{
	struct flock range = {.l_type = F_WRLCK, .l_start = start, .l_len = length};
	int fd = open_file(create);

	while (fd >= 0 && fcntl(fd, command, &range) < 0) {
		if (errno == EINTR)
			continue;
		int error = errno;
		close(fd);
		return -error;
	}
	return fd;
}

static off_t bridge_range(unsigned int bridge)
{
	return (off_t)bridge * (off_t)sizeof(struct bridge_history);
}

/* A file that ends before the bridge's range holds zeros there. */
static bool read_history(int fd, unsigned int bridge, struct bridge_history *history)
{
	if (fd >= 0 &&
		pread(fd, history, sizeof(*history), bridge_range(bridge)) == sizeof(*history))
		return true;
	*history = (struct bridge_history){0};
	return false;
}

int bridge_lock(unsigned int bridge, bool create, struct bridge_history *history)
{
	int fd = lock_range(create, F_OFD_SETLKW, bridge_range(bridge), sizeof(*history));

	(void)read_history(fd, bridge, history);
	return fd;
}

bool bridge_lock_peek(unsigned int bridge, struct bridge_history *history)
{
	CLEANUP(cleanup_fd) int fd = open_file(false);

	return read_history(fd, bridge, history);
}

int bridge_lock_note(int lock, unsigned int bridge, const struct bridge_history *history)
{
	ssize_t written = pwrite(lock, history, sizeof(*history), bridge_range(bridge));

	if (written < 0)
		return -errno;
	return written == sizeof(*history) ? 0 : -ENOSPC;
}

/* One byte for each port, as far as 62 bits tell them apart. */
int host_watch_lock(unsigned int bridge, const unsigned char mac[MAC_SIZE])
{
	off_t address = 0;

	for (size_t i = 0; i < MAC_SIZE; i++)
		address = address << 8 | mac[i];
	return lock_range(true, F_OFD_SETLK, WATCHES + (((off_t)bridge << 30) ^ address), 1);
}

/* No port has that address. */
int host_sweep_lock(unsigned int bridge)
{
	const unsigned char none[MAC_SIZE] = {0};

	return host_watch_lock(bridge, none);
}
