// SPDX-License-Identifier: GPL-2.0-or-later
/* Whatever becomes of the work, the hook ends with 0, in time, and says what happened. */
#include "test.h"

#include "guard.h"
#include "log_capture.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/*
 * Run a guard in a process of its own, as a hook is one: its status, what it wrote to stderr, what
 * it logged, and how long it took.
 */
struct outcome {
	int status;
	char text[4096];
	char log[4096];
	double seconds;
};

static double seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void read_all(int fd, char *text, size_t size)
{
	size_t length = 0;
	ssize_t got;

	while (length < size - 1 && (got = read(fd, text + length, size - 1 - length)) > 0)
		length += (size_t)got;
	text[length] = '\0';
	close(fd);
}

static struct outcome run(guard_work *work)
{
	struct outcome outcome;
	double start = seconds_now();
	int text[2];
	int log[2];

	assert_int_equal(pipe2(text, O_CLOEXEC), 0);
	assert_int_equal(pipe2(log, O_CLOEXEC), 0);
	pid_t hook = fork();
	if (hook == 0) {
		dup2(text[1], STDOUT_FILENO);
		dup2(text[1], STDERR_FILENO);
		close(text[1]);
		log_capture_clear();
		int status = guard_run(work, NULL);
		if (write(log[1], log_captured, strlen(log_captured)) < 0)
			_exit(99);
		_exit(status);
	}
	close(text[1]);
	close(log[1]);
	/* As libvirtd does: until the end of the hook's output, whoever holds it. */
	read_all(text[0], outcome.text, sizeof(outcome.text));
	waitpid(hook, &outcome.status, 0);
	outcome.seconds = seconds_now() - start;
	read_all(log[0], outcome.log, sizeof(outcome.log));
	return outcome;
}

static void work_well(void *argument)
{
	(void)argument;
	/* What the work prints does not reach libvirtd. */
	if (write(STDOUT_FILENO, "out", 3) != 3 || write(STDERR_FILENO, "err", 3) != 3)
		_exit(1);
}

static void test_well(void **state)
{
	(void)state;
	struct outcome outcome = run(work_well);

	assert_int_equal(outcome.status, 0);
	assert_string_equal(outcome.text, "");
	assert_string_equal(outcome.log, "");
}

static void work_killed(void *argument)
{
	(void)argument;
	guard_step("tying a knot");
	guard_refuse("this must not show");
	raise(SIGKILL);
}

static void test_killed(void **state)
{
	(void)state;
	struct outcome outcome = run(work_killed);

	assert_int_equal(outcome.status, 0);
	assert_string_equal(outcome.text, "");
	assert_non_null(strstr(outcome.log, "ended by signal 9 while tying a knot"));
}

static void work_exits(void *argument)
{
	(void)argument;
	guard_refuse("this must not show");
	_exit(71);
}

static void test_exits(void **state)
{
	(void)state;
	struct outcome outcome = run(work_exits);

	assert_int_equal(outcome.status, 0);
	assert_string_equal(outcome.text, "");
	assert_non_null(strstr(outcome.log, "ended with status 71 while starting"));
}

static void work_refuses(void *argument)
{
	(void)argument;
	guard_refuse("because %s");
}

static void test_refuses(void **state)
{
	(void)state;
	struct outcome outcome = run(work_refuses);

	assert_true(WIFEXITED(outcome.status));
	assert_int_equal(WEXITSTATUS(outcome.status), GUARD_REFUSED);
	assert_string_equal(outcome.text, "virt-netboot: because %s\n");
}

static void hang(void)
{
	signal(SIGTERM, SIG_IGN);
	for (;;)
		pause();
}

static void work_hangs(void *argument)
{
	(void)argument;
	guard_set_deadline(1);
	guard_step("waiting for ever");
	guard_refuse("this must not show");
	hang();
}

static void test_hangs(void **state)
{
	(void)state;
	struct outcome outcome = run(work_hangs);

	assert_int_equal(outcome.status, 0);
	assert_string_equal(outcome.text, "");
	assert_non_null(strstr(outcome.log, "deadline of 1.0 s passed while waiting for ever"));
	assert_true(outcome.seconds >= 1);
}

static void work_waits(void *argument)
{
	(void)argument;
	guard_set_deadline(1);
	guard_wait_begin(3);
	hang();
}

/* The configured deadline may be the longer one. */
static void work_waits_less(void *argument)
{
	(void)argument;
	guard_set_deadline(3);
	guard_wait_begin(1);
	hang();
}

static void work_waited(void *argument)
{
	(void)argument;
	guard_set_deadline(1);
	guard_wait_begin(3);
	sleep(1);
	guard_wait_end();
	hang();
}

static void test_waits(void **state)
{
	(void)state;
	struct outcome outcome = run(work_waits);

	assert_int_equal(outcome.status, 0);
	assert_non_null(strstr(outcome.log, "deadline of 3.0 s passed"));
	outcome = run(work_waits_less);
	assert_non_null(strstr(outcome.log, "deadline of 3.0 s passed"));

	/* One second of waiting and one of its own. */
	outcome = run(work_waited);
	assert_int_equal(outcome.status, 0);
	assert_non_null(strstr(outcome.log, "deadline of 2."));
	assert_true(outcome.seconds >= 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_well),
		cmocka_unit_test(test_killed),
		cmocka_unit_test(test_exits),
		cmocka_unit_test(test_refuses),
		cmocka_unit_test(test_hangs),
		cmocka_unit_test(test_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
