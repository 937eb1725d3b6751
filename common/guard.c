// SPDX-License-Identifier: GPL-2.0-or-later
#include "guard.h"

#include "clock.h"
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define FIRST_DEADLINE 2

struct shared {
	pid_t parent;
	long long start;       /* CLOCK_MONOTONIC, ns */
	atomic_llong deadline; /* ns from start */
	const char *_Atomic step;
	char refusal[1024];
	size_t answer_length;
	char answer[]; /* GUARD_ANSWER_MAX; pages that are not written to cost nothing */
};

#define SHARED_SIZE (sizeof(struct shared) + GUARD_ANSWER_MAX)

/* Work that is not guarded (in a test, in a command) has nobody to tell. */
static struct shared unguarded;
static struct shared *shared = &unguarded;

bool guard_is_active(void)
{
	return shared != &unguarded;
}

/* Move the deadline and wake the parent, which waits for the old one. */
static void move_deadline(long long deadline)
{
	shared->deadline = deadline;
	if (shared->parent)
		kill(shared->parent, SIGCHLD);
}

void guard_set_deadline(unsigned int seconds)
{
	move_deadline(seconds * NANOSECONDS);
}

/* The deadline before a wait, and when the wait began and must end; ns from start. */
static struct {
	long long deadline;
	long long begin;
	long long limit;
} wait_for_others;

static long long later(long long one, long long other)
{
	return one > other ? one : other;
}

void guard_wait_begin(unsigned int seconds)
{
	wait_for_others.deadline = shared->deadline;
	wait_for_others.begin = clock_now() - shared->start;
	wait_for_others.limit = later(seconds * NANOSECONDS, shared->deadline);
	move_deadline(wait_for_others.limit);
}

void guard_wait_end(void)
{
	long long waited = clock_now() - shared->start - wait_for_others.begin;
	long long deadline = wait_for_others.deadline + waited;

	move_deadline(deadline < wait_for_others.limit ? deadline : wait_for_others.limit);
}

void guard_step(const char *step)
{
	shared->step = step;
}

void guard_refuse(const char *reason)
{
	snprintf(shared->refusal, sizeof(shared->refusal), "%s", reason);
}

int guard_answer(const char *text, size_t length)
{
	if (length > GUARD_ANSWER_MAX)
		return -EFBIG;
	if (!guard_is_active())
		return 0;
	memcpy(shared->answer, text, length);
	shared->answer_length = length;
	return 0;
}

void guard_leave(void)
{
	shared = &unguarded;
}

static _Noreturn void run_child(guard_work *work, void *argument)
{
	/* Killing the hook ends the work too: nothing may go on unwatched. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != shared->parent)
		_exit(0);

	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	/* Without /dev/null (a chroot) the descriptors still must not stay libvirtd's. */
	for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++) {
		if (null < 0 || dup2(null, fd) < 0)
			close(fd);
	}
	work(argument);
	exit(0);
}

static sigset_t child_signal_set(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	return set;
}

/* Wait for the child until the deadline, which may move meanwhile. Return: true if it ended. */
static bool wait_for_child(pid_t child, int *status)
{
	const sigset_t child_signal = child_signal_set();

	for (;;) {
		if (waitpid(child, status, WNOHANG) == child)
			return true;
		long long left = shared->start + shared->deadline - clock_now();
		if (left <= 0)
			return false;
		struct timespec timeout = {
			.tv_sec = (time_t)(left / NANOSECONDS),
			.tv_nsec = (long)(left % NANOSECONDS),
		};
		sigtimedwait(&child_signal, NULL, &timeout);
	}
}

static void write_answer(void)
{
	int length = (int)shared->answer_length;
	int capacity = fcntl(STDOUT_FILENO, F_GETPIPE_SZ);
	size_t done = 0;

	if (capacity >= 0 && capacity < length && fcntl(STDOUT_FILENO, F_SETPIPE_SZ, length) < 0) {
		log_error("the XML was not written: the pipe cannot be made to hold %d bytes: %s",
			length, strerror(errno));
		return;
	}
	signal(SIGPIPE, SIG_IGN);
	while (done < shared->answer_length) {
		ssize_t written =
			write(STDOUT_FILENO, shared->answer + done, shared->answer_length - done);
		if (written < 0 && errno != EINTR) {
			log_error("the XML was not written: %s", strerror(errno));
			return;
		}
		if (written > 0)
			done += (size_t)written;
	}
}

static int report(int status)
{
	if (WIFSIGNALED(status)) {
		log_error("ended by signal %d while %s; what came after that was not done",
			WTERMSIG(status), shared->step);
		return 0;
	}
	if (WEXITSTATUS(status) != 0) {
		log_error("ended with status %d while %s; what came after that was not done",
			WEXITSTATUS(status), shared->step);
		return 0;
	}
	if (shared->answer_length > 0)
		write_answer();
	if (!*shared->refusal)
		return 0;
	fprintf(stderr, "virt-netboot: %s\n", shared->refusal);
	return GUARD_REFUSED;
}

/* Set up the memory that parent and child share. Return: false with errno set without memory. */
static bool share(void)
{
	void *memory = mmap(NULL, SHARED_SIZE, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (memory == MAP_FAILED)
		return false;
	shared = memory;
	shared->start = clock_now();
	shared->deadline = FIRST_DEADLINE * NANOSECONDS;
	shared->parent = getpid();
	shared->step = "starting";
	return true;
}

/* fork(2), with SIGCHLD blocked in the parent, for wait_for_child(). */
static pid_t fork_child(void)
{
	sigset_t child_signal = child_signal_set();
	sigset_t before;

	signal(SIGCHLD, SIG_DFL);
	sigprocmask(SIG_BLOCK, &child_signal, &before);
	pid_t child = fork();
	if (child == 0)
		sigprocmask(SIG_SETMASK, &before, NULL);
	return child;
}

int guard_run(guard_work *work, void *argument)
{
	int status;

	if (!share()) {
		log_error("no shared memory (%s); nothing was done", strerror(errno));
		return 0;
	}
	pid_t child = fork_child();
	if (child == 0)
		run_child(work, argument);
	if (child < 0) {
		log_error("no process for the work (%s); nothing was done", strerror(errno));
		return 0;
	}
	if (!wait_for_child(child, &status)) {
		kill(child, SIGKILL);
		log_error("deadline of %.1f s passed while %s; what came after that was not done",
			(double)shared->deadline / (double)NANOSECONDS, shared->step);
		return 0;
	}
	return report(status);
}
