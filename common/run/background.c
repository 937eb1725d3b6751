// SPDX-License-Identifier: GPL-2.0-or-later
#include "background.h"

#include "clock.h"
#include "progress.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#define LOCK STDIN_FILENO
#define WATCH (STDERR_FILENO + 1)

/* Whoever called the hook may have left it other descriptors. */
static void keep_only(int lock, int watch)
{
	dup2(lock, LOCK);
	dup2(watch, WATCH);
	close_range(WATCH + 1, ~0U, 0);
}

int background_start(int lock, int watch, unsigned int seconds,
	void (*run)(struct background *background, const void *argument), const void *argument)
{
	struct background background = {.lock = LOCK, .watch = WATCH, .start = clock_now()};
	sigset_t none;
	pid_t child = fork();

	if (child != 0)
		return child < 0 ? -errno : 0;
	progress_leave();
	setsid();
	keep_only(lock, watch);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGALRM, SIG_DFL);
	alarm(seconds);
	run(&background, argument);
	_exit(0);
}
