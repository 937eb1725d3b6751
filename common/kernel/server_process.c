// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The program behind a DHCP server's socket.
 *
 * The descriptors of all processes are looked through, once: 50 ms on a host with 1000 processes.
 * It is for a person to read, so after a second it is not worth more time. A process of another
 * PID namespace cannot be seen.
 */
#include "alloc.h"
#include "cleanup.h"
#include "clock.h"
#include "host.h"
#include "proc_sockets.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define TIME_LIMIT NANOSECONDS

static void cleanup_dir(DIR **directory)
{
	if (*directory)
		closedir(*directory);
}

/* A server that is bound to the device comes before one that is bound to none. */
static unsigned long choose_socket(
	const struct dhcp_server *servers, size_t count, unsigned int device)
{
	unsigned long anywhere = 0;

	for (size_t i = 0; i < count; i++) {
		if (!servers[i].inode)
			continue;
		if (!device || servers[i].device == device)
			return servers[i].inode;
		if (!servers[i].device && !anywhere)
			anywhere = servers[i].inode;
	}
	return anywhere;
}

static bool has_socket(const char *pid, unsigned long inode)
{
	CLEANUP(cleanup_free) char *path = alloc_format("/proc/%s/fd", pid);
	CLEANUP(cleanup_dir) DIR *directory = opendir(path);
	const struct dirent *entry;

	while (directory && (entry = readdir(directory))) {
		if (proc_socket_at(dirfd(directory), entry->d_name) == inode)
			return true;
	}
	return false;
}

/* Return: false if it has ended meanwhile. */
static bool read_name(const char *pid, struct server_process *process)
{
	CLEANUP(cleanup_free) char *path = alloc_format("/proc/%s/comm", pid);
	CLEANUP(cleanup_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || read(fd, process->name, sizeof(process->name) - 1) <= 0)
		return false;
	process->name[strcspn(process->name, "\n")] = '\0';
	process->pid = (int)strtol(pid, NULL, 10);
	return true;
}

static int find_process(unsigned long inode, struct server_process *process)
{
	CLEANUP(cleanup_dir) DIR *directory = opendir("/proc");
	const struct dirent *entry;
	long long end = clock_now() + TIME_LIMIT;

	if (!directory)
		return -errno;
	while ((entry = readdir(directory)) && clock_now() < end) {
		if (*entry->d_name < '1' || *entry->d_name > '9' ||
			!has_socket(entry->d_name, inode))
			continue;
		return read_name(entry->d_name, process) ? 0 : -ENOENT;
	}
	return -ENOENT;
}

int host_dhcp_server_process(
	enum ip_family family, unsigned int device, struct server_process *process)
{
	CLEANUP(cleanup_free) struct dhcp_server *servers = NULL;
	size_t count = 0;
	int result = host_dhcp_servers(family, &servers, &count);
	unsigned long inode = choose_socket(servers, count, device);

	*process = (struct server_process){0};
	if (inode)
		return find_process(inode, process);
	return result != 0 ? result : -ENOENT;
}
