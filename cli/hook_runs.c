// SPDX-License-Identifier: GPL-2.0-or-later
#include "hook_runs.h"

#include "alloc.h"
#include "cleanup.h"
#include "clock.h"
#include "daemons.h"
#include "hook_links.h"
#include "process.h"

#include <poll.h>
#include <string.h>
#include <sys/inotify.h>

/* Milliseconds without a hook, and how long that is waited for. */
#define CALM 2000
#define CALM_MAX 20000

/* Milliseconds: longer than a hook's watcher lives (common/watch.c), and between two looks. */
#define RUN_MAX 12000
#define PAUSE 10

static bool a_daemon_runs(const char *root)
{
	CLEANUP(cleanup_free) char *folder = hook_folder(root);
	size_t count;

	free(daemons_find(folder, &count));
	return count > 0;
}

/* Watch for hooks being started, which opens their files. Return: how many are watched. */
static size_t watch_programs(int watch, const char *root)
{
	size_t watched = 0;

	for (size_t i = 0; i < HOOKS; i++) {
		CLEANUP(hook_link_clear) struct hook_link link;
		hook_link_look(root, hook_names[i], &link);
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

void hooks_wait_for_pause(const char *root)
{
	CLEANUP(cleanup_fd) int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	struct pollfd started = {.fd = watch, .events = POLLIN};
	long long end = now_ms() + CALM_MAX;
	char events[4096];

	if (watch < 0 || !a_daemon_runs(root) || watch_programs(watch, root) == 0)
		return;
	while (now_ms() < end && poll(&started, 1, CALM) > 0) {
		while (read(watch, events, sizeof(events)) > 0) {
		}
	}
}

static bool is_our_hook(const char *program)
{
	for (size_t i = 0; i < HOOKS; i++) {
		CLEANUP(cleanup_free)
		char *hook = alloc_format("virt-netboot-%s-hook", hook_names[i]);
		if (strcmp(program, hook) == 0)
			return true;
	}
	return false;
}

static bool a_hook_runs(void)
{
	CLEANUP(cleanup_dir) DIR *proc = opendir("/proc");
	pid_t pid;

	while (proc && (pid = process_next(proc)) != 0) {
		CLEANUP(cleanup_free) char *program = process_program(pid);
		if (program && is_our_hook(program))
			return true;
	}
	return false;
}

void hooks_wait_for_end(void)
{
	for (int passed = 0; passed < RUN_MAX && a_hook_runs(); passed += PAUSE)
		poll(NULL, 0, PAUSE);
}
