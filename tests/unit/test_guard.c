// SPDX-License-Identifier: GPL-2.0-or-later
/* Whatever becomes of the work, the hook ends with 0, in time, and says what happened. */
#include "test.h"

#include "clock.h"
#include "guard.h"
#include "log.h"
#include "log_capture.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* Deadlines are in tenths of a second here, or less. */
static long long second = NANOSECONDS / 5;

/*
 * Run a guard in a process of its own, as a hook is one: its status, what it wrote to stdout and
 * stderr, and how long it took, in such seconds.
 */
struct outcome {
	int status;
	char text[4096];
	double seconds;
};

typedef void guarded_work(struct progress_memory *memory, void *argument);

static void read_all_text(int fd, char *text, size_t size)
{
	size_t length = 0;
	ssize_t got;

	while (length < size - 1 && (got = read(fd, text + length, size - 1 - length)) > 0)
		length += (size_t)got;
	text[length] = '\0';
	close(fd);
}

static struct outcome run_guarded(const struct guarded *guarded)
{
	struct outcome outcome;
	long long start = clock_now();
	int text[2];

	log_capture_clear();
	assert_int_equal(pipe2(text, O_CLOEXEC), 0);
	pid_t hook = fork();
	if (hook == 0) {
		dup2(text[1], STDOUT_FILENO);
		dup2(text[1], STDERR_FILENO);
		progress_second = second;
		guard_begin();
		_exit(guard_run(guarded));
	}
	close(text[1]);
	/* As libvirtd does: until the end of the hook's output, whoever holds it. */
	read_all_text(text[0], outcome.text, sizeof(outcome.text));
	waitpid(hook, &outcome.status, 0);
	outcome.seconds = (double)(clock_now() - start) / (double)second;
	return outcome;
}

static struct outcome run(guarded_work *work)
{
	return run_guarded(&(struct guarded){.work = work, .may_refuse = true, .may_answer = true});
}

/* The guard leaves its line to a process that is not waited for. */
static void assert_logged(const char *wanted)
{
	for (int i = 0; i < 500 && !strstr(log_captured, wanted); i++)
		poll(NULL, 0, 10);
	if (!strstr(log_captured, wanted))
		fail_msg("not logged: %s, but: %.4000s", wanted, log_captured);
}

static void assert_nothing_happened(const struct outcome *outcome)
{
	assert_int_equal(outcome->status, 0);
	assert_string_equal(outcome->text, "");
}

static void hang(void)
{
	signal(SIGTERM, SIG_IGN);
	for (;;)
		pause();
}

static void work_well(struct progress_memory *memory, void *argument)
{
	(void)memory;
	(void)argument;
	/* What the work prints does not reach libvirtd. */
	if (write(STDOUT_FILENO, "out", 3) != 3 || write(STDERR_FILENO, "err", 3) != 3)
		_exit(1);
}

static void test_well(void **state)
{
	(void)state;
	struct outcome outcome = run(work_well);

	assert_nothing_happened(&outcome);
	assert_string_equal(log_captured, "");
}

static void work_killed(struct progress_memory *memory, void *argument)
{
	(void)memory;
	(void)argument;
	progress_step("tying a knot");
	progress_refuse("this must not show");
	raise(SIGKILL);
}

static void test_killed(void **state)
{
	(void)state;
	struct outcome outcome = run(work_killed);

	assert_nothing_happened(&outcome);
	assert_logged("ended by signal 9 while tying a knot");
}

/* The guard's own handlers must not make a crash of the work look like a success. */
static void work_crashes(struct progress_memory *memory, void *argument)
{
	(void)memory;
	(void)argument;
	/* Not the sanitizers' either. */
	signal(SIGABRT, SIG_DFL);
	raise(SIGABRT);
}

static void test_crashes(void **state)
{
	(void)state;
	struct outcome outcome = run(work_crashes);

	assert_nothing_happened(&outcome);
	assert_logged("ended by signal 6 while starting");
}

/* As many statuses as there are, those that a shell would take for signals among them. */
static void work_exits(struct progress_memory *memory, void *argument)
{
	(void)memory;
	progress_refuse("this must not show");
	_exit(*(const int *)argument);
}

static void test_exits(void **state)
{
	static const int statuses[] = {1, 3, 71, 127, 129, 137, 255};

	(void)state;
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		int status = statuses[i];
		char wanted[64];
		struct outcome outcome = run_guarded(&(struct guarded){
			.work = work_exits, .argument = &status, .may_refuse = true});
		assert_nothing_happened(&outcome);
		snprintf(wanted, sizeof(wanted), "ended with status %d while starting", status);
		assert_logged(wanted);
	}
}

static void work_refuses(struct progress_memory *memory, void *argument)
{
	(void)memory;
	(void)argument;
	progress_refuse("because %s");
}

static void work_refuses_odd_names(struct progress_memory *memory, void *argument)
{
	(void)memory;
	(void)argument;
	progress_refuse("of br\xc3\xbc, \x1b[2J, \xc2\x9b[2J and \xff");
}

/* libvirt shows it to a person. */
static void test_refuses_odd_names(void **state)
{
	(void)state;
	struct outcome outcome = run(work_refuses_odd_names);

	assert_string_equal(
		outcome.text, "virt-netboot: of br\xc3\xbc, \\x1b[2J, \\xc2\\x9b[2J and \\xff\n");
}

static void test_refuses(void **state)
{
	(void)state;
	struct outcome outcome = run(work_refuses);

	assert_true(WIFEXITED(outcome.status));
	assert_int_equal(WEXITSTATUS(outcome.status), 1);
	assert_string_equal(outcome.text, "virt-netboot: because %s\n");

	/* Not where libvirt would kill a guest for it. */
	outcome = run_guarded(&(struct guarded){.work = work_refuses});
	assert_nothing_happened(&outcome);
	assert_logged("left garbage behind");
}

static void work_answers(struct progress_memory *memory, void *argument)
{
	(void)memory;
	(void)argument;
	progress_answer("<domain/>", 9);
}

static void test_answers(void **state)
{
	(void)state;
	struct outcome outcome = run(work_answers);

	assert_int_equal(outcome.status, 0);
	assert_string_equal(outcome.text, "<domain/>");

	outcome = run_guarded(&(struct guarded){.work = work_answers});
	assert_nothing_happened(&outcome);
	assert_logged("left garbage behind");
}

/* An answer that is none: too long for the memory, not XML, or with a hole in it. */
static void work_answers_wrongly(struct progress_memory *memory, void *argument)
{
	const char *how = argument;

	progress_answer("<domain/>", 9);
	switch (*how) {
	case 'l':
		memory->answer_length = (size_t)-1;
		break;
	case 'x':
		memory->answer[0] = 'd';
		break;
	case 'e':
		memory->answer[8] = 'd';
		break;
	default:
		memory->answer[3] = '\0';
	}
}

static void test_wrong_answers(void **state)
{
	char ways[] = "lxe0";

	(void)state;
	for (char *how = ways; *how; how++) {
		struct outcome outcome = run_guarded(&(struct guarded){
			.work = work_answers_wrongly, .argument = how, .may_answer = true});
		assert_nothing_happened(&outcome);
		assert_logged("left garbage behind while ending");
	}
}

/* What the log says of an answer is true, whatever becomes of it. */
static void work_answers_and_tells(struct progress_memory *memory, void *argument)
{
	const char *how = argument;

	(void)memory;
	log_line(LOG_NOTICE, "one");
	progress_answer("<domain/>", 9);
	progress_log_for(PROGRESS_LOG_NOT_ANSWERED);
	log_line(LOG_ERR, "failed");
	progress_log_for(PROGRESS_LOG_ANSWERED);
	log_line(LOG_NOTICE, "done");
	progress_log_for(PROGRESS_LOG_ALWAYS);
	log_line(LOG_NOTICE, "two");
	if (*how == 'k')
		raise(SIGKILL);
	if (*how == 'x')
		memory->answer[0] = 'x';
}

/* Stdout as it may be: closed, a pipe that nobody reads, one that is full. */
static void spoil_stdout(char how)
{
	int ends[2] = {-1, -1};

	if (how == 'c')
		close(STDOUT_FILENO);
	if (how == 'p' && pipe(ends) == 0 && dup2(ends[1], STDOUT_FILENO) == STDOUT_FILENO)
		close(ends[0]);
	if (how == 'f')
		dup2(open("/dev/full", O_WRONLY | O_CLOEXEC), STDOUT_FILENO);
}

static void test_answer_is_told(void **state)
{
	static const struct {
		char how;
		const char *wanted;
	} ways[] = {
		{'w', "5 one\n5 done\n5 two\n"},
		{'c', "5 one\n3 failed\n5 two\n3 error=\"the XML was not written: Bad file "},
		{'p', "5 one\n3 failed\n5 two\n3 error=\"the XML was not written: Broken pipe\"\n"},
		{'f', "5 one\n3 failed\n5 two\n3 error=\"the XML was not written: No space left "},
		{'k', "5 one\n3 failed\n5 two\n3 error=\"ended by signal 9 "},
		{'x', "5 one\n3 failed\n5 two\n3 error=\"left garbage behind "},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		char how = ways[i].how;
		const struct guarded guarded = {
			.work = work_answers_and_tells, .argument = &how, .may_answer = true};
		int status;
		log_capture_clear();
		pid_t hook = fork();
		if (hook == 0) {
			spoil_stdout(how);
			guard_begin();
			_exit(guard_run(&guarded));
		}
		waitpid(hook, &status, 0);
		assert_int_equal(status, 0);
		assert_logged(ways[i].wanted);
		assert_ptr_equal(strstr(log_captured, ways[i].wanted), log_captured);
	}
}

/* Refused it is all the same. */
static void test_refusal_is_not_written(void **state)
{
	const struct guarded guarded = {.work = work_refuses, .may_refuse = true};
	int status;

	(void)state;
	log_capture_clear();
	pid_t hook = fork();
	if (hook == 0) {
		close(STDERR_FILENO);
		guard_begin();
		_exit(guard_run(&guarded));
	}
	waitpid(hook, &status, 0);
	assert_int_equal(WEXITSTATUS(status), 1);
	assert_logged("3 error=\"the reason to refuse was not written: Bad file descriptor\"\n");
}

/* A text that is too long says so. */
static void work_has_long_texts(struct progress_memory *memory, void *argument)
{
	const int *status = argument;
	char text[3000];

	(void)memory;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	progress_step(text);
	progress_refuse(text);
	if (status)
		exit(*status);
}

static void test_long_texts(void **state)
{
	int status = 3;

	(void)state;
	struct outcome outcome = run(work_has_long_texts);
	assert_int_equal(WEXITSTATUS(outcome.status), 1);
	assert_int_equal(
		strlen(outcome.text), strlen("virt-netboot: \n") + PROGRESS_REFUSAL_SIZE - 1);
	assert_non_null(strstr(outcome.text, "xxx...[cut]\n"));
	run_guarded(&(struct guarded){.work = work_has_long_texts, .argument = &status});
	assert_logged("while xxxxxxxxxx");
	assert_logged("xxx...[cut]; nothing was done\"\n");
}

/* Whatever becomes of the work, what it has said is not lost, and comes before what the guard has
 * to say. */
static void work_talks(struct progress_memory *memory, void *argument)
{
	const char *how = argument;

	(void)memory;
	progress_set_deadline(1);
	log_line(LOG_NOTICE, "one");
	log_line(LOG_ERR, "two");
	log_line(LOG_DEBUG, "not this");
	if (*how == 'k')
		raise(SIGKILL);
	if (*how == 's')
		_exit(71);
	if (*how == 'h')
		hang();
}

static void test_talks(void **state)
{
	static const struct {
		char how;
		const char *wanted;
	} ways[] = {
		{'e', "5 one\n3 two\n"},
		{'k', "5 one\n3 two\n3 error=\"ended by signal 9 while starting; "},
		{'s', "5 one\n3 two\n3 error=\"ended with status 71 while starting; "},
		{'h', "5 one\n3 two\n3 error=\"deadline of 1.0 s passed while starting; "},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		char how = ways[i].how;
		struct outcome outcome =
			run_guarded(&(struct guarded){.work = work_talks, .argument = &how});
		assert_nothing_happened(&outcome);
		assert_logged(ways[i].wanted);
		assert_ptr_equal(strstr(log_captured, ways[i].wanted), log_captured);
	}
}

/* The log takes longer than the work may: neither a refusal nor a message is lost for it. */
static void work_talks_and_refuses(struct progress_memory *memory, void *argument)
{
	(void)memory;
	(void)argument;
	progress_set_deadline(15);
	for (int i = 0; i < 60; i++)
		log_line(LOG_NOTICE, "a word");
	progress_refuse("because");
	log_line(LOG_NOTICE, "the last word");
}

static void test_slow_log(void **state)
{
	(void)state;
	log_capture_delay = 50;
	struct outcome outcome = run(work_talks_and_refuses);
	log_capture_delay = 0;
	assert_true(WIFEXITED(outcome.status));
	assert_int_equal(WEXITSTATUS(outcome.status), 1);
	assert_string_equal(outcome.text, "virt-netboot: because\n");
	/* Of the three (real) seconds that it takes to write all, the hook has waited for half of
	 * one. */
	assert_true(outcome.seconds < 25);
	assert_logged("the last word");
}

/* Nobody waits for a sender that was stopped; it holds nothing of libvirtd's. It is ours to end:
 * this process adopts it. */
static void test_stopped_log(void **state)
{
	siginfo_t sender;

	(void)state;
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	log_capture_stops = true;
	struct outcome outcome = run(work_killed);
	log_capture_stops = false;
	assert_nothing_happened(&outcome);
	assert_true(outcome.seconds < 25);
	assert_int_equal(waitid(P_ALL, 0, &sender, WSTOPPED), 0);
	kill(sender.si_pid, SIGKILL);
	waitpid(sender.si_pid, NULL, 0);
	prctl(PR_SET_CHILD_SUBREAPER, 0);
	assert_string_equal(log_captured, "");
}

/* More than there is room for is counted. */
static void work_talks_too_much(struct progress_memory *memory, void *argument)
{
	char line[LOG_LINE_SIZE];

	(void)memory;
	(void)argument;
	log_line(LOG_NOTICE, "one");
	memset(line, 'x', sizeof(line));
	line[sizeof(line) - 1] = '\0';
	/* Each takes two bytes more, for its level and its case. */
	for (size_t i = 0; i < PROGRESS_LOG_SIZE / (sizeof(line) + 2) + 3; i++)
		log_line(LOG_NOTICE, line);
}

static void test_talks_too_much(void **state)
{
	(void)state;
	struct outcome outcome = run(work_talks_too_much);

	assert_nothing_happened(&outcome);
	assert_logged("3 error=\"3 more messages were lost: there were too many\"");
}

/* Lines that are none: all of them sent up to the first of these. */
static void work_logs_wrongly(struct progress_memory *memory, void *argument)
{
	const char *how = argument;

	log_line(LOG_NOTICE, "one");
	log_line(LOG_NOTICE, "two");
	switch (*how) {
	case 'l': /* a level that is none */
		memory->log[6] = '8';
		break;
	case 'c': /* a case that is none */
		memory->log[7] = 'x';
		break;
	case 'n': /* no end */
		memory->log_length--;
		break;
	case 'e': /* nothing at all */
		memory->log_length++;
		break;
	case 'a': /* all of the memory */
		memory->log_length = PROGRESS_LOG_SIZE;
		break;
	default: /* too long a line */
		memset(memory->log + 6, 'i', LOG_LINE_SIZE + 2);
		memory->log[6] = '5';
		memory->log_length = 6 + LOG_LINE_SIZE + 3;
	}
}

static void test_wrong_lines(void **state)
{
	char ways[] = "lcneat";

	(void)state;
	for (char *how = ways; *how; how++) {
		struct outcome outcome =
			run_guarded(&(struct guarded){.work = work_logs_wrongly, .argument = how});
		assert_nothing_happened(&outcome);
		assert_logged("5 one\n");
		assert_logged("3 error=\"left garbage behind instead of messages\"\n");
	}
}

/* All of what the guard reads, and the deadline with it. */
static void work_goes_mad(struct progress_memory *memory, void *argument)
{
	int byte = *(const int *)argument;

	memset(memory, byte & 0xff, offsetof(struct progress_memory, answer));
	if (byte & 0x100)
		raise(SIGKILL);
}

static void test_garbage(void **state)
{
	(void)state;
	for (int byte = 0; byte < 512; byte += 17) {
		struct outcome outcome = run_guarded(&(struct guarded){.work = work_goes_mad,
			.argument = &byte,
			.may_refuse = true,
			.may_answer = true});
		assert_nothing_happened(&outcome);
		if (byte & 0xff)
			assert_logged(byte & 0x100 ? "ended by signal 9 while " : "left garbage ");
	}
}

static void work_hangs(struct progress_memory *memory, void *argument)
{
	(void)memory;
	(void)argument;
	progress_set_deadline(1);
	progress_step("waiting for ever");
	progress_refuse("this must not show");
	hang();
}

static void test_hangs(void **state)
{
	(void)state;
	struct outcome outcome = run(work_hangs);

	assert_nothing_happened(&outcome);
	assert_logged("deadline of 1.0 s passed while waiting for ever");
	assert_true(outcome.seconds >= 1);
}

/* The work has ended; its process does not, or crashes over it. */
static void work_ends_slowly(struct progress_memory *memory, void *argument)
{
	(void)memory;
	(void)argument;
	progress_set_deadline(1);
	progress_refuse("because");
	atexit(hang);
}

static void work_ends_badly(struct progress_memory *memory, void *argument)
{
	(void)memory;
	(void)argument;
	progress_refuse("because");
	atexit(abort);
}

/* What the work wanted is done. Return: how long it took. */
static double assert_refused_at_the_end(guarded_work *work, const char *line)
{
	struct outcome outcome = run(work);

	assert_int_equal(WEXITSTATUS(outcome.status), 1);
	assert_string_equal(outcome.text, "virt-netboot: because\n");
	assert_logged(line);
	return outcome.seconds;
}

static void test_ends_slowly(void **state)
{
	(void)state;
	assert_true(assert_refused_at_the_end(work_ends_slowly,
			    "deadline of 1.0 s passed while ending; all was done") >= 1);
}

static void test_ends_badly(void **state)
{
	(void)state;
	assert_refused_at_the_end(work_ends_badly, "ended by signal 6 while ending; all was done");
}

/* What was done before is said, as far as there is room. */
static void work_does_something(struct progress_memory *memory, void *argument)
{
	const char *how = argument;

	progress_set_deadline(1);
	progress_step("waiting for ever");
	progress_done("edge-port vnet7");
	progress_done("bpdu-guard vnet8");
	if (*how == 'l')
		for (size_t i = 0; i < sizeof(memory->done) / 8 + 1; i++)
			progress_done("stp-off 1");
	if (*how == 'g')
		memset(memory->done, '\n', sizeof(memory->done));
	progress_done("nothing more");
	if (*how == 'k')
		raise(SIGKILL);
	hang();
}

static void test_done(void **state)
{
	static const struct {
		char how;
		const char *wanted;
	} ways[] = {
		{'h', "deadline of 1.0 s passed while waiting for ever; done: edge-port vnet7, "
		      "bpdu-guard vnet8, nothing more; not done: the rest\"\n"},
		{'k', "ended by signal 9 while waiting for ever; done: edge-port vnet7, bpdu-guard "
		      "vnet8, nothing more; not done: the rest\"\n"},
		{'l', ", stp-off 1, and 27 more; not done: the rest\"\n"},
		{'g', "done: \\x0a\\x0a"},
		{'g', "\\x0a\\x0a...[cut]\"\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		char how = ways[i].how;
		struct outcome outcome = run_guarded(
			&(struct guarded){.work = work_does_something, .argument = &how});
		assert_nothing_happened(&outcome);
		assert_logged(ways[i].wanted);
	}
	run(work_hangs);
	assert_logged("deadline of 1.0 s passed while waiting for ever; nothing was done\"\n");
}

/* One that was stopped cannot be waited for either. */
static void work_stops(struct progress_memory *memory, void *argument)
{
	(void)memory;
	(void)argument;
	progress_set_deadline(1);
	raise(SIGSTOP);
}

static void test_stops(void **state)
{
	(void)state;
	struct outcome outcome = run(work_stops);

	assert_nothing_happened(&outcome);
	assert_logged("deadline of 1.0 s passed while starting");
}

/* It may ask for as much time as it likes, and gets what can be configured. */
static void work_wants_for_ever(struct progress_memory *memory, void *argument)
{
	memory->deadline = *(const long long *)argument;
	kill(getppid(), SIGCHLD);
	hang();
}

static void test_no_deadline(void **state)
{
	static long long deadlines[] = {-1, INT64_MIN, INT64_MAX};

	(void)state;
	second = NANOSECONDS / 100;
	for (size_t i = 0; i < sizeof(deadlines) / sizeof(deadlines[0]); i++) {
		struct outcome outcome = run_guarded(
			&(struct guarded){.work = work_wants_for_ever, .argument = &deadlines[i]});
		assert_nothing_happened(&outcome);
		assert_logged("deadline of 70.0 s passed");
	}
	second = NANOSECONDS / 5;
}

static void work_waits(struct progress_memory *memory, void *argument)
{
	(void)memory;
	(void)argument;
	progress_set_deadline(1);
	progress_wait_begin(3);
	hang();
}

/* The configured deadline may be the longer one. */
static void work_waits_less(struct progress_memory *memory, void *argument)
{
	(void)memory;
	(void)argument;
	progress_set_deadline(3);
	progress_wait_begin(1);
	hang();
}

static void work_waited(struct progress_memory *memory, void *argument)
{
	(void)memory;
	(void)argument;
	progress_set_deadline(1);
	progress_wait_begin(3);
	poll(NULL, 0, (int)(progress_second / NANOSECONDS_PER_MILLISECOND));
	progress_wait_end();
	hang();
}

/* A process that gets no processor for a moment would have a deadline pass before it waits. */
static void test_waits(void **state)
{
	(void)state;
	second = NANOSECONDS / 2;
	struct outcome outcome = run(work_waits);

	assert_nothing_happened(&outcome);
	assert_logged("deadline of 3.0 s passed");
	run(work_waits_less);
	assert_logged("deadline of 3.0 s passed");

	/* One second of waiting and one of its own. */
	outcome = run(work_waited);
	assert_nothing_happened(&outcome);
	assert_logged("deadline of 2.");
	assert_true(outcome.seconds >= 2);
	second = NANOSECONDS / 5;
}

static void work_kills_guard(struct progress_memory *memory, void *argument)
{
	(void)memory;
	kill(getppid(), *(const int *)argument);
	hang();
}

/* The second line of defence: whatever is sent to the guard, or it does to itself. */
static void test_guard_is_killed(void **state)
{
	static int signals[] = {SIGALRM, SIGSEGV, SIGBUS, SIGABRT, SIGTERM, SIGHUP, SIGINT, SIGQUIT,
		SIGPIPE, SIGXCPU, SIGUSR1};

	(void)state;
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		struct outcome outcome = run_guarded(
			&(struct guarded){.work = work_kills_guard, .argument = &signals[i]});
		assert_nothing_happened(&outcome);
	}
}

/* libvirtd's stdout does not take the answer: a socket that nobody reads. */
static void work_answers_at_length(struct progress_memory *memory, void *argument)
{
	static char text[4000000];

	(void)memory;
	(void)argument;
	memset(text, 'x', sizeof(text));
	text[0] = '<';
	text[sizeof(text) - 1] = '>';
	progress_set_deadline(1);
	progress_answer(text, sizeof(text));
}

static void test_guard_hangs(void **state)
{
	const struct guarded guarded = {.work = work_answers_at_length, .may_answer = true};
	int sockets[2];
	int status;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets), 0);
	pid_t hook = fork();
	if (hook == 0) {
		dup2(sockets[1], STDOUT_FILENO);
		progress_second = second;
		guard_begin();
		_exit(guard_run(&guarded));
	}
	assert_int_equal(waitpid(hook, &status, 0), hook);
	assert_int_equal(status, 0);
	close(sockets[0]);
	close(sockets[1]);
}

/* All signals blocked and ignored, as they may be inherited. */
static void test_inherited_signals(void **state)
{
	sigset_t all;
	sigset_t before;

	(void)state;
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	signal(SIGALRM, SIG_IGN);
	signal(SIGCHLD, SIG_IGN);
	struct outcome outcome = run(work_hangs);
	signal(SIGALRM, SIG_DFL);
	signal(SIGCHLD, SIG_DFL);
	sigprocmask(SIG_SETMASK, &before, NULL);
	assert_string_equal(outcome.text, "");
	assert_logged("deadline of 1.0 s passed while waiting for ever");
}

/* The work has left stdin to somebody who lives on, as one that cannot die would; libvirtd writes
 * on. */
static void work_leaves_input(struct progress_memory *memory, void *argument)
{
	(void)memory;
	(void)argument;
	progress_set_deadline(1);
	if (fork() == 0) {
		prctl(PR_SET_PDEATHSIG, 0);
		alarm(20);
		close_range(1, ~0U, 0);
		pause();
	}
	hang();
}

static void test_input_is_read(void **state)
{
	const struct guarded guarded = {.work = work_leaves_input};
	static char xml[300000];
	int input[2];
	int status;

	(void)state;
	assert_int_equal(pipe2(input, O_CLOEXEC), 0);
	pid_t hook = fork();
	if (hook == 0) {
		dup2(input[0], STDIN_FILENO);
		close(input[0]);
		close(input[1]);
		progress_second = second;
		guard_begin();
		_exit(guard_run(&guarded));
	}
	close(input[0]);
	/* As libvirtd, which does not come back before all is written. */
	long long start = clock_now();
	assert_int_equal(write(input[1], xml, sizeof(xml)), sizeof(xml));
	close(input[1]);
	assert_true(clock_now() - start < 10 * NANOSECONDS);
	assert_int_equal(waitpid(hook, &status, 0), hook);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_well),
		cmocka_unit_test(test_killed),
		cmocka_unit_test(test_crashes),
		cmocka_unit_test(test_exits),
		cmocka_unit_test(test_refuses),
		cmocka_unit_test(test_refuses_odd_names),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_wrong_answers),
		cmocka_unit_test(test_answer_is_told),
		cmocka_unit_test(test_refusal_is_not_written),
		cmocka_unit_test(test_long_texts),
		cmocka_unit_test(test_talks),
		cmocka_unit_test(test_slow_log),
		cmocka_unit_test(test_stopped_log),
		cmocka_unit_test(test_talks_too_much),
		cmocka_unit_test(test_wrong_lines),
		cmocka_unit_test(test_garbage),
		cmocka_unit_test(test_hangs),
		cmocka_unit_test(test_ends_slowly),
		cmocka_unit_test(test_ends_badly),
		cmocka_unit_test(test_done),
		cmocka_unit_test(test_stops),
		cmocka_unit_test(test_no_deadline),
		cmocka_unit_test(test_waits),
		cmocka_unit_test(test_guard_is_killed),
		cmocka_unit_test(test_guard_hangs),
		cmocka_unit_test(test_inherited_signals),
		cmocka_unit_test(test_input_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
