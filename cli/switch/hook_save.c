// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Theory of operation
 *
 * At any instant, also if we are killed or the disk is full, what a person has written has a name.
 * A copy is made under a name of its own, and given to the disk, before it replaces anything. Then
 * the two are exchanged, and what comes out is looked at before it is removed: if it is not what
 * was seen before, because a person was faster, it is put back. Where the file system cannot
 * exchange two files, it is looked at just before it is replaced. What is only removed is taken to
 * a name of its own first, for the same look.
 *
 * No second command is at it (one_at_a_time.h).
 */
#include "hook_save.h"

#include "alloc.h"
#include "cleanup.h"
#include "hook_content.h"
#include "hook_names.h"
#include "log.h"
#include "write_all.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/xattr.h>

/* What names of unfinished things begin with; those of 0.1.0, and of the packages' scripts, too. */
#define TEMPORARY ".virt-netboot."
#define UNFINISHED ".virt-netboot"

/* Milliseconds: how long somebody may go on writing; between two looks. */
#define WRITING_MAX 10000
#define PAUSE 50

/* More files of one name than anybody has. */
#define NAMES_MAX 1000

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

/* What is to be replaced: a link that says @link; or the file that is open as @fd, which nobody
 * writes to any more, and which is like @same_as, or empty. */
struct expected {
	const char *link;
	const char *same_as;
	int fd;
};

static bool is_as_expected(const char *file, const struct expected *expected)
{
	CLEANUP(cleanup_free) char *target = link_read(file);
	struct stat status;

	if (expected->link)
		return target && strcmp(target, expected->link) == 0;
	if (is_being_written(expected->fd))
		return false;
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

static int exchange(const char *one, const char *other)
{
	return renameat2(AT_FDCWD, one, AT_FDCWD, other, RENAME_EXCHANGE) < 0 ? -errno : 0;
}

static bool is_file(const char *path, const struct stat *wanted)
{
	struct stat status;

	return lstat(path, &status) == 0 && status.st_dev == wanted->st_dev &&
	       status.st_ino == wanted->st_ino;
}

/* Undo an exchange. Who has replaced @ours meanwhile is the last one, and stays. */
static int exchange_back(const char *made, const char *file, const struct stat *ours)
{
	if (is_file(file, ours) && exchange(made, file) == 0) {
		if (is_file(made, ours))
			(void)unlink(made);
		else
			(void)exchange(made, file);
	}
	return -EAGAIN;
}

/* Return: as hook_save.h says; @made is there still only if it could not be put back, and is not
 * ours. */
static int replace(const char *made, const char *file, const struct expected *expected)
{
	struct stat ours;
	int result = lstat(made, &ours) < 0 ? -errno : exchange(made, file);

	if (result == 0 && !is_as_expected(made, expected))
		return exchange_back(made, file, &ours);
	if (result == 0)
		result = sync_folder(file);
	else if (result == -EINVAL || result == -ENOSYS)
		result = replace_unseen(made, file, expected);
	(void)unlink(made);
	return result == -ENOENT ? -EAGAIN : result;
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
	int result = fill_copy(from, label_of, copy);
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

/* A name in @folder that nobody has. The caller frees. */
static char *unique_name(const char *folder)
{
	unsigned int number;

	if (getrandom(&number, sizeof(number), 0) < 0)
		number = (unsigned int)getpid();
	return alloc_format("%s/" TEMPORARY "%06x", folder, number & 0xffffff);
}

int save_replace_link(const char *folder, const char *to, const char *link, const char *target)
{
	CLEANUP(cleanup_free) char *new = unique_name(folder);

	if (symlink(to, new) < 0)
		return errno == EEXIST ? -EAGAIN : -errno;
	return replace(new, link, &(struct expected){.link = target});
}

static bool is_our_link(const char *path, const char *hook)
{
	CLEANUP(cleanup_free) char *target = link_read(path);

	return target && hook_is_target(target, hook);
}

/* For file systems that cannot rename without replacing, and a folder that is on another one. */
static int remove_unseen(const char *link, const char *hook)
{
	if (!is_our_link(link, hook))
		return 0;
	return unlink(link) < 0 ? -errno : 1;
}

int save_remove_link(const char *folder, const char *link, const char *hook)
{
	CLEANUP(cleanup_free) char *aside = unique_name(folder);

	if (renameat2(AT_FDCWD, link, AT_FDCWD, aside, RENAME_NOREPLACE) < 0) {
		if (errno == EINVAL || errno == ENOSYS || errno == EXDEV)
			return remove_unseen(link, hook);
		return errno == ENOENT ? 0 : -errno;
	}
	if (is_our_link(aside, hook))
		return unlink(aside) < 0 ? -errno : 1;
	if (renameat2(AT_FDCWD, aside, AT_FDCWD, link, RENAME_NOREPLACE) == 0)
		return 0;
	int error = errno;
	log_error("%s: what was there meanwhile is kept as %s", link, aside);
	return -error;
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
			   : replace(copy.path, file,
				     &(struct expected){.same_as = saved, .fd = written});
}

static bool is_left_over(const char *path, const char *hook, const char *const *others)
{
	struct stat status;

	if (lstat(path, &status) < 0 || !S_ISREG(status.st_mode))
		return false;
	if (content_of(path, hook) == CONTENT_OURS)
		return true;
	for (; *others; others++) {
		if (content_is_part(path, *others))
			return true;
	}
	return false;
}

void save_tidy(const char *folder, const char *hook, const char *const *others)
{
	DIR *dir = opendir(folder);
	const struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		CLEANUP(cleanup_free) char *path = alloc_format("%s/%s", folder, entry->d_name);
		if (strncmp(entry->d_name, UNFINISHED, strlen(UNFINISHED)) == 0 &&
			(is_our_link(path, hook) || is_left_over(path, hook, others)))
			(void)unlink(path);
	}
	if (dir)
		closedir(dir);
}
