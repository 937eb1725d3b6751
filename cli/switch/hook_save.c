// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Theory of operation
 *
 * At any instant, also if we are killed or the disk is full, what a person has written has a name.
 * A copy is made under a name of its own, and given to the disk, before it replaces anything. Then
 * the two are exchanged, and what comes out is looked at before it is removed: if it is not what
 * was seen before, because a person or a second command was faster, it is put back. Where the file
 * system cannot exchange two files, it is looked at just before it is replaced.
 *
 * Who makes a copy has a lock on it, so that nobody else takes it for one that is left over.
 */
#include "hook_save.h"

#include "alloc.h"
#include "cleanup.h"
#include "hook_content.h"
#include "hook_names.h"
#include "write_all.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/xattr.h>

/* What names of unfinished things begin with. */
#define TEMPORARY ".virt-netboot."

/* Milliseconds: how long somebody may go on writing; between two looks. */
#define WRITING_MAX 10000
#define PAUSE 50

/* More files of one name than anybody has. */
#define NAMES_MAX 1000

/* What is to be replaced: a link that says @link, a file like @same_as, or one that is empty. */
struct expected {
	const char *link;
	const char *same_as;
};

static bool is_as_expected(const char *file, const struct expected *expected)
{
	CLEANUP(cleanup_free) char *target = link_read(file);
	struct stat status;

	if (expected->link)
		return target && strcmp(target, expected->link) == 0;
	if (expected->same_as)
		return content_is_same(file, expected->same_as);
	return lstat(file, &status) == 0 && S_ISREG(status.st_mode) && status.st_size == 0;
}

static char *folder_of(const char *file)
{
	char *folder = alloc_copy(file);

	*strrchr(folder, '/') = '\0';
	return folder;
}

/* A name is on the disk when its folder is. */
static int sync_folder(const char *file)
{
	CLEANUP(cleanup_free) char *folder = folder_of(file);
	CLEANUP(cleanup_fd) int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	/* Not every file system can. */
	return fd < 0 || (fsync(fd) < 0 && errno != EINVAL) ? -errno : 0;
}

/* For file systems that cannot exchange. */
static int replace_unseen(const char *made, const char *file, const struct expected *expected)
{
	if (!is_as_expected(file, expected))
		return -EAGAIN;
	return rename(made, file) < 0 ? -errno : sync_folder(file);
}

/* Return: as hook_save.h says; @made is there still only if it could not be put back, and is not
 * ours. */
static int replace(const char *made, const char *file, const struct expected *expected)
{
	int result;

	if (renameat2(AT_FDCWD, made, AT_FDCWD, file, RENAME_EXCHANGE) < 0) {
		result = errno == EINVAL || errno == ENOSYS ? replace_unseen(made, file, expected)
							    : -errno;
		if (result != 0)
			(void)unlink(made);
		return result == -ENOENT ? -EAGAIN : result;
	}
	if (is_as_expected(made, expected)) {
		result = sync_folder(file);
		(void)unlink(made);
		return result;
	}
	if (renameat2(AT_FDCWD, made, AT_FDCWD, file, RENAME_EXCHANGE) < 0)
		return -errno;
	(void)unlink(made);
	return -EAGAIN;
}

/* A lease for reading is not given on a file that somebody has open for writing [linux fs/locks.c,
 * check_conflicting_open()]. A signal tells who has one that somebody wants to write. */
static bool is_being_written(int fd)
{
	(void)signal(SIGIO, SIG_IGN);
	if (fcntl(fd, F_SETLEASE, F_RDLCK) < 0)
		return errno == EAGAIN;
	(void)fcntl(fd, F_SETLEASE, F_UNLCK);
	return false;
}

/* A download may take its time. */
static int wait_until_written(int fd)
{
	for (int waited = 0; is_being_written(fd); waited += PAUSE) {
		if (waited >= WRITING_MAX)
			return -ETXTBSY;
		poll(NULL, 0, PAUSE);
	}
	return 0;
}

static int copy_bytes(int from, int to)
{
	char bytes[65536];
	off_t at = 0;
	ssize_t length;

	while ((length = pread(from, bytes, sizeof(bytes), at)) > 0) {
		int result = write_all(to, bytes, (size_t)length);
		if (result != 0)
			return result;
		at += length;
	}
	return length < 0 ? -errno : 0;
}

/* By which SELinux lets libvirt run it, or does not. */
static void copy_label(int from, int to)
{
	char label[256];
	ssize_t length = fgetxattr(from, "security.selinux", label, sizeof(label));

	if (length > 0)
		(void)fsetxattr(to, "security.selinux", label, (size_t)length, 0);
}

/* A copy that is being made, or looked at. */
struct copy {
	char *path;
	int fd;
};

static void cleanup_copy(struct copy *copy)
{
	cleanup_fd(&copy->fd);
	free(copy->path);
}

static int fill_copy(int from, int label_of, const struct copy *copy)
{
	struct stat status;
	int result = copy_bytes(from, copy->fd);

	if (result != 0)
		return result;
	if (fstat(from, &status) < 0 || fchown(copy->fd, status.st_uid, status.st_gid) < 0 ||
		fchmod(copy->fd, status.st_mode & 07777) < 0)
		return -errno;
	const struct timespec times[] = {status.st_atim, status.st_mtim};
	copy_label(label_of, copy->fd);
	if (futimens(copy->fd, times) < 0 || fsync(copy->fd) < 0)
		return -errno;
	return 0;
}

/* In @folder, under a name of its own. */
static int make_copy(int from, int label_of, const char *folder, struct copy *copy)
{
	copy->path = alloc_format("%s/" TEMPORARY "XXXXXX", folder);
	copy->fd = mkostemp(copy->path, O_CLOEXEC);
	if (copy->fd < 0)
		return -errno;
	int result =
		flock(copy->fd, LOCK_EX | LOCK_NB) < 0 ? -EAGAIN : fill_copy(from, label_of, copy);
	if (result != 0)
		(void)unlink(copy->path);
	return result;
}

static int open_file(const char *file)
{
	int fd = open(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* Of what a person has written. */
static int copy_written(const char *file, const char *folder, struct copy *copy)
{
	CLEANUP(cleanup_fd) int from = open_file(file);
	int result = from < 0 ? from : wait_until_written(from);

	return result != 0 ? result : make_copy(from, from, folder, copy);
}

int save_replace_link(const char *new, const char *link, const char *target)
{
	return replace(new, link, &(struct expected){.link = target});
}

int save_over_link(const char *file, const char *link, const char *target)
{
	CLEANUP(cleanup_free) char *folder = folder_of(link);
	CLEANUP(cleanup_copy) struct copy copy = {.fd = -1};
	int result = copy_written(file, folder, &copy);

	return result != 0 ? result : replace(copy.path, link, &(struct expected){.link = target});
}

/* The copy gets the first name that is free. */
static int name_copy(const struct copy *copy, const char *name, char **saved)
{
	for (int i = 0; i < NAMES_MAX; i++) {
		CLEANUP(cleanup_free)
		char *path = i ? alloc_format("%s.%d", name, i) : alloc_copy(name);
		int error = link(copy->path, path) < 0 ? errno : 0;
		if (error == 0 || content_is_same(copy->path, path)) {
			*saved = alloc_copy(path);
			return sync_folder(path);
		}
		if (error != EEXIST)
			return -error;
	}
	return -EEXIST;
}

int save_as(const char *file, const char *folder, const char *name, char **saved)
{
	CLEANUP(cleanup_copy) struct copy copy = {.fd = -1};
	int result = copy_written(file, folder, &copy);

	if (result != 0)
		return result;
	result = name_copy(&copy, name, saved);
	(void)unlink(copy.path);
	return result;
}

int save_put_back(const char *file, const char *spare, const char *saved)
{
	CLEANUP(cleanup_free) char *folder = folder_of(file);
	CLEANUP(cleanup_copy) struct copy copy = {.fd = -1};
	CLEANUP(cleanup_fd) int from = open_file(spare);
	CLEANUP(cleanup_fd) int written = open_file(file);

	if (from < 0 || written < 0)
		return from < 0 ? from : written;
	int result = wait_until_written(written);
	if (result == 0)
		result = make_copy(from, written, folder, &copy);
	return result != 0 ? result
			   : replace(copy.path, file, &(struct expected){.same_as = saved});
}

static bool is_left_over(const char *path, const char *hook, const char *const *others)
{
	CLEANUP(cleanup_fd) int fd = open_file(path);

	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0)
		return false;
	if (content_of(path, hook) == CONTENT_OURS)
		return true;
	for (; *others; others++) {
		if (content_is_part(path, *others))
			return true;
	}
	return false;
}

/* One that is being made may be among them: who makes it then looks again. */
static bool is_our_link(const char *path, const char *hook)
{
	CLEANUP(cleanup_free) char *target = link_read(path);

	return target && hook_is_target(target, hook);
}

void save_tidy(const char *folder, const char *hook, const char *const *others)
{
	DIR *dir = opendir(folder);
	const struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		CLEANUP(cleanup_free) char *path = alloc_format("%s/%s", folder, entry->d_name);
		if (strncmp(entry->d_name, TEMPORARY, strlen(TEMPORARY)) == 0 &&
			(is_our_link(path, hook) || is_left_over(path, hook, others)))
			(void)unlink(path);
	}
	if (dir)
		closedir(dir);
}
