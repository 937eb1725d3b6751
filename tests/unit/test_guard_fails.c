// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The guard's second line of defence: whichever call of the guard's own it is that hangs or
 * crashes, the hook ends with 0, or with 1 where it has refused, and libvirt has a whole answer or
 * none. The linker leads each call that the guard makes of the system to a function here, which
 * counts it and may not come back.
 */
#include "test.h"

#include "clock.h"
#include "guard.h"
#include "log.h"
#include "log_capture.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

/* Deadlines and the alarm clock run so much faster. */
#define FASTER 4

/* More than the guard makes calls. */
#define MOST_CALLS 200

typedef void guarded_work(struct progress_memory *memory, void *argument);

enum fault { FAULT_NONE, FAULT_HANG, FAULT_CRASH, FAULT_NO_PROCESS };

/* What becomes of which call, in which process. */
static enum fault fault;
static unsigned int at;
static pid_t guard;

/* The calls so far, once there is an alarm clock: before, nothing but that is prepared. Shared with
 * one hook, or each has its own. */
static unsigned int *calls;

pid_t __real_getpid(void);
unsigned int __wrap_alarm(unsigned int seconds);

static void count(void)
{
	if (!guard || __real_getpid() != guard)
		return;
	if (++*calls != at)
		return;
	if (fault == FAULT_HANG) {
		for (;;)
			pause();
	}
	if (fault == FAULT_CRASH)
		raise(SIGSEGV);
}

/* A function of the system that is counted first. */
#define COUNTED(type, name, parameters, arguments) \
	type __real_##name parameters;             \
	type __wrap_##name parameters;             \
	type __wrap_##name parameters              \
	{                                          \
		count();                           \
		return __real_##name arguments;    \
	}

COUNTED(int, clock_gettime, (clockid_t clock, struct timespec *time), (clock, time))
COUNTED(int, close, (int fd), (fd))
COUNTED(int, fcntl, (int fd, int command, long argument), (fd, command, argument))
COUNTED(pid_t, getpid, (void), ())
COUNTED(int, getpriority, (__priority_which_t which, id_t who), (which, who))
COUNTED(int, kill, (pid_t pid, int signal), (pid, signal))
COUNTED(void *, mmap, (void *place, size_t size, int protection, int flags, int fd, off_t offset),
	(place, size, protection, flags, fd, offset))
COUNTED(int, poll, (struct pollfd * list, nfds_t size, int timeout), (list, size, timeout))
COUNTED(ssize_t, read, (int fd, void *text, size_t size), (fd, text, size))
COUNTED(int, setpriority, (__priority_which_t which, id_t who, int value), (which, who, value))
COUNTED(int, sigaction, (int signal, const struct sigaction *action, struct sigaction *before),
	(signal, action, before))
COUNTED(sighandler_t, signal, (int signal, sighandler_t handler), (signal, handler))
COUNTED(int, sigprocmask, (int how, const sigset_t *set, sigset_t *before), (how, set, before))
COUNTED(int, sigtimedwait, (const sigset_t *set, siginfo_t *info, const struct timespec *timeout),
	(set, info, timeout))
COUNTED(pid_t, waitpid, (pid_t pid, int *status, int options), (pid, status, options))
COUNTED(ssize_t, write, (int fd, const void *text, size_t size), (fd, text, size))

pid_t __real_fork(void);
pid_t __wrap_fork(void);

pid_t __wrap_fork(void)
{
	count();
	if (fault != FAULT_NO_PROCESS)
		return __real_fork();
	errno = EAGAIN;
	return -1;
}

/* The first is where the guard's defence begins. */
unsigned int __wrap_alarm(unsigned int seconds)
{
	struct itimerval time = {.it_value = {.tv_sec = seconds / FASTER,
					 .tv_usec = (long)(seconds % FASTER) * (1000000 / FASTER)}};

	count();
	setitimer(ITIMER_REAL, &time, NULL);
	guard = guard ? guard : __real_getpid();
	return 0;
}

static void work_refuses(struct progress_memory *memory, void *argument)
{
	(void)memory;
	(void)argument;
	log_line(LOG_NOTICE, "one");
	progress_refuse("because");
}

static void work_answers(struct progress_memory *memory, void *argument)
{
	(void)memory;
	(void)argument;
	progress_answer("<domain/>", 9);
}

static void work_hangs(struct progress_memory *memory, void *argument)
{
	(void)memory;
	(void)argument;
	progress_set_deadline(2);
	for (;;)
		pause();
}

static void work_crashes(struct progress_memory *memory, void *argument)
{
	(void)memory;
	(void)argument;
	raise(SIGKILL);
}

/* One hook, in which one call fails in one way. */
struct run {
	pid_t pid;
	int output;
};

static struct run start_hook(guarded_work *work, enum fault what, unsigned int where)
{
	const struct guarded guarded = {.work = work, .may_refuse = true, .may_answer = true};
	struct run run;
	int output[2];

	assert_int_equal(pipe2(output, O_CLOEXEC), 0);
	run.pid = fork();
	if (run.pid == 0) {
		fault = what;
		at = where;
		dup2(open("/dev/null", O_RDONLY | O_CLOEXEC), STDIN_FILENO);
		dup2(output[1], STDOUT_FILENO);
		dup2(output[1], STDERR_FILENO);
		progress_second = NANOSECONDS / FASTER;
		guard_begin();
		_exit(guard_run(&guarded));
	}
	close(output[1]);
	run.output = output[0];
	return run;
}

/* Until the end of its output, as libvirtd does. Return: its exit status. */
static int end_hook(const struct run *run, char *text, size_t size)
{
	size_t length = 0;
	ssize_t got;
	int status;

	while (length < size - 1 && (got = read(run->output, text + length, size - 1 - length)) > 0)
		length += (size_t)got;
	text[length] = '\0';
	close(run->output);
	waitpid(run->pid, &status, 0);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* Without a fault, which shows what there is to see otherwise. */
static unsigned int count_calls(guarded_work *work, int status, const char *output)
{
	char text[256];

	calls = mmap(
		NULL, sizeof(*calls), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct run run = start_hook(work, FAULT_NONE, 0);
	assert_int_equal(end_hook(&run, text, sizeof(text)), status);
	assert_string_equal(text, output);
	unsigned int counted = *calls;
	munmap(calls, sizeof(*calls));
	return counted;
}

/* What was written before the fault is whole, and a status other than 0 is said to be a refusal. */
static void check_end(const struct run *run, unsigned int where, int status, const char *output)
{
	char text[256];
	int ended = end_hook(run, text, sizeof(text));

	if (*text && strcmp(text, output) != 0)
		fail_msg("call %u: '%s' was written", where, text);
	if (ended != 0 && (ended != status || !*text))
		fail_msg("call %u: status %d", where, ended);
}

/* At each call that the guard makes, in a hook of its own, all at the same time. */
static void check(guarded_work *work, enum fault what, int status, const char *output)
{
	static unsigned int own_calls;
	struct run runs[MOST_CALLS];
	/* Waiting may take some calls more or less. */
	unsigned int most = count_calls(work, status, output) + 5;

	assert_in_range(most, 10, MOST_CALLS);
	calls = &own_calls;
	for (unsigned int i = 0; i < most; i++)
		runs[i] = start_hook(work, what, i + 1);
	for (unsigned int i = 0; i < most; i++)
		check_end(&runs[i], i + 1, status, output);
	print_message("%u calls\n", most);
}

static void check_all(enum fault what)
{
	check(work_refuses, what, 1, "virt-netboot: because\n");
	check(work_answers, what, 0, "<domain/>");
	check(work_hangs, what, 0, "");
	check(work_crashes, what, 0, "");
}

static void test_hangs(void **state)
{
	(void)state;
	check_all(FAULT_HANG);
}

static void test_crashes(void **state)
{
	(void)state;
	check_all(FAULT_CRASH);
}

/* What sends to the log may hang where no alarm clock is heard: the guard does not do it itself.
 * This comes first: what other hooks here send to the log may come after they have ended. */
static void test_no_process(void **state)
{
	static unsigned int own_calls;
	char text[256];

	(void)state;
	calls = &own_calls;
	log_capture_clear();
	struct run run = start_hook(work_refuses, FAULT_NO_PROCESS, 0);
	assert_int_equal(end_hook(&run, text, sizeof(text)), 0);
	assert_string_equal(text, "");
	assert_string_equal(log_captured, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_process),
		cmocka_unit_test(test_hangs),
		cmocka_unit_test(test_crashes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
