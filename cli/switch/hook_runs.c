// SPDX-License-Identifier: GPL-2.0-or-later
#include "hook_runs.h"

#include "alloc.h"
#include "cleanup.h"
#include "clock.h"
#include "daemons.h"
#include "hook_links.h"
#include "hook_names.h"
#include "process.h"

#include <poll.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

/* Milliseconds without a hook, and how long that is waited for; between two looks. */
#define CALM 2000
#define CALM_MAX 20000
#define LOOK 100

/* Milliseconds: longer than a hook's deadline can be (policy_file.c) and the watcher lives that
 * it leaves (common/run/watch.c), one after the other. */
#define RUN_MAX 85000
#define PAUSE 10

/* What a process was started with, up to what decides. The caller frees. */
static char *read_arguments(pid_t pid, size_t *length)
{
	CLEANUP(cleanup_file) FILE *file = process_file(pid, "cmdline");
	char *arguments = alloc_array(4096, 1);

	*length = file ? fread(arguments, 1, 4095, file) : 0;
	return arguments;
}

/* True if one of its arguments is a file in the folder of hooks: a script is one of its shell's. */
static bool is_named_as_hook(pid_t pid)
{
	size_t length;
	CLEANUP(cleanup_free) char *arguments = read_arguments(pid, &length);

	for (size_t i = 0; i < length; i += strlen(arguments + i) + 1) {
		if (strncmp(arguments + i, HOOKDIR "/", strlen(HOOKDIR "/")) == 0)
			return true;
	}
	return false;
}

/* True if the file that a process runs is one of the programs that are installed. */
static bool runs_installed_hook(pid_t pid)
{
	for (size_t i = 0; i < HOOKS; i++) {
		CLEANUP(cleanup_free) char *name = hook_program(hook_names[i]);
		CLEANUP(cleanup_free) char *program = alloc_format(SBINDIR "/%s", name);
		if (process_is_same_file(pid, "exe", program))
			return true;
	}
	return false;
}

static bool is_hook_program(const char *program)
{
	for (size_t i = 0; i < HOOKS; i++) {
		CLEANUP(cleanup_free) char *name = hook_program(hook_names[i]);
		if (strcmp(program, name) == 0)
			return true;
	}
	return false;
}

/* The same name alone says nothing, but it does of a file that was replaced or removed meanwhile,
 * and of one that libvirt has started through a link of an earlier installation's. */
static bool runs_earlier_hook(pid_t pid)
{
	bool is_gone;
	CLEANUP(cleanup_free) char *program = process_program(pid, &is_gone);

	return program && is_hook_program(program) && (is_gone || is_named_as_hook(pid));
}

/*
 * True for a hook of ours, and all that it forks. Nobody else's process counts, or anybody could
 * delay the removal of a package; nor does one that sees other files, as in a container that has
 * hooks of its own. What cannot be read does not count either: our hooks run as we do, and one
 * whose files are taken away does nothing and lets the guest start.
 */
static bool is_ours(pid_t pid)
{
	return (runs_installed_hook(pid) || runs_earlier_hook(pid)) &&
	       process_is_of_user(pid, geteuid()) && process_is_same_file(pid, "root", "/");
}

/* libvirt lists what is in NAME.d before it runs the first of it, and so may be about to follow our
 * link as long as any hook runs [libvirt src/util/virhook.c, virHookCall()]. */
static bool is_run_by(pid_t pid, const struct daemon *daemons, size_t count)
{
	pid_t parent;
	unsigned long long start;

	if (count == 0 || !process_stat(pid, &parent, &start))
		return false;
	for (size_t i = 0; i < count; i++) {
		if (daemons[i].pid == parent)
			return is_named_as_hook(pid);
	}
	return false;
}

/* True if a hook of ours runs, or any that one of the daemons has started. */
static bool a_hook_runs(const struct daemon *daemons, size_t count)
{
	CLEANUP(cleanup_dir) DIR *proc = opendir("/proc");
	pid_t pid;

	while (proc && (pid = process_next(proc)) != 0) {
		if (is_ours(pid) || is_run_by(pid, daemons, count))
			return true;
	}
	return false;
}

/* Watch for hooks being started, which opens their files. Return: how many are watched. */
static size_t watch_programs(int watch, const char *root)
{
	size_t watched = 0;

	for (size_t i = 0; i < HOOKS; i++) {
		CLEANUP(hook_link_clear) struct hook_link link;
		hook_link_examine(root, hook_names[i], &link);
		if (!link.path)
			continue;
		CLEANUP(cleanup_free) char *file = alloc_format("%s%s", root, link.path);
		if (inotify_add_watch(watch, file, IN_OPEN) >= 0)
			watched++;
	}
	return watched;
}

static long long now_ms(void)
{
	return clock_now() / NANOSECONDS_PER_MILLISECOND;
}

static bool has_events(int watch)
{
	struct pollfd started = {.fd = watch, .events = POLLIN};
	char events[4096];

	if (poll(&started, 1, LOOK) <= 0)
		return false;
	while (read(watch, events, sizeof(events)) > 0) {
	}
	return true;
}

void hooks_wait_for_pause(const char *root)
{
	CLEANUP(cleanup_fd) int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	CLEANUP(cleanup_free) char *folder = hook_folder(root);
	size_t count;
	CLEANUP(cleanup_free) struct daemon *daemons = daemons_find(folder, &count);
	long long end = now_ms() + CALM_MAX;
	long long calm_since = now_ms();

	if (watch < 0 || count == 0 || watch_programs(watch, root) == 0)
		return;
	while (now_ms() < end && now_ms() - calm_since < CALM) {
		if (has_events(watch) || a_hook_runs(daemons, count))
			calm_since = now_ms();
	}
}

void hooks_wait_for_end(void)
{
	long long end = now_ms() + RUN_MAX;

	while (now_ms() < end && a_hook_runs(NULL, 0))
		poll(NULL, 0, PAUSE);
}
