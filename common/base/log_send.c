// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The sender of lines to the system log. Not syslog(3): that waits for ever for a log
 * daemon that does not read, and libvirtd waits for us. The message is what syslog(3) sends
 * [glibc misc/syslog.c], but for its time: that of the place is in /etc/localtime, which may be a
 * FIFO, or on a file system that does not answer. Each daemon puts the time there that the message
 * arrives at [systemd src/journal/journald-syslog.c, syslog_skip_timestamp();
 * rsyslog plugins/imuxsock/imuxsock.c, SubmitMsg(); busybox sysklogd/syslogd.c,
 * timestamp_and_log()].
 */
#include "log.h"

#include "cleanup.h"
#include "clock.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define LOG_SOCKET "/dev/log"

/* How long the messages so far have waited for the daemon, in ns. */
static long long waited;

static int connect_to_log(void)
{
	const struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = LOG_SOCKET};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

/* What has been waited for a daemon that does not read is not there for the next message. */
static void send_message(int fd, const char *message, size_t length)
{
	long long left = LOG_BUDGET * 1000LL - waited / 1000;
	const struct timeval timeout = {left / 1000000, left % 1000000};

	/* A timeout of 0 would be none [socket(7)]. */
	if (left <= 0 || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)) < 0)
		return;
	long long start = clock_now();
	(void)send(fd, message, length, MSG_NOSIGNAL);
	waited += clock_now() - start;
}

void log_send(int level, const char *line)
{
	CLEANUP(cleanup_free) char *message = NULL;
	CLEANUP(cleanup_fd) int fd = connect_to_log();

	if (fd < 0)
		return;
	int length = asprintf(
		&message, "<%d>virt-netboot[%d]: %s", LOG_DAEMON | level, (int)getpid(), line);
	if (length < 0)
		message = NULL;
	else
		send_message(fd, message, (size_t)length);
}
