// SPDX-License-Identifier: GPL-2.0-or-later
#include "output.h"

#include "alloc.h"
#include "cleanup.h"
#include "log.h"
#include "write_all.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

int output_write(struct text text)
{
	int result = write_all(STDOUT_FILENO, text.start, text.length);

	if (result != 0)
		log_error("standard output: %s", strerror(-result));
	return result;
}

/* A file beside @path, whose name goes to @new_path, the caller's to free. */
static int create_beside(const char *path, struct text text, char **new_path)
{
	struct stat status;
	int result = 0;

	if (stat(path, &status) != 0)
		return -errno;
	*new_path = alloc_format("%s.XXXXXX", path);
	CLEANUP(cleanup_fd) int fd = mkostemp(*new_path, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	/* Whoever may not give files away may not change one of somebody else's in this way. */
	if (fchown(fd, status.st_uid, status.st_gid) != 0 ||
		fchmod(fd, status.st_mode & 07777) != 0)
		result = -errno;
	if (result == 0)
		result = write_all(fd, text.start, text.length);
	if (result == 0 && fsync(fd) != 0)
		result = -errno;
	if (result != 0)
		unlink(*new_path);
	return result;
}

static int replace(const char *path, struct text text)
{
	CLEANUP(cleanup_free) char *real = realpath(path, NULL);
	CLEANUP(cleanup_free) char *new_path = NULL;

	if (!real)
		return -errno;
	int result = create_beside(real, text, &new_path);
	if (result == 0 && rename(new_path, real) != 0) {
		result = -errno;
		unlink(new_path);
	}
	return result;
}

int output_replace(const char *path, struct text text)
{
	sigset_t ending;
	sigset_t before;

	sigemptyset(&ending);
	sigaddset(&ending, SIGINT);
	sigaddset(&ending, SIGTERM);
	sigaddset(&ending, SIGHUP);
	sigaddset(&ending, SIGQUIT);
	sigprocmask(SIG_BLOCK, &ending, &before);
	int result = replace(path, text);
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (result != 0)
		log_error("%s was not changed: %s", path, strerror(-result));
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
