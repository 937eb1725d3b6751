// SPDX-License-Identifier: GPL-2.0-or-later
#include "process.h"

#include "alloc.h"
#include "cleanup.h"

#include <string.h>

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

char *process_program(pid_t pid)
{
	static const char deleted[] = " (deleted)";
	CLEANUP(cleanup_free) char *path = alloc_format("/proc/%d/exe", pid);
	char program[4096];
	ssize_t length = readlink(path, program, sizeof(program) - 1);

	if (length < 0)
		return NULL;
	program[length] = '\0';
	char *end = strstr(program, deleted);
	if (end && end[sizeof(deleted) - 1] == '\0')
		*end = '\0';
	const char *slash = strrchr(program, '/');
	return alloc_copy(slash ? slash + 1 : program);
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
