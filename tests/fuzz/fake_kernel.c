// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The system calls by which libnl, libiptc and common/kernel ask the kernel, without a kernel: an
 * execution enters it nowhere. As the program's own functions they come before those of libc in the
 * libraries, too.
 */
#include "fuzz.h"

#include <net/if.h> /* before what includes linux/if.h */

#include <errno.h>
#include <fcntl.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* Libraries are to find what is here. */
#pragma GCC visibility push(default)

/* No descriptor has this number. */
#define FAKE_SOCKET 1000000

static struct {
	const uint8_t *next;
	size_t left;
	bool nonblocking;
} answers;

static struct {
	const void *info;
	size_t info_size;
	const void *entries;
	size_t entries_size;
} table;

void kernel_answers(const uint8_t *data, size_t size)
{
	answers.next = data;
	answers.left = size;
}

void kernel_table(const void *info, size_t info_size, const void *entries, size_t entries_size)
{
	table.info = info;
	table.info_size = info_size;
	table.entries = entries;
	table.entries_size = entries_size;
}

/* The next message, if it is one. Return: its bytes, with those that align it; of one that is cut
 * short or says nonsense, all that is left. */
static size_t next_message(size_t offset, struct nlmsghdr *header)
{
	size_t left = answers.left - offset;

	*header = (struct nlmsghdr){0};
	if (left < sizeof(*header))
		return left;
	memcpy(header, answers.next + offset, sizeof(*header));
	if (header->nlmsg_len < sizeof(*header) || header->nlmsg_len > left)
		return left;
	size_t aligned = NLMSG_ALIGN(header->nlmsg_len);
	return aligned < left ? aligned : left;
}

/* What is received at once: the parts of one socket's dump that follow each other, or a message
 * that is no part of one. So a question that is asked in the midst of a dump gets its answer, as it
 * was recorded. */
static size_t datagram_size(void)
{
	struct nlmsghdr header;
	size_t size = next_message(0, &header);
	uint32_t socket_id = header.nlmsg_pid;

	while (header.nlmsg_flags & NLM_F_MULTI && header.nlmsg_type != NLMSG_DONE &&
		size < answers.left) {
		size_t next = next_message(size, &header);
		if (!(header.nlmsg_flags & NLM_F_MULTI) || header.nlmsg_pid != socket_id)
			break;
		size += next;
	}
	return size;
}

/* Return: the bytes of the next datagram, of which as many as fit are copied; or -1 */
static ssize_t receive(void *buffer, size_t room, int flags)
{
	static const struct {
		struct nlmsghdr header;
		int error; // cppcheck-suppress unusedStructMember
	} done = {{.nlmsg_len = sizeof(done), .nlmsg_type = NLMSG_DONE}, 0};
	size_t size = answers.left > 0 ? datagram_size() : sizeof(done);
	size_t copied = size < room ? size : room;

	if (answers.left == 0 && answers.nonblocking) {
		errno = EAGAIN;
		return -1;
	}
	memcpy(buffer, answers.left > 0 ? (const void *)answers.next : &done, copied);
	if (answers.left > 0 && !(flags & MSG_PEEK)) {
		answers.next += size;
		answers.left -= size;
	}
	return (ssize_t)((flags & MSG_TRUNC) ? size : copied);
}

/* The C library's headers have other names for what these take. */
// NOLINTBEGIN(readability-inconsistent-declaration-parameter-name)

int socket(int domain, int type, int protocol)
{
	(void)domain;
	(void)protocol;
	answers.nonblocking = type & SOCK_NONBLOCK;
	return FAKE_SOCKET;
}

int close(int fd)
{
	/* libc's own is hidden by this one. */
	return fd == FAKE_SOCKET ? 0 : close_range((unsigned int)fd, (unsigned int)fd, 0);
}

int bind(int fd, const struct sockaddr *address, socklen_t size)
{
	(void)fd;
	(void)address;
	(void)size;
	return 0;
}

int getsockname(int fd, struct sockaddr *restrict address, socklen_t *restrict size)
{
	const struct sockaddr_nl netlink = {.nl_family = AF_NETLINK, .nl_pid = 1};

	(void)fd;
	memcpy(address, &netlink, sizeof(netlink));
	*size = sizeof(netlink);
	return 0;
}

int setsockopt(int fd, int level, int option, const void *value, socklen_t size)
{
	(void)fd;
	(void)level;
	(void)option;
	(void)value;
	(void)size;
	return 0;
}

int getsockopt(int fd, int level, int option, void *restrict value, socklen_t *restrict size)
{
	const void *answer = option == IPT_SO_GET_INFO ? table.info : table.entries;
	size_t length = option == IPT_SO_GET_INFO ? table.info_size : table.entries_size;

	(void)fd;
	(void)level;
	if (!answer || *size < length) {
		errno = ENOENT;
		return -1;
	}
	memcpy(value, answer, length);
	*size = (socklen_t)length;
	return 0;
}

/* O_NONBLOCK of a fake socket, and nothing else. */
static int control(int fd, int command)
{
	if (fd == FAKE_SOCKET && command == F_SETFL)
		answers.nonblocking = true;
	return 0;
}

int fcntl(int fd, int command, ...)
{
	return control(fd, command);
}

int fcntl64(int fd, int command, ...)
{
	return control(fd, command);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
	size_t size = 0;

	(void)fd;
	(void)flags;
	for (size_t i = 0; i < message->msg_iovlen; i++)
		size += message->msg_iov[i].iov_len;
	return (ssize_t)size;
}

ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
	const struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};

	(void)fd;
	if (message->msg_name)
		memcpy(message->msg_name, &kernel, sizeof(kernel));
	message->msg_namelen = sizeof(kernel);
	message->msg_controllen = 0;
	message->msg_flags = 0;
	return receive(message->msg_iov->iov_base, message->msg_iov->iov_len, flags);
}

ssize_t recv(int fd, void *buffer, size_t size, int flags)
{
	(void)fd;
	return receive(buffer, size, flags);
}

int poll(struct pollfd *fds, nfds_t count, int timeout)
{
	(void)fds;
	(void)count;
	(void)timeout;
	return answers.left > 0;
}

int ioctl(int fd, unsigned long request, ...)
{
	(void)fd;
	(void)request;
	errno = ENODEV;
	return -1;
}

/* bpf(2), of which no program is anywhere. */
long syscall(long number, ...)
{
	(void)number;
	errno = ENOSYS;
	return -1;
}

unsigned int if_nametoindex(const char *name)
{
	(void)name;
	return 12; /* as in record.sh */
}

char *if_indextoname(unsigned int ifindex, char *name)
{
	(void)ifindex;
	return memcpy(name, "eth0", sizeof("eth0"));
}

// NOLINTEND(readability-inconsistent-declaration-parameter-name)
