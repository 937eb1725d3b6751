// SPDX-License-Identifier: GPL-2.0-or-later
#include "xtables_lock.h"

#include "clock.h"
#include "progress.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#define LOCK_FILE "/run/xtables.lock"

/* The whole run may take this long in seconds while somebody else holds the lock. */
#define LOCK_DEADLINE 20

/* And a command, which nobody ends, waits so many seconds. */
#define COMMAND_PATIENCE 5

/* Between two attempts, in milliseconds. */
#define LOCK_PAUSE 10

/* For a command. */
static int flock_until_deadline(int fd)
{
	long long end = clock_now() + COMMAND_PATIENCE * NANOSECONDS;

	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return -errno;
		if (clock_now() >= end)
			return -ETIMEDOUT;
		poll(NULL, 0, LOCK_PAUSE);
	}
	return 0;
}

static int flock_wait(int fd)
{
	if (!progress_is_guarded())
		return flock_until_deadline(fd);
	while (flock(fd, LOCK_EX) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	return 0;
}

int xtables_lock(void)
{
	const char *path = getenv("XTABLES_LOCKFILE");
	int fd = open(path ? path : LOCK_FILE, O_RDONLY | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		return -errno;
	progress_step("waiting for the xtables lock");
	progress_wait_begin(LOCK_DEADLINE);
	int result = flock_wait(fd);
	progress_wait_end();
	if (result == 0)
		return fd;
	close(fd);
	return result;
}
