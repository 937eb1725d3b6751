// SPDX-License-Identifier: GPL-2.0-or-later
#include "attributes.h"

#include "alloc.h"
#include "cleanup.h"
#include "log.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/xattr.h>

/* Only what differs: some file systems refuse any change, and some users may make none. Who may not
 * give files away may not change another's file in this way. */
static int keep_owner(const struct stat *status, int to)
{
	struct stat new;

	if (fstat(to, &new) < 0)
		return -errno;
	if ((new.st_uid != status->st_uid || new.st_gid != status->st_gid) &&
		fchown(to, status->st_uid, status->st_gid) < 0)
		return -errno;
	if (fchmod(to, status->st_mode & 07777) < 0 &&
		(new.st_mode & 07777) != (status->st_mode & 07777))
		return -errno;
	return 0;
}

/* They are about the content, and the kernel makes its own [linux security/integrity]. */
static bool is_checksum(const char *name)
{
	return strcmp(name, "security.ima") == 0 || strcmp(name, "security.evm") == 0;
}

static int keep_one(int from, int to, const char *name)
{
	CLEANUP(cleanup_free) char *value = alloc_array(XATTR_SIZE_MAX, 1);
	CLEANUP(cleanup_free) char *new_value = alloc_array(XATTR_SIZE_MAX, 1);
	ssize_t length = fgetxattr(from, name, value, XATTR_SIZE_MAX);

	if (length < 0)
		return -errno;
	if (fgetxattr(to, name, new_value, XATTR_SIZE_MAX) == length &&
		memcmp(value, new_value, (size_t)length) == 0)
		return 0;
	return fsetxattr(to, name, value, (size_t)length, 0) < 0 ? -errno : 0;
}

/* A new file has an access list of its own where its folder has one for new files. */
static void remove_access_list(int to)
{
	(void)fremovexattr(to, "system.posix_acl_access");
}

static int keep_extended(int from, int to)
{
	CLEANUP(cleanup_free) char *names = alloc_array(XATTR_LIST_MAX + 1, 1);
	ssize_t length = flistxattr(from, names, XATTR_LIST_MAX);

	if (length < 0)
		return errno == EOPNOTSUPP || errno == ENOSYS ? 0 : -errno;
	for (const char *name = names; name < names + length; name += strlen(name) + 1) {
		int result = is_checksum(name) ? 0 : keep_one(from, to, name);
		if (result != 0) {
			log_error("the attribute %s cannot be kept: %s", name, strerror(-result));
			return result;
		}
	}
	return 0;
}

/* The list goes before the mode, which is a part of it, and comes after it. */
int attributes_keep(int from, const struct stat *status, int to)
{
	remove_access_list(to);
	int result = keep_owner(status, to);

	return result == 0 ? keep_extended(from, to) : result;
}
