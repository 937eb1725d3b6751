// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The lock is on the folder of our notes, which only root can open, so that nobody else can have
 * it. A tree of files may be anybody's, and gets no folder for this: there it is on the tree's own.
 */
#include "one_at_a_time.h"

#include "clock.h"
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>

#define NOTES "/run/virt-netboot"

/* Milliseconds: longer than a disable takes that waits for all that it can wait for, three slow
 * daemons among it; between two looks. */
#define OTHERS_MAX 180000
#define PAUSE 50

bool one_at_a_time(const char *root, int *lock)
{
	long long end = clock_now() + OTHERS_MAX * NANOSECONDS_PER_MILLISECOND;

	if (!*root)
		(void)mkdir(NOTES, 0700);
	/* Where there is none to be had, in a system without /run for one, it is done without. */
	*lock = open(*root ? root : NOTES, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	while (*lock >= 0 && flock(*lock, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK) {
		if (clock_now() >= end) {
			log_error("another virt-netboot enable, disable or repair does not end");
			return false;
		}
		poll(NULL, 0, PAUSE);
	}
	return true;
}
