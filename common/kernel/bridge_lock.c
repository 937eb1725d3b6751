// SPDX-License-Identifier: GPL-2.0-or-later
#include "bridge_lock.h"

#include "cleanup.h"
#include "host.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#define FOLDER "/run/virt-netboot"

/* Where the ranges of watched ports begin, beyond those of all bridges. */
#define WATCHES ((off_t)1 << 62)

#define LOCKS ""
#define NOTES ".devices"
#define TRACE ".trace"
#define DOCKER_USER ".docker-user"

/* Of a bridge, in the file of the locks. Other versions have to have the same. */
#define RANGE ((off_t)32)

/* So no note is in two pages, and none is ever half written. */
_Static_assert(sizeof(struct bridge_history) == 128, "a power of two");

/* Return: one of the files of this network namespace, or a negative errno. */
static int open_file(const char *which, bool create)
{
	static struct stat namespace;
	char path[sizeof(FOLDER DOCKER_USER) + 24];
	int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW | (create ? O_CREAT : 0);

	if (namespace.st_ino == 0 && stat("/proc/self/ns/net", &namespace) < 0)
		return -errno;
	snprintf(path, sizeof(path), FOLDER "/%llu%s", (unsigned long long)namespace.st_ino, which);
	int fd = open(path, flags, 0600);
	if (fd < 0 && errno == ENOENT && create) {
		if (mkdir(FOLDER, 0700) < 0 && errno != EEXIST)
			return -errno;
		fd = open(path, flags, 0600);
	}
	return fd < 0 ? -errno : fd;
}

/* A lock of the open file, not of the process: it passes to a child [fcntl(2), open file
 * description locks]. */
static int lock_range(bool create, int command, off_t start, off_t length)
{
	struct flock range = {.l_type = F_WRLCK, .l_start = start, .l_len = length};
	int fd = open_file(LOCKS, create);

	while (fd >= 0 && fcntl(fd, command, &range) < 0) {
		if (errno == EINTR)
			continue;
		int error = errno;
		close(fd);
		return -error;
	}
	return fd;
}

static off_t note_offset(unsigned int bridge)
{
	return (off_t)bridge * (off_t)sizeof(struct bridge_history);
}

int bridge_lock_peek(unsigned int bridge, struct bridge_history *history)
{
	static const struct bridge_history nothing;
	CLEANUP(cleanup_fd) int fd = open_file(NOTES, false);

	*history = nothing;
	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	ssize_t got = pread(fd, history, sizeof(*history), note_offset(bridge));
	if (got != sizeof(*history))
		*history = nothing;
	if (got < 0)
		return -errno;
	return memcmp(history, &nothing, sizeof(nothing)) != 0;
}

int bridge_lock(unsigned int bridge, bool create, struct bridge_history *history)
{
	struct device_key key;
	int fd = lock_range(create, F_OFD_SETLKW, RANGE * bridge, RANGE);

	*history = (struct bridge_history){0};
	if (fd < 0)
		return fd;
	int result = device_key_read(bridge, &key);
	if (result == 0)
		result = bridge_lock_peek(bridge, history);
	if (result < 0) {
		close(fd);
		return result;
	}
	if (!device_key_is(&key, &history->key))
		*history = (struct bridge_history){.key = key};
	return fd;
}

int bridge_lock_note(unsigned int bridge, const struct bridge_history *history)
{
	CLEANUP(cleanup_fd) int fd = open_file(NOTES, true);

	if (fd < 0)
		return fd;
	ssize_t written = pwrite(fd, history, sizeof(*history), note_offset(bridge));
	if (written < 0)
		return -errno;
	return written == sizeof(*history) ? 0 : -ENOSPC;
}

bool bridge_lock_is_same(unsigned int bridge, const struct bridge_history *history)
{
	struct device_key key;

	return device_key_read(bridge, &key) != 0 || device_key_is(&key, &history->key);
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

int host_trace_lock(void)
{
	int fd = open_file(TRACE, true);

	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0) {
		int error = errno;
		close(fd);
		return -error;
	}
	return fd;
}

int docker_user_note(void)
{
	CLEANUP(cleanup_fd) int fd = open_file(DOCKER_USER, true);

	return fd < 0 ? fd : 0;
}

/* What cannot be looked for may be there. */
bool host_docker_user_was_made(void)
{
	CLEANUP(cleanup_fd) int fd = open_file(DOCKER_USER, false);

	return fd != -ENOENT;
}
