// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Theory of operation
 *
 * A legacy table tells of each rule that a marked packet meets, where nftables' nftrace is the
 * mark. It does so by the network namespace's logger for IPv4, net.netfilter.nf_log.2, which is
 * mostly none, or writes to the kernel's log; then this is done from the first request on, so that
 * nothing is written there. While the logger is nfnetlink_log, who is bound to its group 0 gets the
 * messages [linux net/netfilter/nf_log.c, nf_log_trace(); nfnetlink_log.c, nfulnl_log_packet()].
 * The target LOG is not concerned: it names its logger [nf_log_packet()].
 *
 * This sysctl is the only thing of ours that does not go with this process. So there is a guardian:
 * a process that does nothing but to wait for the end of a socket whose other end this process has,
 * and then to write the former value back. It has a lock, too, so that one probe at a time does
 * this, and the next one finds the value that was there before the first.
 */
#include "drop_legacy.h"

#include "alloc.h"
#include "cleanup.h"
#include "drop_event.h"
#include "drop_trace.h"
#include "host.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_log.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define TABLES "/proc/net/ip_tables_names"
#define LOGGER "/proc/sys/net/netfilter/nf_log/2"
#define OUR_LOGGER "nfnetlink_log"

/* As much of a packet as has the client's address in it. */
#define COPY_RANGE 128

/* How long another probe is waited for. Each takes about a second. */
#define LOCK_TRIES 60
#define LOCK_PAUSE 50 /* ms */

struct drop_legacy {
	int lock;
	int socket;
	int pipe;       /* a socket; the guardian waits for its end; or -1 */
	pid_t guardian; /* or 0 */
};

bool drop_legacy_in_use(void)
{
	CLEANUP(cleanup_file) FILE *file = fopen(TABLES, "re");

	return file && getc(file) != EOF;
}

static int read_logger(char *name, size_t size)
{
	CLEANUP(cleanup_fd) int fd = open(LOGGER, O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? -1 : read(fd, name, size - 1);

	if (length < 0)
		return -errno;
	name[length] = '\0';
	name[strcspn(name, "\n")] = '\0';
	return 0;
}

bool drop_legacy_is_loud(void)
{
	char logger[64];

	return drop_legacy_in_use() && read_logger(logger, sizeof(logger)) == 0 &&
	       strcmp(logger, "NONE") != 0 && strcmp(logger, OUR_LOGGER) != 0;
}

/* Return: what holds the lock until it is closed in every process that has it; or a negative errno.
 */
static int take_lock(void)
{
	int lock = host_trace_lock();

	for (unsigned int i = 0; lock == -EAGAIN && i < LOCK_TRIES; i++) {
		(void)poll(NULL, 0, LOCK_PAUSE);
		lock = host_trace_lock();
	}
	return lock == -EAGAIN ? -EBUSY : lock;
}

/* Calls only what may be called between fork(2) and execve(2). */
static int write_logger(const char *name)
{
	int fd = open(LOGGER, O_WRONLY | O_CLOEXEC);
	int result = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, name, strlen(name)) < 0)
		result = -errno;
	close(fd);
	return result;
}

/* Keeps two descriptors and closes all others: a tap must go when its own process ends. */
static void close_others(unsigned int one, unsigned int other)
{
	unsigned int low = one < other ? one : other;
	unsigned int high = one < other ? other : one;

	if (low > 0)
		(void)syscall(SYS_close_range, 0U, low - 1, 0U);
	if (high > low + 1)
		(void)syscall(SYS_close_range, low + 1, high - 1, 0U);
	(void)syscall(SYS_close_range, high + 1, ~0U, 0U);
}

/* What somebody else has set meanwhile stays. */
static void restore_logger(const char *before)
{
	char logger[64];

	if (read_logger(logger, sizeof(logger)) == 0 && strcmp(logger, OUR_LOGGER) == 0)
		(void)write_logger(before);
}

static _Noreturn void guard(int pipe, int lock, const char *logger)
{
	char byte;

	(void)setsid();
	close_others((unsigned int)pipe, (unsigned int)lock);
	if (write(pipe, "", 1) < 0)
		_exit(1);
	while (read(pipe, &byte, 1) != 0 && errno == EINTR) {
	}
	restore_logger(logger);
	_exit(0);
}

/* Until it is in a session of its own, what kills this process's group would kill it, too. */
static int wait_for_guardian(int pipe)
{
	char byte;
	ssize_t length;

	do {
		length = read(pipe, &byte, 1);
	} while (length < 0 && errno == EINTR);
	return length == 1 ? 0 : -ECHILD;
}

/* The guardian is there before anything is changed. The logger is read under the lock: else it
 * could be another probe's. */
static int start_guardian(struct drop_legacy *legacy)
{
	char logger[64] = "";
	sigset_t all;
	sigset_t before;
	int ends[2];
	int result = read_logger(logger, sizeof(logger));

	if (result != 0 || strcmp(logger, OUR_LOGGER) == 0)
		return result;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	legacy->pipe = ends[1];
	/* It has all signals blocked from its first moment on, those of a terminal, too. */
	sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, &before);
	legacy->guardian = fork();
	if (legacy->guardian == 0)
		guard(ends[0], legacy->lock, logger);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	result = legacy->guardian < 0 ? -errno : 0;
	close(ends[0]);
	if (result == 0)
		result = wait_for_guardian(legacy->pipe);
	return result == 0 ? write_logger(OUR_LOGGER) : result;
}

/* A request to nfnetlink_log about group 0, with one attribute. */
struct log_request {
	struct nlmsghdr header;
	struct nfgenmsg message;
	struct nlattr attribute;
	unsigned char value[8];
};

/* The kernel's answer to the last request. */
static int read_ack(int socket)
{
	_Alignas(struct nlmsghdr) char buffer[1024];
	struct pollfd ready = {.fd = socket, .events = POLLIN};
	struct nlmsgerr error;
	struct nlmsghdr header;

	if (poll(&ready, 1, 1000) != 1)
		return -ETIMEDOUT;
	ssize_t length = recv(socket, buffer, sizeof(buffer), 0);
	if (length < (ssize_t)(NLMSG_HDRLEN + sizeof(error)))
		return length < 0 ? -errno : -EPROTO;
	memcpy(&header, buffer, sizeof(header));
	memcpy(&error, buffer + NLMSG_HDRLEN, sizeof(error));
	return header.nlmsg_type == NLMSG_ERROR ? error.error : -EPROTO;
}

static int send_request(int socket, uint16_t type, const void *value, size_t size)
{
	struct log_request request = {
		.header = {.nlmsg_type = NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_CONFIG,
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK},
		.attribute = {
			.nla_type = type, .nla_len = (uint16_t)(sizeof(struct nlattr) + size)}};

	memcpy(request.value, value, size);
	request.header.nlmsg_len =
		(uint32_t)(offsetof(struct log_request, value) + ((size + 3U) & ~(size_t)3U));
	if (send(socket, &request, request.header.nlmsg_len, 0) < 0)
		return -errno;
	return read_ack(socket);
}

/* Be the one who gets what is logged to group 0, each message at once. */
static int bind_group(int socket)
{
	const struct nfulnl_msg_config_cmd bind = {.command = NFULNL_CFG_CMD_BIND};
	const struct nfulnl_msg_config_mode mode = {
		.copy_range = htonl(COPY_RANGE), .copy_mode = NFULNL_COPY_PACKET};
	const uint32_t threshold = htonl(1);
	int result = send_request(socket, NFULA_CFG_CMD, &bind, sizeof(bind));

	if (result == 0)
		result = send_request(socket, NFULA_CFG_MODE, &mode, sizeof(mode));
	if (result == 0)
		result = send_request(socket, NFULA_CFG_QTHRESH, &threshold, sizeof(threshold));
	/* Of a group that is another process's the kernel says that it is forbidden. */
	return result == -EPERM && geteuid() == 0 ? -EBUSY : result;
}

/* In this order: what is bound, and which logger there is, is another probe's until it has ended.
 */
static int start(struct drop_legacy *legacy, const char **trouble)
{
	legacy->lock = take_lock();
	if (legacy->lock < 0) {
		*trouble = "Legacy iptables rules could not be followed, because another probe "
			   "does so.";
		return legacy->lock;
	}
	legacy->socket = drop_socket_open();
	int result = legacy->socket < 0 ? legacy->socket : bind_group(legacy->socket);
	if (result == 0)
		result = start_guardian(legacy);
	if (result == -EBUSY)
		*trouble = "Legacy iptables rules could not be followed, because another program "
			   "(ulogd?) reads NFLOG group 0.";
	else if (result != 0)
		*trouble = "Legacy iptables rules could not be followed: this kernel has no "
			   "nfnetlink_log.";
	return result;
}

int drop_legacy_open(struct drop_legacy **legacy, const char **trouble)
{
	*legacy = alloc_array(1, sizeof(**legacy));
	**legacy = (struct drop_legacy){.lock = -1, .pipe = -1, .socket = -1};
	*trouble = NULL;
	int result = start(*legacy, trouble);
	if (result != 0)
		drop_legacy_close(legacy);
	return result;
}

static void take_line(struct drop_seen *seen, const struct nlmsghdr *message, const void *client)
{
	struct drop_line line;

	if (!drop_line_read(message, client, &line))
		return;
	if (seen->line_count == DROP_LINES_MAX) {
		seen->lost = true;
		return;
	}
	seen->lines = alloc_one_more(seen->lines, seen->line_count, sizeof(*seen->lines));
	seen->lines[seen->line_count++] = line;
}

/* What the rule is, for those that may have dropped a packet. */
static void look_up(struct drop_line *line)
{
	struct legacy_rule rule;

	if (line->known ||
		host_legacy_rule_read(line->table, line->chain, line->number, &rule) != 0)
		return;
	line->known = true;
	line->drops = rule.drops;
	line->policy = rule.policy;
}

void drop_legacy_read(
	struct drop_legacy *legacy, const unsigned char *client, struct drop_seen *seen)
{
	size_t known = seen->line_count;

	if (!legacy)
		return;
	drop_socket_read(legacy->socket, seen, take_line, client);
	for (size_t i = known; i < seen->line_count; i++) {
		const struct drop_line *next = &seen->lines[i + 1];
		bool last = i + 1 == seen->line_count || next->hook != seen->lines[i].hook ||
			    next->packet != seen->lines[i].packet ||
			    next->out != seen->lines[i].out;
		if (last)
			look_up(&seen->lines[i]);
	}
}

void drop_legacy_close(struct drop_legacy **legacy)
{
	if (!*legacy)
		return;
	cleanup_fd(&(*legacy)->pipe);
	if ((*legacy)->guardian > 0) {
		while (waitpid((*legacy)->guardian, NULL, 0) < 0 && errno == EINTR) {
		}
	}
	cleanup_fd(&(*legacy)->socket);
	cleanup_fd(&(*legacy)->lock);
	free(*legacy);
	*legacy = NULL;
}
