// SPDX-License-Identifier: GPL-2.0-or-later
#include "beside.h"

#include "alloc.h"
#include "cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/random.h>

/* A name may have 255 bytes. */
#define NEW_NAME "%.200s.virt-netboot-%08x"

int beside_open(int directory, const char *name, char **new_name)
{
	unsigned int number;

	for (;;) {
		if (getrandom(&number, sizeof(number), 0) < 0)
			return -errno;
		*new_name = alloc_format(NEW_NAME, name, number);
		int fd = openat(directory, *new_name,
			O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (fd >= 0)
			return fd;
		int error = errno;
		free(*new_name);
		*new_name = NULL;
		if (error != EEXIST)
			return -error;
	}
}

void beside_sync(int directory)
{
	CLEANUP(cleanup_fd) int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0)
		(void)fsync(fd);
}

const char *file_kind(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFLNK:
		return "a symbolic link";
	case S_IFDIR:
		return "a directory";
	case S_IFIFO:
		return "a FIFO";
	case S_IFSOCK:
		return "a socket";
	default:
		return "a device";
	}
}
