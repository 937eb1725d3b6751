// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is enabled is read from the links, so that status and disable run no program where there is
 * nothing to say or to do: on a host without systemd, or in a package's script. The links are made
 * by systemctl, which knows [Install]; a systemd that runs has to read them again when they are
 * made or removed, and systemctl sees to that, too.
 */
#include "at_boot.h"

#include "alloc.h"
#include "cleanup.h"
#include "log.h"
#include "process.h"
#include "root.h"
#include "run_program.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#define WANTS ".wants"

static const char *const unit_directories[] = {"/etc/systemd/system", "/run/systemd/system"};

#define UNIT_DIRECTORIES (sizeof(unit_directories) / sizeof(*unit_directories))

/* [systemd.unit(5)]: its name leads to /dev/null. */
static bool is_masked(const char *directory)
{
	CLEANUP(cleanup_free) char *path = alloc_format("%s/" AT_BOOT_UNIT, directory);
	char target[sizeof("/dev/null")];

	return readlink(path, target, sizeof(target)) == sizeof(target) - 1 &&
	       memcmp(target, "/dev/null", sizeof(target) - 1) == 0;
}

static bool has_link(const char *path)
{
	struct stat status;

	return lstat(path, &status) == 0;
}

/* With the directory, if it is empty then, as systemctl does [systemd src/shared/install.c,
 * remove_marked_symlinks_fd()]. */
static bool link_stays(const char *path)
{
	if (unlink(path) == 0) {
		CLEANUP(cleanup_free) char *directory = alloc_copy(path);
		*strrchr(directory, '/') = '\0';
		(void)rmdir(directory);
		return false;
	}
	if (errno == ENOENT)
		return false;
	log_error("cannot remove the link %s: %s", path, strerror(errno));
	return true;
}

/* Whatever it is that wants the unit: an administrator may have changed [Install]. Return: whether
 * @is_so of one of the links that there may be; it is asked of all. */
static bool is_so_of_link(const char *directory, bool (*is_so)(const char *path))
{
	CLEANUP(cleanup_dir) DIR *open_directory = opendir(directory);
	const struct dirent *entry;
	bool found = false;

	while (open_directory && (entry = readdir(open_directory))) {
		size_t length = strlen(entry->d_name);
		if (length <= sizeof(WANTS) - 1 ||
			strcmp(entry->d_name + length - (sizeof(WANTS) - 1), WANTS) != 0)
			continue;
		CLEANUP(cleanup_free)
		char *path = alloc_format("%s/%s/" AT_BOOT_UNIT, directory, entry->d_name);
		found = is_so(path) || found;
	}
	return found;
}

static bool is_wanted(const char *directory)
{
	return is_so_of_link(directory, has_link);
}

static bool is_still_wanted(const char *directory)
{
	return is_so_of_link(directory, link_stays);
}

/* One that a link leads out of the tree is another system's. */
static bool is_in_tree(const char *root, const char *directory)
{
	return !*root || root_holds(root, directory);
}

/* Of all directories that are the tree's own. */
static bool is_so_in_any(const char *root, bool (*is_so)(const char *directory))
{
	bool found = false;

	for (size_t i = 0; i < UNIT_DIRECTORIES; i++) {
		CLEANUP(cleanup_free)
		char *directory = alloc_format("%s%s", root, unit_directories[i]);
		found = (is_in_tree(root, directory) && is_so(directory)) || found;
	}
	return found;
}

enum at_boot at_boot_find(const char *root)
{
	if (is_so_in_any(root, is_masked))
		return AT_BOOT_MASKED;
	return is_so_in_any(root, is_wanted) ? AT_BOOT_ON : AT_BOOT_OFF;
}

/* @now: or NULL. */
static int systemctl(const char *root, char *verb, char *now)
{
	char program[] = "systemctl";
	char quiet[] = "--quiet";
	char unit[] = AT_BOOT_UNIT;
	CLEANUP(cleanup_free) char *tree = alloc_format("--root=%s", root);
	char *argv[7] = {program, quiet};
	size_t count = 2;

	if (*root)
		argv[count++] = tree;
	argv[count++] = verb;
	if (now)
		argv[count++] = now;
	argv[count] = unit;
	int result = run_program(argv, 0);
	if (result == -ENOENT)
		log_error("cannot %s " AT_BOOT_UNIT ": there is no systemctl", verb);
	else if (result != 0)
		log_error("systemctl could not %s " AT_BOOT_UNIT, verb);
	return result;
}

/* Also where it is enabled: a systemctl that was killed, or that of a version which wanted less,
 * has made some of the links. */
int at_boot_enable(const char *root)
{
	CLEANUP(cleanup_free) char *directory = alloc_format("%s%s", root, unit_directories[0]);

	if (!is_in_tree(root, directory)) {
		log_error("%s is not in %s: a link leads out of it", directory, root);
		return -EXDEV;
	}
	char verb[] = "enable";
	return systemctl(root, verb, NULL);
}

/* As systemd tells [sd_booted(3)]. */
static bool systemd_runs(void)
{
	struct stat status;

	return lstat("/run/systemd/system", &status) == 0 && S_ISDIR(status.st_mode);
}

/* Where no systemd runs, there is nothing but the links. Where one does, systemctl leaves those of
 * a unit that is masked, and those in /run. */
int at_boot_disable(const char *root)
{
	int result = 0;

	if (!is_so_in_any(root, is_wanted))
		return 0;
	if (!*root && systemd_runs()) {
		char verb[] = "disable";
		char now[] = "--now";
		result = systemctl(root, verb, now);
	}
	return is_so_in_any(root, is_still_wanted) ? -EIO : result;
}
