// SPDX-License-Identifier: GPL-2.0-or-later
#include "output.h"

#include "alloc.h"
#include "cleanup.h"
#include "log.h"
#include "write_all.h"

#include <errno.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

int output_write(struct text text)
{
	int result = write_all(STDOUT_FILENO, text.start, text.length);

	if (result != 0)
		log_error("standard output: %s", strerror(-result));
	return result;
}

/* A file without a name that diff can open; its path goes to @path. Return: its descriptor. */
static int text_file(struct text text, char path[32])
{
	int fd = memfd_create("virt-netboot", 0);
	int result = fd < 0 ? -errno : write_all(fd, text.start, text.length);

	if (result != 0) {
		if (fd >= 0)
			close(fd);
		return result;
	}
	snprintf(path, 32, "/proc/self/fd/%d", fd);
	return fd;
}

/* Run diff. Return: 0 or a negative errno. */
static int run_diff(char *const argv[])
{
	pid_t pid;
	int status;
	int result = -posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ);

	if (result != 0)
		return result;
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	/* 1: there are differences */
	return WIFEXITED(status) && WEXITSTATUS(status) <= 1 ? 0 : -EIO;
}

int output_diff(const char *name, struct text before, struct text after)
{
	char paths[2][32];
	CLEANUP(cleanup_free) char *label = alloc_format("--label=%s", name);
	CLEANUP(cleanup_fd) int one = text_file(before, paths[0]);
	CLEANUP(cleanup_fd) int other = text_file(after, paths[1]);
	char diff[] = "diff";
	char unified[] = "--unified";
	char *argv[] = {diff, unified, label, label, paths[0], paths[1], NULL};
	int result = one < 0 ? one : other < 0 ? other : run_diff(argv);

	if (result != 0)
		log_error("diff: %s", strerror(-result));
	return result;
}
