// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Theory of operation
 *
 * The kernel says when something changes. What comes in a burst is drawn once, a moment after the
 * first of it, and never more often than five times a second: a guest's start is some ten changes,
 * a firewall's many more. Without an event there is a picture only where a port's remaining seconds
 * are in it, or a port waits for its name.
 *
 * A signal may come at any time, also while a terminal does not take what is written, or libvirt
 * does not answer. Nothing is left behind but the terminal's state, so the handler restores that
 * and ends the process.
 */
#include "show_watch.h"

#include "alloc.h"
#include "cleanup.h"
#include "clock.h"
#include "exit_status.h"
#include "host.h"
#include "log.h"
#include "terminal.h"
#include "write_all.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>

/* From the first of a burst to its picture, and from one picture to the next. */
#define BURST (50 * NANOSECONDS_PER_MILLISECOND)
#define INTERVAL (200 * NANOSECONDS_PER_MILLISECOND)

/* The terminal's other screen, without a cursor, and back [xterm, ctlseqs, DECSET 1049 and 25]. */
#define SCREEN_ENTER "\033[?1049h\033[?25l"
#define SCREEN_LEAVE "\033[?25h\033[?1049l"

/* What the handlers need to know. */
static volatile sig_atomic_t on_screen;
static volatile sig_atomic_t resized;

static void print_literal(const char *text, size_t length)
{
	ssize_t written = write(STDOUT_FILENO, text, length);

	(void)written;
}

static void on_end(int signal)
{
	(void)signal;
	if (on_screen)
		print_literal(SCREEN_LEAVE, strlen(SCREEN_LEAVE));
	_exit(EXIT_DONE);
}

/* Ctrl-Z, and what follows when the shell lets the process go on. */
static void on_stop(int signal)
{
	(void)signal;
	int error = errno;

	if (on_screen)
		print_literal(SCREEN_LEAVE, strlen(SCREEN_LEAVE));
	kill(getpid(), SIGSTOP);
	if (on_screen)
		print_literal(SCREEN_ENTER, strlen(SCREEN_ENTER));
	resized = 1;
	errno = error;
}

static void on_resize(int signal)
{
	(void)signal;
	resized = 1;
}

static void handle(int signal, void (*handler)(int))
{
	struct sigaction action = {.sa_handler = handler};

	sigfillset(&action.sa_mask);
	sigaction(signal, &action, NULL);
}

/* Where nohup(1) has SIGHUP ignored, it stays so. */
static void handle_signals(bool terminal)
{
	struct sigaction before;

	handle(SIGINT, on_end);
	handle(SIGTERM, on_end);
	if (sigaction(SIGHUP, NULL, &before) == 0 && before.sa_handler != SIG_IGN)
		handle(SIGHUP, on_end);
	if (terminal) {
		handle(SIGTSTP, on_stop);
		handle(SIGWINCH, on_resize);
	}
}

/* Lines that fit the screen; of those that do not, how many there are. */
static int print_screen(const char *text, unsigned int lines)
{
	CLEANUP(cleanup_free) char *screen = NULL;
	size_t size;
	size_t left = 0;
	unsigned int row = 0;
	FILE *out = open_memstream(&screen, &size);

	if (!out)
		out_of_memory();
	for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++)
		left++;
	fputs("\033[H", out);
	for (; *text && (left == 1 || row + 1 < lines); row++, left--) {
		size_t length = strcspn(text, "\n");
		fprintf(out, "%s%.*s\033[K", row ? "\r\n" : "", (int)length, text);
		text += length + 1;
	}
	if (left > 0)
		fprintf(out, "\r\n(%zu more lines)\033[K", left);
	fputs("\033[J", out);
	if (!alloc_close(out, &screen))
		out_of_memory();
	return write_all(STDOUT_FILENO, screen, size);
}

struct watch {
	show_draw *draw;
	void *argument;
	int changes;
	bool terminal;
	char *shown;     /* the last picture, or NULL */
	long long drawn; /* when that was */
	long long again; /* when there has to be another one, or 0 */
};

static int print_after(struct watch *watch, const char *text)
{
	CLEANUP(cleanup_free) char *with_gap = NULL;

	if (watch->shown && strcmp(watch->shown, text) == 0)
		return 0;
	with_gap = alloc_format("%s%s", watch->shown ? "\n" : "", text);
	return write_all(STDOUT_FILENO, with_gap, strlen(with_gap));
}

/* The first picture may be refused, after a message, which has to stay. */
static void enter_screen(const struct watch *watch)
{
	if (!watch->terminal || on_screen)
		return;
	on_screen = 1;
	print_literal(SCREEN_ENTER, strlen(SCREEN_ENTER));
}

/* What cannot be drawn once there was a picture is tried again in a moment. Return: 0; a negative
 * errno if there is no more to do. */
static int draw(struct watch *watch)
{
	struct show_picture picture = {0};
	unsigned int columns = 0;
	unsigned int lines = 0;

	resized = 0;
	bool sized = watch->terminal && terminal_size(&columns, &lines);
	watch->drawn = clock_now();
	if (!watch->draw(watch->argument, columns, &picture)) {
		watch->again = watch->drawn + NANOSECONDS;
		return watch->shown ? 0 : -EIO;
	}
	enter_screen(watch);
	int result = sized ? print_screen(picture.text, lines) : print_after(watch, picture.text);
	free(watch->shown);
	watch->shown = picture.text;
	watch->again = picture.again;
	return result;
}

/* Wait until something comes, or until @end (0: for ever). Return: false if stdout is closed. */
static bool wait_until(const struct watch *watch, long long end, bool *changed)
{
	struct pollfd fds[] = {
		{.fd = watch->changes, .events = POLLIN},
		{.fd = STDOUT_FILENO}, /* an error or a hang-up */
	};
	long long left = end - clock_now();
	struct timespec timeout = {left / NANOSECONDS, left % NANOSECONDS};
	sigset_t none;

	sigemptyset(&none);
	if (end != 0 && left < 0)
		timeout = (struct timespec){0};
	if (ppoll(fds, 2, end != 0 ? &timeout : NULL, &none) > 0) {
		if (fds[1].revents != 0)
			return false;
		*changed = host_picture_changed(watch->changes) || *changed;
	}
	return true;
}

/* Return: false if stdout is closed. */
static bool wait_for_more(const struct watch *watch)
{
	long long end = watch->again;
	bool changed = false;

	while (!resized && (end == 0 || clock_now() < end)) {
		bool before = changed;
		if (!wait_until(watch, end, &changed))
			return false;
		if (changed && !before) {
			long long soon = clock_now() + BURST;
			long long next = watch->drawn + INTERVAL;
			end = soon > next ? soon : next;
		}
	}
	return true;
}

/* A resize is heard of only while something is waited for: it is not lost in between. */
static void block_resize(void)
{
	sigset_t resize;

	sigemptyset(&resize);
	sigaddset(&resize, SIGWINCH);
	sigprocmask(SIG_BLOCK, &resize, NULL);
}

/* One that can be drawn on again. */
static bool is_terminal(void)
{
	const char *kind = getenv("TERM");

	return isatty(STDOUT_FILENO) && kind && *kind && strcmp(kind, "dumb") != 0;
}

int show_watch(show_draw *drawer, void *argument)
{
	struct watch watch = {.draw = drawer, .argument = argument};
	CLEANUP(cleanup_fd) int changes = host_picture_watch();
	int result = 0;

	if (changes < 0) {
		log_error("changes of devices cannot be watched: %s", strerror(-changes));
		return EXIT_FAILED;
	}
	watch.changes = changes;
	watch.terminal = is_terminal();
	block_resize();
	handle_signals(watch.terminal);
	do
		result = draw(&watch);
	while (result == 0 && wait_for_more(&watch));
	bool refused = !watch.shown;
	free(watch.shown);
	if (on_screen)
		print_literal(SCREEN_LEAVE, strlen(SCREEN_LEAVE));
	return refused ? EXIT_FAILED : EXIT_DONE;
}
