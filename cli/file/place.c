// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A person who may write to a folder can put a link in the place of a folder or file at any moment
 * while root is at work there, and a path that is looked up twice then leads to two places. What is
 * opened by descriptor stays what it is. openat2(2) with RESOLVE_NO_SYMLINKS would refuse the
 * administrator's own links, too, such as /etc/libvirt to another disk.
 */
#include "place.h"

#include "alloc.h"
#include "cleanup.h"
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

/* As many as the kernel follows [linux include/linux/namei.h, MAXSYMLINKS]. */
#define LINKS_MAX 40

struct walk {
	const char *path; /* as it was given, for messages */
	char *rest;       /* what is still to be gone */
	int folder;       /* how far we are */
	bool trusted;     /* nobody else can have changed the way here */
	int links;        /* that were followed */
};

static void cleanup_walk(struct walk *walk)
{
	free(walk->rest);
	cleanup_fd(&walk->folder);
}

static bool is_trusted_user(uid_t user)
{
	return user == 0 || user == geteuid();
}

/* Takes the descriptor, also a negative one after an error. Access lists show as the group's. */
static int enter(struct walk *walk, int folder)
{
	struct stat status;

	if (folder < 0)
		return -errno;
	cleanup_fd(&walk->folder);
	walk->folder = folder;
	if (fstat(folder, &status) < 0)
		return -errno;
	walk->trusted = walk->trusted && is_trusted_user(status.st_uid) &&
			!(status.st_mode & (S_IWGRP | S_IWOTH));
	return 0;
}

static int enter_name(struct walk *walk, int from, const char *name)
{
	return enter(walk, openat(from, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

/* Go on where a link leads. */
static int follow(struct walk *walk, const char *name, const char *target, uid_t owner)
{
	if (!walk->trusted || !is_trusted_user(owner)) {
		log_error("%s was not changed: '%s' in it is a symbolic link to '%s', and other "
			  "users could have made it; give the path that it leads to",
			walk->path, name, target);
		return -ELOOP;
	}
	if (++walk->links > LINKS_MAX) {
		log_error("%s was not changed: too many symbolic links in it, the last is '%s'",
			walk->path, name);
		return -ELOOP;
	}
	char *rest = alloc_format("%s/%s", target, walk->rest);
	free(walk->rest);
	walk->rest = rest;
	return *target == '/' ? enter_name(walk, AT_FDCWD, "/") : 0;
}

static int follow_name(struct walk *walk, const char *name)
{
	CLEANUP(cleanup_fd)
	int link = openat(walk->folder, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat status;
	char target[4096];

	if (link < 0 || fstat(link, &status) < 0)
		return -errno;
	if (!S_ISLNK(status.st_mode))
		return -ENOTDIR;
	ssize_t length = readlinkat(link, "", target, sizeof(target) - 1);
	if (length < 0)
		return -errno;
	target[length] = '\0';
	return follow(walk, name, target, status.st_uid);
}

/* The next name of what is still to be gone, taken from it. The caller frees; NULL at the end. */
static char *take_name(struct walk *walk)
{
	const char *start = walk->rest + strspn(walk->rest, "/");
	size_t length = strcspn(start, "/");

	if (length == 0)
		return NULL;
	char *name = alloc_format("%.*s", (int)length, start);
	char *rest = alloc_copy(start + length);
	free(walk->rest);
	walk->rest = rest;
	return name;
}

static int step(struct walk *walk, const char *name)
{
	int result = enter_name(walk, walk->folder, name);

	return result == -ENOTDIR || result == -ELOOP ? follow_name(walk, name) : result;
}

int place_open(const char *path, const char **name)
{
	const char *slash = strrchr(path, '/');
	CLEANUP(cleanup_walk) struct walk walk = {.path = path, .folder = -1, .trusted = true};
	char *next;

	*name = slash ? slash + 1 : path;
	walk.rest = alloc_format("%.*s", (int)(*name - path), path);
	int result = enter_name(&walk, AT_FDCWD, *path == '/' ? "/" : ".");
	while (result == 0 && (next = take_name(&walk))) {
		result = step(&walk, next);
		free(next);
	}
	if (result != 0)
		return result;
	int folder = walk.folder;
	walk.folder = -1;
	return folder;
}
