// SPDX-License-Identifier: GPL-2.0-or-later
#include "proc_sockets.h"

#include "alloc.h"
#include "cleanup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#ifndef SO_BINDTOIFINDEX
#define SO_BINDTOIFINDEX 62
#endif

static void cleanup_dir(DIR **directory)
{
	if (*directory)
		closedir(*directory);
}

/* "0100007F:0043": each 32 bits as a number of this machine, though they are in network order. */
static bool parse_address(
	const char *text, unsigned char family, unsigned int port, unsigned char address[16])
{
	const size_t words = family == AF_INET6 ? 4 : 1;
	char word[9] = "";

	if (strcspn(text, ":") != words * 8 || strtoul(&text[words * 8 + 1], NULL, 16) != port)
		return false;
	memset(address, 0, 16);
	for (size_t i = 0; i < words; i++) {
		memcpy(word, &text[i * 8], 8);
		uint32_t value = (uint32_t)strtoul(word, NULL, 16);
		memcpy(&address[i * 4], &value, sizeof(value));
	}
	return true;
}

enum field { FIELD_NUMBER, FIELD_LOCAL, FIELD_REMOTE, FIELD_STATE, FIELD_INODE = 9, FIELDS };

/* [linux include/net/tcp_states.h], as a socket without a peer has it. */
#define TCP_CLOSE 7

bool proc_sockets_parse(
	char *line, unsigned char family, unsigned int port, struct proc_socket *socket)
{
	const char *fields[FIELDS];
	char *rest = line;
	size_t count = 0;

	for (char *field; count < FIELDS && (field = strsep(&rest, " \n"));) {
		if (*field)
			fields[count++] = field;
	}
	*socket = (struct proc_socket){0};
	if (count < FIELDS || strtoul(fields[FIELD_STATE], NULL, 16) != TCP_CLOSE ||
		!parse_address(fields[FIELD_LOCAL], family, port, socket->address))
		return false;
	socket->inode = strtoul(fields[FIELD_INODE], NULL, 10);
	return true;
}

/* Those with an inode of 0 are nobody's any more. */
static int read_list(
	unsigned char family, unsigned int port, struct proc_socket **sockets, size_t *count)
{
	CLEANUP(cleanup_file)
	FILE *file = fopen(family == AF_INET6 ? "/proc/net/udp6" : "/proc/net/udp", "re");
	CLEANUP(cleanup_free) char *line = NULL;
	struct proc_socket socket;
	size_t size = 0;

	if (!file)
		return errno == ENOENT && family == AF_INET6 ? 0 : -errno;
	while (getline(&line, &size, file) > 0) {
		if (!proc_sockets_parse(line, family, port, &socket) || socket.inode == 0)
			continue;
		*sockets = alloc_one_more(*sockets, *count, sizeof(socket));
		(*sockets)[(*count)++] = socket;
	}
	return 0;
}

static int by_inode(const void *a, const void *b)
{
	unsigned long first = ((const struct proc_socket *)a)->inode;
	unsigned long second = ((const struct proc_socket *)b)->inode;

	return (first > second) - (first < second);
}

/* In a list in the order of inodes. */
static struct proc_socket *find_socket(
	struct proc_socket *sockets, size_t count, unsigned long inode)
{
	const struct proc_socket wanted = {.inode = inode};

	return count ? bsearch(&wanted, sockets, count, sizeof(wanted), by_inode) : NULL;
}

/* The owner may have closed it, and have another one there by now. */
static void ask_socket(int process, int descriptor, struct proc_socket *socket)
{
	CLEANUP(cleanup_fd) int fd = (int)syscall(SYS_pidfd_getfd, process, descriptor, 0U);
	int device = 0;
	int v6only = 1;
	socklen_t device_size = sizeof(device);
	socklen_t v6only_size = sizeof(v6only);
	struct stat status;

	if (fd < 0 || fstat(fd, &status) < 0 || status.st_ino != socket->inode ||
		getsockopt(fd, SOL_SOCKET, SO_BINDTOIFINDEX, &device, &device_size) < 0)
		return;
	(void)getsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6only, &v6only_size);
	socket->device = (unsigned int)device;
	socket->v6only = v6only != 0;
	socket->known = true;
}

unsigned long proc_socket_at(int directory, const char *name)
{
	static const char begin[] = "socket:[";
	char target[64];
	ssize_t length = readlinkat(directory, name, target, sizeof(target) - 1);

	if (length < 0)
		return 0;
	target[length] = '\0';
	if (strncmp(target, begin, sizeof(begin) - 1) != 0)
		return 0;
	return strtoul(&target[sizeof(begin) - 1], NULL, 10);
}

static void ask_process(const char *pid, struct proc_socket *sockets, size_t count)
{
	CLEANUP(cleanup_free) char *path = alloc_format("/proc/%s/fd", pid);
	CLEANUP(cleanup_dir) DIR *directory = opendir(path);
	CLEANUP(cleanup_fd) int process = -1;
	const struct dirent *entry;

	while (directory && (entry = readdir(directory))) {
		struct proc_socket *socket = find_socket(
			sockets, count, proc_socket_at(dirfd(directory), entry->d_name));
		if (!socket || socket->known)
			continue;
		if (process < 0)
			process = (int)syscall(SYS_pidfd_open, (pid_t)strtol(pid, NULL, 10), 0U);
		if (process >= 0)
			ask_socket(process, (int)strtol(entry->d_name, NULL, 10), socket);
	}
}

/* Find out about sockets, which are in the order of inodes. */
static void ask_owners(struct proc_socket *sockets, size_t count)
{
	CLEANUP(cleanup_dir) DIR *directory = opendir("/proc");
	const struct dirent *entry;

	while (directory && (entry = readdir(directory))) {
		if (*entry->d_name >= '1' && *entry->d_name <= '9')
			ask_process(entry->d_name, sockets, count);
	}
}

/* All that were ever asked about, in the order of inodes. */
static struct proc_socket *asked;
static size_t asked_count;

static void remember(const struct proc_socket *sockets, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		asked = alloc_one_more(asked, asked_count, sizeof(*asked));
		asked[asked_count++] = sockets[i];
	}
	qsort(asked, asked_count, sizeof(*asked), by_inode);
}

/* Those that were not asked about before. Return: an array the caller frees. */
static struct proc_socket *new_ones(
	const struct proc_socket *sockets, size_t count, size_t *new_count)
{
	struct proc_socket *new = alloc_array(count, sizeof(*new));

	*new_count = 0;
	for (size_t i = 0; i < count; i++) {
		if (!find_socket(asked, asked_count, sockets[i].inode))
			new[(*new_count)++] = sockets[i];
	}
	qsort(new, *new_count, sizeof(*new), by_inode);
	return new;
}

int proc_sockets_read(
	unsigned char family, unsigned int port, struct proc_socket **sockets, size_t *count)
{
	size_t new_count;

	*sockets = NULL;
	*count = 0;
	int result = read_list(family, port, sockets, count);
	CLEANUP(cleanup_free) struct proc_socket *new = new_ones(*sockets, *count, &new_count);
	if (new_count > 0) {
		ask_owners(new, new_count);
		remember(new, new_count);
	}
	for (size_t i = 0; i < *count; i++) {
		const struct proc_socket *answer =
			find_socket(asked, asked_count, (*sockets)[i].inode);
		if (answer)
			(*sockets)[i] = *answer;
	}
	return result;
}
