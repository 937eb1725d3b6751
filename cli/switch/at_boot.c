// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is enabled is read from the links, so that status and disable run no program where there is
 * nothing to say or to do: on a host without systemd, or in a package's script. The links are made
 * and removed by systemctl, which knows [Install] and has a systemd that runs read them again.
 */
#include "at_boot.h"

#include "alloc.h"
#include "cleanup.h"
#include "log.h"
#include "process.h"

#include <errno.h>
#include <spawn.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

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

static bool has_link(const char *directory, const char *wants)
{
	CLEANUP(cleanup_free) char *path = alloc_format("%s/%s/" AT_BOOT_UNIT, directory, wants);
	struct stat status;

	return lstat(path, &status) == 0;
}

/* Whatever it is that wants it: an administrator may have changed [Install]. */
static bool is_wanted(const char *directory)
{
	CLEANUP(cleanup_dir) DIR *open_directory = opendir(directory);
	const struct dirent *entry;

	while (open_directory && (entry = readdir(open_directory))) {
		size_t length = strlen(entry->d_name);
		if (length > sizeof(WANTS) - 1 &&
			strcmp(entry->d_name + length - (sizeof(WANTS) - 1), WANTS) == 0 &&
			has_link(directory, entry->d_name))
			return true;
	}
	return false;
}

static bool is_so_in_any(const char *root, bool (*is_so)(const char *directory))
{
	bool found = false;

	for (size_t i = 0; !found && i < UNIT_DIRECTORIES; i++) {
		CLEANUP(cleanup_free)
		char *directory = alloc_format("%s%s", root, unit_directories[i]);
		found = is_so(directory);
	}
	return found;
}

enum at_boot at_boot_find(const char *root)
{
	if (is_so_in_any(root, is_masked))
		return AT_BOOT_MASKED;
	return is_so_in_any(root, is_wanted) ? AT_BOOT_ON : AT_BOOT_OFF;
}

/* Return: 0, or a negative errno. */
static int run(char *const argv[])
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
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EIO;
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
	int result = run(argv);
	if (result == -ENOENT)
		log_error("cannot %s " AT_BOOT_UNIT ": there is no systemctl", verb);
	else if (result != 0)
		log_error("systemctl could not %s " AT_BOOT_UNIT, verb);
	return result;
}

int at_boot_enable(const char *root)
{
	char verb[] = "enable";

	return at_boot_find(root) == AT_BOOT_ON ? 0 : systemctl(root, verb, NULL);
}

/* As systemd tells [sd_booted(3)]; with another one systemctl stops nothing, and fails. */
static bool systemd_runs(void)
{
	struct stat status;

	return lstat("/run/systemd/system", &status) == 0 && S_ISDIR(status.st_mode);
}

int at_boot_disable(const char *root)
{
	char verb[] = "disable";
	char now[] = "--now";

	if (!is_so_in_any(root, is_wanted))
		return 0;
	return systemctl(root, verb, !*root && systemd_runs() ? now : NULL);
}
