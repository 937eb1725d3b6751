// SPDX-License-Identifier: GPL-2.0-or-later
#include "process.h"

#include "alloc.h"
#include "cleanup.h"

#include <string.h>
#include <sys/stat.h>

pid_t process_next(DIR *folder)
{
	const struct dirent *entry;

	while ((entry = readdir(folder))) {
		char *end;
		long pid = strtol(entry->d_name, &end, 10);
		if (pid > 0 && *end == '\0')
			return (pid_t)pid;
	}
	return 0;
}

FILE *process_file(pid_t pid, const char *name)
{
	CLEANUP(cleanup_free) char *path = alloc_format("/proc/%d/%s", pid, name);

	return fopen(path, "re");
}

char *process_program(pid_t pid, bool *is_gone)
{
	static const char deleted[] = " (deleted)";
	CLEANUP(cleanup_free) char *path = alloc_format("/proc/%d/exe", pid);
	char program[4096];
	ssize_t length = readlink(path, program, sizeof(program) - 1);

	if (length < 0)
		return NULL;
	program[length] = '\0';
	char *end = strstr(program, deleted);
	bool is_deleted = end && end[sizeof(deleted) - 1] == '\0';
	if (is_deleted)
		*end = '\0';
	if (is_gone)
		*is_gone = is_deleted;
	const char *slash = strrchr(program, '/');
	return alloc_copy(slash ? slash + 1 : program);
}

bool process_is_same_file(pid_t pid, const char *name, const char *path)
{
	CLEANUP(cleanup_free) char *link = alloc_format("/proc/%d/%s", pid, name);
	struct stat its;
	struct stat wanted;

	return stat(link, &its) == 0 && stat(path, &wanted) == 0 && its.st_dev == wanted.st_dev &&
	       its.st_ino == wanted.st_ino;
}

bool process_is_of_user(pid_t pid, uid_t user)
{
	CLEANUP(cleanup_free) char *process = alloc_format("/proc/%d", pid);
	struct stat owner;

	return stat(process, &owner) == 0 && owner.st_uid == user;
}

/* [proc(5), /proc/pid/stat, fields 4 and 22]; the second field may hold anything. */
bool process_stat(pid_t pid, pid_t *parent, unsigned long long *start)
{
	static const char fields[] =
		") %*c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu";
	CLEANUP(cleanup_file) FILE *file = process_file(pid, "stat");
	char text[1024];

	if (!file || !fgets(text, sizeof(text), file))
		return false;
	const char *rest = strrchr(text, ')');
	// NOLINTNEXTLINE(cert-err34-c,clang-diagnostic-format-nonliteral): the kernel wrote these
	return rest && sscanf(rest, fields, parent, start) == 2;
}
