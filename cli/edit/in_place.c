// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Theory of operation
 *
 * The file is opened once, and everything is done by descriptors of it and of its folder. The new
 * content is written to a file beside it, and the two exchange their names in one step. Only then
 * is what has got out of the place compared with what was read: if it is that, it is removed, and
 * else the names are exchanged again. So whatever another program has put there meanwhile, a newer
 * version or a link to another file, is neither lost nor followed. Who replaces or removes our
 * version after the exchange is the last one: then nothing is exchanged, and what was read goes.
 *
 * Who has opened the file for writing could still change it after the comparison. The kernel gives
 * a lease for reading only if nobody has [linux fs/locks.c, check_conflicting_open()]; it is asked
 * for after the exchange, when the name no longer leads there.
 *
 * Killed in the midst, FILE.virt-netboot-XXXXXXXX is left: the new version, or the one before.
 */
#include "in_place.h"

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

/* The file with the new content. */
struct new_file {
	char *name;
	struct stat status;
};

static void cleanup_new_file(struct new_file *new)
{
	free(new->name);
}

void in_place_clear(struct in_place *file)
{
	cleanup_fd(&file->file);
	cleanup_fd(&file->folder);
}

static bool is_same(const struct stat *one, const struct stat *other)
{
	return one->st_dev == other->st_dev && one->st_ino == other->st_ino;
}

/* True if a name in the folder is that of this very file; a link that leads to it is not. */
static bool is_named(const struct in_place *file, const char *name, const struct stat *wanted)
{
	struct stat status;

	return fstatat(file->folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
	       is_same(&status, wanted);
}

static int refuse_link(const struct in_place *file)
{
	char target[4096];
	ssize_t length = readlinkat(file->folder, file->name, target, sizeof(target) - 1);

	target[length < 0 ? 0 : length] = '\0';
	log_error("%s is a symbolic link to '%s': --in-place takes the file itself", file->path,
		target);
	return -ELOOP;
}

/* Say why a file is not changed. Return: 0 if there is no reason. */
static int check_kind(const struct in_place *file, const struct stat *status)
{
	if (S_ISLNK(status->st_mode))
		return refuse_link(file);
	if (!S_ISREG(status->st_mode)) {
		log_error("%s is %s: --in-place changes regular files only", file->path,
			file_kind(status->st_mode));
		return -EINVAL;
	}
	if (status->st_nlink > 1) {
		log_error("%s has %lu names (hard links): --in-place would leave the others with "
			  "the old content",
			file->path, (unsigned long)status->st_nlink);
		return -EMLINK;
	}
	return 0;
}

static int complain(const struct in_place *file, int error)
{
	if (error == -ESTALE)
		log_error(
			"%s was not changed: another program has changed or replaced it meanwhile, "
			"or has it open for writing",
			file->path);
	else
		log_error("%s was not changed: %s", file->path, strerror(-error));
	return error;
}

/* What is there is looked at first: to open a device does something to it. */
static int open_file(struct in_place *file)
{
	struct stat found;
	const char *name = *file->name ? file->name : ".";

	if (fstatat(file->folder, name, &found, AT_SYMLINK_NOFOLLOW) < 0)
		return complain(file, -errno);
	int result = check_kind(file, &found);
	if (result != 0)
		return result;
	file->file = openat(
		file->folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (file->file < 0)
		return complain(file, errno == ELOOP ? -ESTALE : -errno);
	if (fstat(file->file, &file->status) < 0)
		return complain(file, -errno);
	if (!is_same(&file->status, &found))
		return complain(file, -ESTALE);
	return check_kind(file, &file->status);
}

int in_place_open(const char *path, struct in_place *file)
{
	*file = (struct in_place){.path = path, .folder = -1, .file = -1};
	file->folder = place_open(path, &file->name);
	if (file->folder == -ELOOP)
		return file->folder;
	return file->folder < 0 ? complain(file, file->folder) : open_file(file);
}

static bool is_same_time(struct timespec one, struct timespec other)
{
	return one.tv_sec == other.tv_sec && one.tv_nsec == other.tv_nsec;
}

static bool has_content(int fd, struct text text)
{
	char buffer[65536];
	size_t done = 0;
	ssize_t length;

	while ((length = pread(fd, buffer, sizeof(buffer), (off_t)done)) > 0) {
		if ((size_t)length > text.length - done ||
			memcmp(buffer, text.start + done, (size_t)length) != 0)
			return false;
		done += (size_t)length;
	}
	return length == 0 && done == text.length;
}

/* Without the time of the last change of its status, which an exchange of names is, too. Clocks of
 * files tick a few hundred times a second, so the content is compared as well. */
static bool is_as_read(const struct in_place *file, struct text before)
{
	struct stat now;

	return fstat(file->file, &now) == 0 && now.st_mode == file->status.st_mode &&
	       now.st_uid == file->status.st_uid && now.st_gid == file->status.st_gid &&
	       now.st_nlink == file->status.st_nlink && now.st_size == file->status.st_size &&
	       is_same_time(now.st_mtim, file->status.st_mtim) && has_content(file->file, before);
}

/* The last look before the names are exchanged: also at access lists and the like. */
static bool is_untouched(const struct in_place *file)
{
	struct stat now;

	return is_named(file, file->name, &file->status) && fstat(file->file, &now) == 0 &&
	       is_same_time(now.st_ctim, file->status.st_ctim);
}

/* False also where there are no leases. Who opens the file while we have the lease waits for its
 * end and is told to us by SIGIO; in_place_clear() ends it. */
static bool is_open_for_writing(const struct in_place *file)
{
	return fcntl(file->file, F_SETLEASE, F_RDLCK) < 0 && errno == EAGAIN;
}

/* Remove the name beside the file's if it is @wanted's. What is somebody else's stays. */
static void remove_beside(
	const struct in_place *file, const struct new_file *new, const struct stat *wanted)
{
	if (is_named(file, new->name, wanted) && unlinkat(file->folder, new->name, 0) == 0)
		return;
	if (faccessat(file->folder, new->name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		log_error("%s: what was there meanwhile is kept beside it as %s", file->path,
			new->name);
}

static int create_new(const struct in_place *file, struct text text, struct new_file *new)
{
	CLEANUP(cleanup_fd) int fd = beside_open(file->folder, file->name, &new->name);

	if (fd < 0)
		return fd;
	int result = fstat(fd, &new->status) < 0 ? -errno : 0;
	if (result == 0)
		result = write_all(fd, text.start, text.length);
	if (result == 0)
		result = attributes_keep(file->file, &file->status, fd);
	if (result == 0 && fsync(fd) < 0)
		result = -errno;
	if (result != 0)
		remove_beside(file, new, &new->status);
	return result;
}

static int exchange_names(const struct in_place *file, const struct new_file *new)
{
	return renameat2(file->folder, new->name, file->folder, file->name, RENAME_EXCHANGE);
}

/* Undo the exchange, as long as our version has the name. */
static int exchange_back(const struct in_place *file, const struct new_file *new)
{
	if (is_named(file, file->name, &new->status) && exchange_names(file, new) == 0 &&
		!is_named(file, new->name, &new->status))
		(void)exchange_names(file, new);
	return -ESTALE;
}

/* NFS, for one, cannot exchange names. What another program puts there between the look and the
 * step is lost then; a link is not followed all the same. */
static int replace_name(const struct in_place *file, struct text before, const struct new_file *new)
{
	if (is_open_for_writing(file) || !is_as_read(file, before) || !is_untouched(file))
		return -ESTALE;
	return renameat(file->folder, new->name, file->folder, file->name) < 0 ? -errno : 0;
}

static int exchange(const struct in_place *file, struct text before, const struct new_file *new)
{
	if (!is_untouched(file))
		return -ESTALE;
	if (exchange_names(file, new) < 0)
		return errno == EINVAL || errno == ENOSYS ? replace_name(file, before, new)
							  : -errno;
	if (is_open_for_writing(file) || !is_named(file, new->name, &file->status) ||
		!is_named(file, file->name, &new->status) || !is_as_read(file, before))
		return exchange_back(file, new);
	return 0;
}

static int replace(const struct in_place *file, struct text before, struct text after)
{
	CLEANUP(cleanup_new_file) struct new_file new = {NULL, {0}};
	int result = create_new(file, after, &new);

	if (result != 0)
		return result;
	result = exchange(file, before, &new);
	bool is_replaced = result == 0 || (is_named(file, new.name, &file->status) &&
						  !is_named(file, file->name, &new.status));
	remove_beside(file, &new, is_replaced ? &file->status : &new.status);
	beside_sync(file->folder);
	return result;
}

/* SIGXFSZ would end us, too. SIGIO, which a lease may bring, is no reason to. */
int in_place_replace(const struct in_place *file, struct text before, struct text after)
{
	sigset_t all;
	sigset_t mask;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &mask);
	(void)signal(SIGIO, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN);
	int result = replace(file, before, after);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	return result == 0 ? 0 : complain(file, result);
}
