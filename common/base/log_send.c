// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The sender of lines to the system log. Not syslog(3): that waits for ever for a log
 * daemon that does not read, and libvirtd waits for us. The message is what syslog(3) sends
 * [glibc misc/syslog.c].
 */
#include "log.h"

#include "cleanup.h"

#include <stdbool.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define LOG_SOCKET "/dev/log"

/* How long one message may wait for the daemon, in microseconds. */
#define LOG_TIMEOUT 100000

static int connect_to_log(void)
{
	const struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = LOG_SOCKET};
	const struct timeval timeout = {.tv_usec = LOG_TIMEOUT};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)) == 0 &&
		connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	close(fd);
	return -1;
}

static bool send_line(int fd, int level, const char *line)
{
	CLEANUP(cleanup_free) char *message = NULL;
	char stamp[32];
	time_t now = time(NULL);
	struct tm local;

	if (!localtime_r(&now, &local) || !strftime(stamp, sizeof(stamp), "%h %e %T", &local))
		return false;
	int length = asprintf(&message, "<%d>%s virt-netboot[%d]: %s", LOG_DAEMON | level, stamp,
		(int)getpid(), line);
	if (length < 0) {
		message = NULL;
		return false;
	}
	return send(fd, message, (size_t)length, MSG_NOSIGNAL) >= 0;
}

void log_send(int level, const char *line)
{
	static bool mute;

	if (mute)
		return;
	int fd = connect_to_log();
	/* A daemon that kept one message waiting is not given another. */
	mute = fd < 0 || !send_line(fd, level, line);
	if (fd >= 0)
		close(fd);
}
