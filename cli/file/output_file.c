// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Theory of operation
 *
 * The content is made in memory, written to a new file beside the old one, and gets the name in one
 * step, when it is on disk. A reader finds the old version or the new one, and so does who starts
 * the machine again after a loss of power. Of two who write at the same time the last one wins.
 *
 * All is done by a descriptor of the directory. The new file's name does not end as the file's
 * does, because node_exporter reads all of a directory that end in .prom. Killed by SIGKILL in the
 * midst, FILE.virt-netboot-XXXXXXXX is left.
 */
#include "output_file.h"

#include "alloc.h"
#include "attributes.h"
#include "beside.h"
#include "cleanup.h"
#include "log.h"
#include "place.h"
#include "write_all.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#define NEW_FILE_MODE 0644

struct content {
	char *text;
	size_t length;
};

/* Where it goes; descriptors. */
struct target {
	const char *path; /* for messages */
	const char *name; /* in the directory */
	int directory;
	int old; /* the file that is there, or -1 */
	struct stat status;
};

static void cleanup_content(struct content *content)
{
	free(content->text);
}

static void cleanup_target(struct target *target)
{
	cleanup_fd(&target->old);
	cleanup_fd(&target->directory);
}

static int complain(const char *path, int error)
{
	log_error("%s was not written: %s", path, strerror(-error));
	return error;
}

static int make_content(struct content *content, output_writer *write, const void *argument)
{
	FILE *file = open_memstream(&content->text, &content->length);

	if (!file)
		return -errno;
	int result = write(file, argument);
	return alloc_close(file, &content->text) ? result : -ENOMEM;
}

static int check_kind(const struct target *target)
{
	if (S_ISREG(target->status.st_mode))
		return 0;
	log_error("%s is %s: only a regular file, or one that is not there yet, is written",
		target->path, file_kind(target->status.st_mode));
	return -EINVAL;
}

/* What is there is looked at first: to open a device does something to it. It may go meanwhile. */
static int open_old(struct target *target)
{
	const char *name = *target->name ? target->name : ".";
	const int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;

	if (fstatat(target->directory, name, &target->status, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : complain(target->path, -errno);
	int result = check_kind(target);
	if (result != 0)
		return result;
	target->old = openat(target->directory, name, flags);
	if (target->old < 0)
		return errno == ENOENT ? 0 : complain(target->path, -errno);
	if (fstat(target->old, &target->status) < 0)
		return complain(target->path, -errno);
	return check_kind(target);
}

static int fill(const struct target *target, const struct content *content, int fd)
{
	int result = write_all(fd, content->text, content->length);

	if (result != 0)
		return result;
	if (target->old >= 0)
		result = attributes_keep(target->old, &target->status, fd);
	else if (fchmod(fd, NEW_FILE_MODE) < 0)
		result = -errno;
	if (result == 0 && fsync(fd) < 0)
		result = -errno;
	return result;
}

static int replace(const struct target *target, const struct content *content)
{
	CLEANUP(cleanup_free) char *name = NULL;
	CLEANUP(cleanup_fd) int fd = beside_open(target->directory, target->name, &name);

	if (fd < 0)
		return fd;
	int result = fill(target, content, fd);
	if (result == 0 && renameat(target->directory, name, target->directory, target->name) < 0)
		result = -errno;
	if (result == 0)
		beside_sync(target->directory);
	else
		(void)unlinkat(target->directory, name, 0);
	return result;
}

static int write_content(const char *path, const struct content *content)
{
	CLEANUP(cleanup_target) struct target target = {.path = path, .directory = -1, .old = -1};

	if (!*path)
		return complain("''", -ENOENT);
	target.directory = place_open(path, &target.name);
	if (target.directory < 0)
		return target.directory == -ELOOP ? -ELOOP : complain(path, target.directory);
	int result = open_old(&target);
	if (result != 0)
		return result;
	result = replace(&target, content);
	return result == 0 ? 0 : complain(path, result);
}

/* SIGXFSZ, for a file that is larger than allowed, would end us, too. It is not blocked: what is
 * blocked is not ignored, but waits [linux kernel/signal.c, sig_ignored()]. */
int output_file_write(const char *path, output_writer *write, const void *argument)
{
	CLEANUP(cleanup_content) struct content content = {NULL, 0};
	const struct sigaction ignored = {.sa_handler = SIG_IGN};
	struct sigaction before;
	sigset_t all;
	sigset_t mask;
	int result = make_content(&content, write, argument);

	if (result != 0)
		return complain(path, result);
	sigfillset(&all);
	sigdelset(&all, SIGXFSZ);
	sigaction(SIGXFSZ, &ignored, &before);
	sigprocmask(SIG_BLOCK, &all, &mask);
	result = write_content(path, &content);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	sigaction(SIGXFSZ, &before, NULL);
	return result;
}
