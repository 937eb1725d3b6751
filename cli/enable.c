// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * virt-netboot enable, disable, status: the hooks' links, and what libvirt's daemons know of them.
 *
 * The packages' scripts call the first two, also where there is no libvirt, or no host at all: then
 * there are links and nothing else, and nothing is said.
 */
#include "alloc.h"
#include "cleanup.h"
#include "daemons.h"
#include "hook_links.h"
#include "hook_runs.h"
#include "log.h"
#include "sweep.h"
#include "verbs.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* [virt-netboot-findings(7)] */
#define FINDING "hook-not-active"

static const char enable_usage[] =
	"usage: virt-netboot enable [OPTION]...\n"
	"\n"
	"Has libvirt run the hooks: makes their links, and reloads the daemons that run.\n"
	"\n"
	"  --root FOLDER      in the tree of files that is there\n";

static const char disable_usage[] = "usage: virt-netboot disable [OPTION]...\n"
				    "\n"
				    "Has libvirt run the hooks no more: removes their links, "
				    "reloads the daemons that run, and\n"
				    "removes all rules and filters that the hooks have made.\n"
				    "\n"
				    "  --root FOLDER      in the tree of files that is there\n";

static const char status_usage[] = "usage: virt-netboot status [OPTION]...\n"
				   "\n"
				   "Says whether libvirt runs the hooks.\n"
				   "\n"
				   "  --root FOLDER      in the tree of files that is there\n";

/* After a message. */
static int usage_error(const char *verb)
{
	fprintf(stderr, "virt-netboot %s --help says more.\n", verb);
	return EXIT_USAGE;
}

/* *@root becomes absolute, or "" for this host's own files. */
static int take_root(const char *verb, char **root, const char *value)
{
	CLEANUP(cleanup_free) char *path = realpath(value, NULL);
	struct stat status;

	if (!path || stat(path, &status) < 0 || !S_ISDIR(status.st_mode)) {
		log_error("--root '%s': a folder is accepted", value);
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
		log_error("this takes root");
		return EXIT_FAILED;
	}
	for (size_t i = 0; *root && status == EXIT_DONE && i < HOOKS; i++) {
		CLEANUP(cleanup_free) char *folder = alloc_format("/%s.d", hook_names[i]);
		status = check_folder(root, folder);
	}
	return status;
}

/* Return: EXIT_DONE with *@root, which the caller frees, or NULL after the help; or EXIT_USAGE. */
static int parse(int argc, char **argv, const char *verb, const char *usage, char **root)
{
	static const struct option options[] = {
		{"root", required_argument, NULL, 'r'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	int option;

	*root = alloc_copy("");
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'h') {
			fputs(usage, stdout);
			free(*root);
			*root = NULL;
			return EXIT_DONE;
		}
		if (option != 'r')
			return usage_error(verb);
		int status = take_root(verb, root, optarg);
		if (status != EXIT_DONE)
			return status;
	}
	if (optind == argc)
		return check_root(*root);
	log_error("%s takes no arguments: what is '%s'?", verb, argv[optind]);
	return usage_error(verb);
}

/* When the newest of our links was made. */
static struct timespec newest_link(const char *root)
{
	struct timespec newest = {0};

	for (size_t i = 0; i < HOOKS; i++) {
		CLEANUP(hook_link_clear) struct hook_link link;
		hook_link_look(root, hook_names[i], &link);
		if (link.path && (link.made.tv_sec > newest.tv_sec ||
					 (link.made.tv_sec == newest.tv_sec &&
						 link.made.tv_nsec > newest.tv_nsec)))
			newest = link.made;
	}
	return newest;
}

int verb_enable(int argc, char **argv)
{
	CLEANUP(cleanup_free) char *root = NULL;
	int status = parse(argc, argv, "enable", enable_usage, &root);

	if (status != EXIT_DONE || !root)
		return status;
	for (size_t i = 0; i < HOOKS; i++) {
		if (hook_link_add(root, hook_names[i]) != 0)
			status = EXIT_FAILED;
	}
	if (daemons_reload(root, newest_link(root)) != 0)
		status = EXIT_FAILED;
	return status;
}

static bool has_links(const char *root)
{
	return newest_link(root).tv_sec != 0;
}

/* That there were links is noted before they go: a libvirt older than 6.5 fails when one is
 * missing, until it is reloaded, so that must not be forgotten if we are killed. */
static int remove_links(const char *root)
{
	int result = 0;

	if (!has_links(root) && !daemons_are_noted(root))
		return 0;
	daemons_wait(root);
	daemons_note(root);
	hooks_wait_for_pause(root);
	for (size_t i = 0; i < HOOKS; i++) {
		if (hook_link_remove(root, hook_names[i]) < 0)
			result = -EIO;
	}
	if (daemons_reload(root, DAEMONS_ALL) != 0)
		return -ETIMEDOUT;
	daemons_forget(root);
	return result;
}

/* The daemons first, so that no hook is started that would put back what is taken away. */
int verb_disable(int argc, char **argv)
{
	CLEANUP(cleanup_free) char *root = NULL;
	int status = parse(argc, argv, "disable", disable_usage, &root);

	if (status != EXIT_DONE || !root)
		return status;
	if (remove_links(root) != 0)
		status = EXIT_FAILED;
	if (*root)
		return status;
	hooks_wait_for_end();
	return sweep() == 0 ? status : EXIT_FAILED;
}

/* As virt-host-validate(1) prints. Return: @passed. */
static bool print_check(const char *what, const char *check, bool passed, const char *hint)
{
	printf("%7s: Checking %-60s : %s", what, check, passed ? "PASS" : "FAIL");
	if (!passed)
		printf(" (" FINDING ": %s)", hint);
	putchar('\n');
	return passed;
}

static bool print_link(const char *root, const char *hook)
{
	CLEANUP(hook_link_clear) struct hook_link link;
	CLEANUP(cleanup_free) char *check = NULL;
	const char *what = strcmp(hook, "qemu") == 0 ? "QEMU" : "NETWORK";
	const char *hint = "virt-netboot enable";

	hook_link_look(root, hook, &link);
	check = link.path ? alloc_format("for the hook %s", link.path)
			  : alloc_format("for the hook " HOOKDIR "/%s", hook);
	if (link.blocked)
		hint = "SELinux: see confinement.md";
	else if (link.path && !link.works)
		hint = "what the link leads to is missing: install virt-netboot anew";
	else if (!link.path && link.beside)
		hint = "somebody else's hook is there: virt-netboot enable";
	return print_check(what, check, link.path && link.works, hint);
}

static bool print_daemons(const char *root)
{
	CLEANUP(cleanup_free) char *folder = hook_folder(root);
	struct timespec since = newest_link(root);
	size_t count;
	CLEANUP(cleanup_free) struct daemon *daemons = daemons_find(folder, &count);
	bool passed = true;

	for (size_t i = 0; i < count; i++) {
		CLEANUP(cleanup_free)
		char *check = alloc_format("if %s (process %d) was started or reloaded since",
			daemons[i].name, daemons[i].pid);
		passed &= print_check("DAEMON", check, daemon_has_looked(root, &daemons[i], since),
			"virt-netboot enable, unless you have reloaded it yourself");
	}
	return passed;
}

int verb_status(int argc, char **argv)
{
	CLEANUP(cleanup_free) char *root = NULL;
	int status = parse(argc, argv, "status", status_usage, &root);
	bool passed = true;

	if (status != EXIT_DONE || !root)
		return status;
	for (size_t i = 0; i < HOOKS; i++)
		passed &= print_link(root, hook_names[i]);
	passed &= print_daemons(root);
	return passed ? EXIT_DONE : EXIT_FAILED;
}
