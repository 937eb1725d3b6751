// SPDX-License-Identifier: GPL-2.0-or-later
#include "guard.h"

#include "character.h"
#include "clock.h"
#include "log.h"
#include "write_all.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* Seconds, until the configuration is read: as without one (policy.c). */
#define FIRST_DEADLINE 10

/* Seconds: more than any deadline that the work may ask for (policy_file.c), waits included. */
#define LAST_DEADLINE 70

/* Seconds after a deadline until the alarm clock ends a guard that has not ended itself. */
#define SECOND_DEFENCE 2

/* Seconds that the process may take that writes to the log (log.h); and milliseconds that libvirtd
 * is kept waiting for it. */
#define LOG_DEADLINE 10
#define LOG_PATIENCE 500

/* What could end us with a status other than 0. */
static const int fatal_signals[] = {SIGALRM, SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS,
	SIGTRAP, SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGPIPE, SIGXCPU, SIGXFSZ};

#define FATAL_SIGNALS (sizeof(fatal_signals) / sizeof(fatal_signals[0]))

/* How they were handled before, which is how the work has them. */
static struct sigaction handlers[FATAL_SIGNALS];

/* libvirtd waits, with a guest's lock, for what takes 50 ms of a processor: sixty hooks at once
 * beside 48 busy processes take half the time with this nice value. */
#define URGENT (-20)

static long long start;

/* The nice value before. */
static int priority;

static struct progress_memory *memory;

static pid_t self;

/* What the guard itself has to say in the log, or "". */
static char last_word[LOG_VALUE_SIZE];

/* libvirtd has the whole of the work's answer. */
static bool answered;

static void end_at_once(int signal)
{
	(void)signal;
	_exit(0);
}

void guard_begin(void)
{
	const struct sigaction action = {.sa_handler = end_at_once};
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < FATAL_SIGNALS; i++) {
		sigaction(fatal_signals[i], &action, &handlers[i]);
		sigaddset(&set, fatal_signals[i]);
	}
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	alarm(FIRST_DEADLINE + SECOND_DEFENCE);
	start = clock_now();
	priority = getpriority(PRIO_PROCESS, 0);
	if (priority > URGENT)
		setpriority(PRIO_PROCESS, 0, URGENT);
}

static void end_guard(void)
{
	alarm(0);
	for (size_t i = 0; i < FATAL_SIGNALS; i++)
		sigaction(fatal_signals[i], &handlers[i], NULL);
}

__attribute__((format(printf, 1, 2))) static void log_at_the_end(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(last_word, sizeof(last_word), format, arguments);
	va_end(arguments);
}

/* A descriptor that is closed would be taken by the next file to be opened. */
static void open_standard_descriptors(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) < 0)
			return;
	}
}

/* libvirtd waits for the end of its descriptors. Without /dev/null (a chroot) they still must not
 * stay with us. */
static void leave_output(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++) {
		if (null < 0 || dup2(null, fd) < 0)
			close(fd);
	}
}

static _Noreturn void run_child(const struct guarded *guarded)
{
	/* Killing the hook ends the work too: nothing may go on unwatched. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != self)
		_exit(0);
	end_guard();
	open_standard_descriptors();
	leave_output();
	progress_attach(memory);
	guarded->work(memory, guarded->argument);
	progress_step("ending");
	memory->ended = PROGRESS_ENDED;
	exit(0);
}

static sigset_t child_signal_set(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	return set;
}

/* The deadline as the work wants it, if that is sane; ns from start. */
static long long deadline(void)
{
	long long wanted = memory->deadline;
	long long last = LAST_DEADLINE * progress_second;

	return wanted < 0 || wanted > last ? last : wanted;
}

/* Wait until a child ends, or a deadline moves, for so many ns at most. */
static void wait_for_signal(long long left)
{
	const sigset_t child_signal = child_signal_set();
	const struct timespec timeout = {
		.tv_sec = (time_t)(left / NANOSECONDS),
		.tv_nsec = (long)(left % NANOSECONDS),
	};

	alarm((unsigned int)timeout.tv_sec + SECOND_DEFENCE);
	sigtimedwait(&child_signal, NULL, &timeout);
}

/* Wait for the child until the deadline, which may move meanwhile. Return: true if it ended. */
static bool wait_for_child(pid_t child, int *status)
{
	for (;;) {
		if (waitpid(child, status, WNOHANG) == child)
			return true;
		long long left = start + deadline() - clock_now();
		if (left <= 0)
			return false;
		wait_for_signal(left);
	}
}

/* A copy of text that the work has left, of at most @size bytes with its NUL, which may be missing;
 * it may still be changing. */
static void copy_text(char *copy, const char *text, size_t size)
{
	memcpy(copy, text, size);
	copy[size - 1] = '\0';
}

static const char *step(void)
{
	static char copy[PROGRESS_STEP_SIZE];

	copy_text(copy, memory->step, sizeof(copy));
	return copy;
}

/* The work has come to its end, whatever its process does then. */
static bool has_ended(void)
{
	return memory->ended == PROGRESS_ENDED;
}

/* How far the work has come, in words. */
static const char *done_or_not(void)
{
	static char text[PROGRESS_DONE_SIZE + 64];
	char done[PROGRESS_DONE_SIZE];
	char more[32] = "";
	unsigned int count = memory->done_more;

	if (has_ended())
		return "all was done";
	copy_text(done, memory->done, sizeof(done));
	if (!*done)
		return "nothing was done";
	if (count > 0)
		snprintf(more, sizeof(more), ", and %u more", count);
	snprintf(text, sizeof(text), "done: %s%s; not done: the rest", done, more);
	return text;
}

/* A document of XML, as far as can be told without a parser. */
static bool is_document(const char *text, size_t length)
{
	return length > 2 && length <= PROGRESS_ANSWER_MAX && text[0] == '<' &&
	       (text[length - 1] == '>' || text[length - 1] == '\n') && !memchr(text, '\0', length);
}

static int answer(const char *text, size_t length)
{
	int capacity = fcntl(STDOUT_FILENO, F_GETPIPE_SZ);

	if (capacity >= 0 && (size_t)capacity < length &&
		fcntl(STDOUT_FILENO, F_SETPIPE_SZ, (int)length) < 0) {
		log_at_the_end(
			"the XML was not written: the pipe cannot be made to hold %zu bytes: %s",
			length, strerror(errno));
		return 0;
	}
	int result = write_all(STDOUT_FILENO, text, length);
	answered = result == 0;
	if (!answered)
		log_at_the_end("the XML was not written: %s", strerror(-result));
	return 0;
}

/* Refused is what ends with 1, whether or not libvirt can say why. */
static int refuse(const char *reason)
{
	char shown[4 * PROGRESS_REFUSAL_SIZE];
	char line[sizeof(shown) + 32];

	int length = snprintf(line, sizeof(line), "virt-netboot: %s\n",
		text_show(shown, sizeof(shown), reason, ""));
	int result = write_all(STDERR_FILENO, line, (size_t)length);
	if (result != 0)
		log_at_the_end("the reason to refuse was not written: %s", strerror(-result));
	return 1;
}

/* The work has ended well. */
static int obey(const struct guarded *guarded)
{
	unsigned int outcome = memory->outcome;
	size_t length = memory->answer_length;
	char reason[PROGRESS_REFUSAL_SIZE];

	signal(SIGPIPE, SIG_IGN);
	if (outcome == PROGRESS_DONE)
		return 0;
	copy_text(reason, memory->refusal, sizeof(reason));
	if (outcome == PROGRESS_REFUSED && guarded->may_refuse && *reason)
		return refuse(reason);
	if (outcome == PROGRESS_ANSWERED && guarded->may_answer &&
		is_document(memory->answer, length))
		return answer(memory->answer, length);
	log_at_the_end("left garbage behind while %s; what it wanted was not done", step());
	return 0;
}

/* The child's end, if it was not a good one, goes into the log. */
static void complain_of_end(int status)
{
	if (WIFSIGNALED(status))
		log_at_the_end(
			"ended by signal %d while %s; %s", WTERMSIG(status), step(), done_or_not());
	else if (WEXITSTATUS(status) != 0)
		log_at_the_end("ended with status %d while %s; %s", WEXITSTATUS(status), step(),
			done_or_not());
}

/* Set up the memory that parent and child share. Return: false with errno set without memory. */
static bool share(void)
{
	memory = mmap(NULL, sizeof(*memory), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (memory == MAP_FAILED)
		return false;
	memory->start = start;
	memory->priority = priority;
	memory->deadline = FIRST_DEADLINE * NANOSECONDS;
	memory->log_case = PROGRESS_LOG_ALWAYS;
	strcpy(memory->step, "starting");
	return true;
}

/* fork(2), with SIGCHLD blocked in the parent, for wait_for_child(). */
static pid_t fork_child(void)
{
	sigset_t child_signal = child_signal_set();
	sigset_t before;

	self = getpid();
	signal(SIGCHLD, SIG_DFL); /* ignored, as it may be inherited, it would hide the status */
	sigprocmask(SIG_BLOCK, &child_signal, &before);
	pid_t child = fork();
	if (child == 0)
		sigprocmask(SIG_SETMASK, &before, NULL);
	return child;
}

/*
 * libvirtd also waits until it has written all of the XML, or nobody can read it [libvirt
 * src/util/vircommand.c, virCommandProcessIO()]. A child that cannot die has it open: so it is read
 * here, to its end, or for a second.
 */
static void drain_input(void)
{
	struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
	long long end = clock_now() + NANOSECONDS;
	char text[16384];

	int flags = fcntl(STDIN_FILENO, F_GETFL);

	/* Reading a file could wait for a disk, in which no alarm clock can be heard. */
	if (fcntl(STDIN_FILENO, F_GETPIPE_SZ) < 0)
		return;
	alarm(SECOND_DEFENCE);
	/* Of whoever else has it open, too: a person's terminal gets it back as it was. */
	fcntl(STDIN_FILENO, F_SETFL, flags | O_NONBLOCK);
	for (;;) {
		ssize_t got = read(STDIN_FILENO, text, sizeof(text));
		long long left = (end - clock_now()) / NANOSECONDS_PER_MILLISECOND;
		if (got == 0 || (got < 0 && errno != EAGAIN) || left <= 0)
			break;
		if (got < 0)
			poll(&input, 1, (int)left);
	}
	fcntl(STDIN_FILENO, F_SETFL, flags);
}

/* Do the work. Return: what main() returns. */
static int run(const struct guarded *guarded)
{
	int status;

	if (!share()) {
		log_at_the_end("no shared memory (%s); nothing was done", strerror(errno));
		return 0;
	}
	pid_t child = fork_child();
	if (child == 0)
		run_child(guarded);
	if (child < 0) {
		log_at_the_end("no process for the work (%s); nothing was done", strerror(errno));
		return 0;
	}
	if (!wait_for_child(child, &status)) {
		kill(child, SIGKILL);
		drain_input();
		log_at_the_end("deadline of %.1f s passed while %s; %s",
			(double)deadline() / (double)progress_second, step(), done_or_not());
	} else {
		complain_of_end(status);
	}
	return has_ended() ? obey(guarded) : 0;
}

/* True if a line for this case is to be sent. */
static bool is_the_case(char which)
{
	return which == PROGRESS_LOG_ALWAYS ||
	       which == (answered ? PROGRESS_LOG_ANSWERED : PROGRESS_LOG_NOT_ANSWERED);
}

/* One line that the work has left, if it is one. Return: its length with all around it, or 0. */
static size_t log_left_line(const char *line, size_t size)
{
	static const char cases[] = {
		PROGRESS_LOG_ALWAYS, PROGRESS_LOG_ANSWERED, PROGRESS_LOG_NOT_ANSWERED, '\0'};
	char text[LOG_LINE_SIZE];
	size_t length = strnlen(line, size);

	/* The work may have gone mad. */
	if (length == size || length < 2 || length - 1 > sizeof(text) || line[0] < '0' ||
		line[0] > '0' + LOG_DEBUG || !strchr(cases, line[1]))
		return 0;
	copy_text(text, line + 2, length - 1);
	if (is_the_case(line[1])) {
		char shown[LOG_LINE_SIZE];
		log_send(line[0] - '0', text_show(shown, sizeof(shown), text, ""));
	}
	return length + 1;
}

/* The lines that the work has left, up to the first that is none. */
static void log_left_lines(void)
{
	size_t end = memory->log_length;
	unsigned int lost = memory->log_lost;
	size_t length = 1;
	size_t at = 0;

	while (length > 0 && at < end && end <= PROGRESS_LOG_SIZE) {
		length = log_left_line(memory->log + at, end - at);
		at += length;
	}
	if (at != end)
		log_error("left garbage behind instead of messages");
	else if (lost > 0)
		log_error("%u more messages were lost: there were too many", lost);
}

static void write_log(void)
{
	if (memory != MAP_FAILED)
		log_left_lines();
	if (*last_word)
		log_error("%s", last_word);
}

/* For a moment, so that its messages come before those of the next hook. One that takes longer goes
 * on without hurry. */
static void wait_for_log(pid_t child)
{
	long long end = clock_now() + LOG_PATIENCE * NANOSECONDS_PER_MILLISECOND;

	while (waitpid(child, NULL, WNOHANG) == 0) {
		long long left = end - clock_now();
		if (left <= 0) {
			setpriority(PRIO_PROCESS, (id_t)child, priority);
			return;
		}
		wait_for_signal(left);
	}
}

/*
 * Leave the log to a process of its own, because the log daemon may keep it waiting, or the file
 * system that its socket is on, where no alarm clock is heard. So where there can be no other
 * process nothing is logged. It gets none of libvirtd's descriptors, not even for the instant
 * before it has closed them: it may be stopped in it.
 */
static void leave_log(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		close(fd);
	pid_t child = fork();
	if (child > 0)
		wait_for_log(child);
	if (child != 0)
		return;
	end_guard();
	close_range(0, ~0U, 0);
	signal(SIGALRM, SIG_DFL);
	alarm(LOG_DEADLINE);
	write_log();
	_exit(0);
}

int guard_run(const struct guarded *guarded)
{
	int status = run(guarded);

	if (*last_word || memory->log_length > 0)
		leave_log();
	return status;
}
