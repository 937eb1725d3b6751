// SPDX-License-Identifier: GPL-2.0-or-later
#include "modules.h"

#include "alloc.h"
#include "cleanup.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

static FILE *open_file(const char *root, const char *path)
{
	CLEANUP(cleanup_free) char *whole = alloc_format("%s%s", root, path);

	return fopen(whole, "re");
}

static FILE *open_list(const char *root, const char *release, const char *list)
{
	CLEANUP(cleanup_free)
	char *path = alloc_format("/lib/modules/%s/%s", release, list);

	return open_file(root, path);
}

/* A file's name may have - where the module's has _. */
static bool is_name(const char *text, size_t length, const char *name)
{
	if (strlen(name) != length)
		return false;
	for (size_t i = 0; i < length; i++) {
		if (text[i] != name[i] && !(text[i] == '-' && name[i] == '_'))
			return false;
	}
	return true;
}

/* True for "kernel/net/sched/act_csum.ko" and the like, also if it is compressed. */
static bool is_file_of(const char *path, const char *name)
{
	static const char *const endings[] = {".ko", ".ko.xz", ".ko.zst", ".ko.gz"};
	const char *slash = strrchr(path, '/');
	const char *file = slash ? slash + 1 : path;
	size_t length = strcspn(file, ".");

	for (size_t i = 0; i < sizeof(endings) / sizeof(*endings); i++) {
		if (strcmp(file + length, endings[i]) == 0)
			return is_name(file, length, name);
	}
	return false;
}

/* The path of the module's file, which the caller frees, or NULL. Each line begins with a path; in
 * modules.dep a colon ends it. */
static char *find_path(FILE *list, const char *name)
{
	CLEANUP(cleanup_free) char *line = NULL;
	size_t size = 0;

	while (list && getline(&line, &size, list) > 0) {
		line[strcspn(line, ":\n")] = '\0';
		if (is_file_of(line, name))
			return alloc_copy(line);
	}
	return NULL;
}

/* What depmod lists may have gone since. A path is relative to the directory of the list, unless
 * the file is elsewhere. */
static bool is_there(const char *root, const char *release, const char *path)
{
	CLEANUP(cleanup_free)
	char *whole = *path == '/' ? alloc_format("%s%s", root, path)
				   : alloc_format("%s/lib/modules/%s/%s", root, release, path);

	return access(whole, F_OK) == 0;
}

/* What /proc/modules says. */
struct loaded {
	bool readable; /* it is there: this kernel has modules */
	bool any;
	bool found;
};

static struct loaded find_loaded(const char *root, const char *name)
{
	CLEANUP(cleanup_file) FILE *file = open_file(root, "/proc/modules");
	CLEANUP(cleanup_free) char *line = NULL;
	struct loaded loaded = {.readable = file != NULL};
	size_t size = 0;

	while (file && !loaded.found && getline(&line, &size, file) > 0) {
		loaded.any = true;
		loaded.found = is_name(line, strcspn(line, " \n"), name);
	}
	return loaded;
}

/* The administrator can forbid loading until the next boot. */
static bool is_forbidden(const char *root)
{
	CLEANUP(cleanup_file)
	FILE *file = open_file(root, "/proc/sys/kernel/modules_disabled");

	return file && getc(file) == '1';
}

/*
 * Without the directory of its release, as in a container, or where modprobe(8) is told to look
 * elsewhere, a kernel that has loaded modules may load this one. One that has loaded none has all
 * it needs built in.
 *
 * For a module whose file has gone modprobe(8) would load the others that it needs.
 */
static enum module_state state_by_files(
	const char *root, const char *release, const char *name, const struct loaded *loaded)
{
	CLEANUP(cleanup_file) FILE *built_in = open_list(root, release, "modules.builtin");
	CLEANUP(cleanup_file) FILE *files = open_list(root, release, "modules.dep");
	CLEANUP(cleanup_free) char *built_in_path = find_path(built_in, name);
	CLEANUP(cleanup_free) char *path = find_path(files, name);
	bool may_load = loaded->readable && !is_forbidden(root);

	if (built_in_path)
		return MODULE_PRESENT;
	if (may_load && (path ? is_there(root, release, path) : !files && loaded->any))
		return MODULE_LOADABLE;
	return built_in || path ? MODULE_ABSENT : MODULE_UNKNOWN;
}

enum module_state module_state(const char *root, const char *release, const char *name)
{
	struct loaded loaded = find_loaded(root, name);

	return loaded.found ? MODULE_PRESENT : state_by_files(root, release, name, &loaded);
}
