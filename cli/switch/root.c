// SPDX-License-Identifier: GPL-2.0-or-later
#include "root.h"

#include "alloc.h"
#include "cleanup.h"
#include "exit_status.h"
#include "hook_names.h"
#include "log.h"
#include "usage_error.h"

#include <getopt.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

/* *@root becomes absolute, or "" for this host's own files. */
static int take_root(const char *verb, char **root, const char *value)
{
	CLEANUP(cleanup_free) char *path = realpath(value, NULL);
	struct stat status;

	if (!path || stat(path, &status) < 0 || !S_ISDIR(status.st_mode)) {
		log_error("--root: '%s' is not a directory", value);
		return usage_error(verb);
	}
	free(*root);
	*root = alloc_copy(strcmp(path, "/") == 0 ? "" : path);
	return EXIT_DONE;
}

/* Where a file is, or would be: the deepest of its folders that is there. The caller frees. */
static char *real_place(const char *file)
{
	CLEANUP(cleanup_free) char *path = alloc_copy(file);
	char *place = realpath(path, NULL);

	for (char *slash; !place && (slash = strrchr(path, '/')) && slash > path;) {
		*slash = '\0';
		place = realpath(path, NULL);
	}
	return place;
}

static bool is_inside(const char *place, const char *folder)
{
	size_t length = strlen(folder);

	return strncmp(place, folder, length) == 0 &&
	       (place[length] == '/' || place[length] == '\0');
}

bool root_holds(const char *root, const char *file)
{
	CLEANUP(cleanup_free) char *place = real_place(file);

	return place && is_inside(place, root);
}

/* A folder of hooks that a link leads out of the tree is somebody else's. */
static int check_folder(const char *root, const char *folder)
{
	CLEANUP(cleanup_free) char *file = alloc_format("%s" HOOKDIR "%s", root, folder);
	CLEANUP(cleanup_free) char *place = real_place(file);

	if (place && is_inside(place, root))
		return EXIT_DONE;
	log_error("%s is not in %s: a link leads to %s", file, root, place ? place : "nowhere");
	return EXIT_FAILED;
}

static int check_root(const char *root)
{
	int status = EXIT_DONE;

	if (!*root && geteuid() != 0) {
		log_error("must be run as root");
		return EXIT_FAILED;
	}
	for (size_t i = 0; *root && status == EXIT_DONE && i < HOOKS; i++) {
		CLEANUP(cleanup_free) char *folder = alloc_format("/%s.d", hook_names[i]);
		status = check_folder(root, folder);
	}
	return status;
}

int root_parse(int argc, char **argv, const char *verb, const char *usage, char **root,
	struct enable_options *enable)
{
	static const struct option options[] = {
		{"drop-in", no_argument, NULL, 'd'},
		{"at-boot", no_argument, NULL, 'b'},
		{"root", required_argument, NULL, 'r'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	const struct option *known = enable ? options : options + 2;
	int option;

	*root = alloc_copy("");
	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (option == 'h') {
			fputs(usage, stdout);
			free(*root);
			*root = NULL;
			return EXIT_DONE;
		}
		if (enable && (option == 'd' || option == 'b')) {
			*(option == 'd' ? &enable->drop_in : &enable->at_boot) = true;
			continue;
		}
		if (option != 'r')
			return usage_error(verb);
		int status = take_root(verb, root, optarg);
		if (status != EXIT_DONE)
			return status;
	}
	if (optind == argc)
		return check_root(*root);
	log_error("%s takes no argument, not '%s'", verb, argv[optind]);
	return usage_error(verb);
}
