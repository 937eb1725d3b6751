// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * inject: run a program, and disturb one system call of it or of a process that it starts.
 *
 *     inject [-i FILE] [-o FILE] [-x FILE] [-l MS] [-t MS] [-r FILE | -p PROCESS -c CALL -n NTH
 *             (-e ERRNO | -E ERRNO | -b SIGNAL | -a SIGNAL)] PROGRAM ARGUMENT...
 *
 *     -i FILE     what the program has on stdin, through a pipe
 *     -o, -x FILE what it and its children write to stdout and stderr
 *     -l MS       when it has ended, wait for its children for so long (0); then they are killed
 *     -t MS       let it run for so long (20000)
 *     -r FILE     write a line for each call: PROCESS PARENT CALL NTH ARGUMENT ARGUMENT ARGUMENT
 *
 * Processes have numbers in the order in which they are made, PROGRAM is 0. NTH is the how-manieth
 * call, from 1, of the number CALL that the process makes; a child of fork(2) counts from 1 again.
 *
 *     -e ERRNO    the call is not made, and fails with that
 *     -E ERRNO    this one and all later ones of its kind in that process
 *     -b SIGNAL   the process gets a signal before the call: after SIGKILL it is not made
 *     -a SIGNAL   the process gets a signal when the call has been made
 *
 * Prints what whoever waits for the program has seen:
 *
 *     end=exit:STATUS|signal:NUMBER|late ms=TIME hit=0|1 closed=0|1 left=COUNT
 *
 * TIME is until the program has ended and nobody holds its stdout and stderr; if somebody still
 * does some time after the end, closed is 0. COUNT is how many children there were when the wait
 * was over.
 *
 * Theory of operation
 *
 * Every process is traced from its first instruction on, by PTRACE_SEIZE, which leaves a stopped
 * process stopped. A process stops at calls only as long as that matters: with one call wanted of
 * process 1, process 0 runs at full speed, and so does process 1 once it has been disturbed.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	PROCESSES_MAX = 64,
	CALLS_MAX = 512,
	HOLDING_MS = 1000, /* who still holds stdout then is not about to close it */
};

#define EVENTS                                                                                 \
	(PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL | PTRACE_O_TRACEEXEC | PTRACE_O_TRACEFORK | \
		PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE)

struct process {
	pid_t pid;
	int number;
	int parent; /* number, -1: not known yet */
	bool alive;
	bool waits; /* for its parent to be known */
	int error;  /* errno of the call that it is in, or 0 */
	int signal; /* when the call that it is in has been made, or 0 */
	unsigned int calls[CALLS_MAX];
};

static struct {
	const char *input;
	const char *output;
	const char *errors;
	long long linger;
	long long limit;
	FILE *record;
	int process;
	unsigned int call;
	unsigned int nth;
	int error;
	bool from_here_on;
	int signal_before;
	int signal_after;
	char **program;
} options = {.limit = 20000, .process = -1};

static struct process processes[PROCESSES_MAX];
static int process_count;
static bool executed;
static bool hit;

/* Of the first call that was disturbed. */
static unsigned long long hit_argument;

/* Of the program: its end, as waitpid(2) tells it. */
static bool ended;
static int end_status;

/* A pipe that the program writes to, and where that goes. */
struct output {
	int pipe;
	int file;
	bool closed;
};
static struct output outputs[2];

static void die(const char *what)
{
	fprintf(stderr, "inject: %s: %s\n", what, strerror(errno));
	exit(3);
}

static long long now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000LL + time.tv_nsec / 1000000;
}

/* The process, which may be seen for the first time. */
static struct process *find(pid_t pid)
{
	for (int i = 0; i < process_count; i++) {
		if (processes[i].pid == pid && processes[i].alive)
			return &processes[i];
	}
	if (process_count == PROCESSES_MAX) {
		errno = E2BIG;
		die("processes");
	}
	struct process *process = &processes[process_count];
	*process =
		(struct process){.pid = pid, .number = process_count, .parent = -1, .alive = true};
	process_count++;
	return process;
}

/* Whether its calls are of any interest. */
static bool is_watched(const struct process *process)
{
	if (!executed)
		return false;
	if (options.record || process->error || process->signal)
		return true;
	return process->number == options.process && (!hit || options.from_here_on);
}

static void resume(const struct process *process, int signal)
{
	ptrace(is_watched(process) ? PTRACE_SYSCALL : PTRACE_CONT, process->pid, 0, signal);
}

/* A call that is not made: the kernel knows none of this number. */
static void skip_call(pid_t pid)
{
#if defined(__x86_64__)
	struct user_regs_struct registers;
	struct iovec all = {&registers, sizeof(registers)};

	ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &all);
	registers.orig_rax = (unsigned long long)-1;
	ptrace(PTRACE_SETREGSET, pid, NT_PRSTATUS, &all);
#elif defined(__aarch64__)
	int call = -1;
	struct iovec all = {&call, sizeof(call)};

	ptrace(PTRACE_SETREGSET, pid, NT_ARM_SYSTEM_CALL, &all);
#else
#error "a system call's number and result: where are they?"
#endif
}

static void set_result(pid_t pid, long long result)
{
	struct user_regs_struct registers;
	struct iovec all = {&registers, sizeof(registers)};

	ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &all);
#if defined(__x86_64__)
	registers.rax = (unsigned long long)result;
#else
	registers.regs[0] = (unsigned long long)result;
#endif
	ptrace(PTRACE_SETREGSET, pid, NT_PRSTATUS, &all);
}

/* Whether it is to be disturbed after an earlier one. Commands of fcntl(2) have errors of their
 * own.
 */
static bool is_of_kind(const struct __ptrace_syscall_info *info)
{
	return hit && options.from_here_on &&
	       (options.call != SYS_fcntl || info->entry.args[1] == hit_argument);
}

static void disturb(struct process *process, const struct __ptrace_syscall_info *info)
{
	hit = true;
	hit_argument = info->entry.args[1];
	if (options.error) {
		process->error = options.error;
		skip_call(process->pid);
	}
	if (options.signal_before)
		kill(process->pid, options.signal_before);
	process->signal = options.signal_after;
}

static void enter_call(struct process *process, const struct __ptrace_syscall_info *info)
{
	unsigned int call = (unsigned int)info->entry.nr;

	if (call >= CALLS_MAX)
		return;
	unsigned int nth = ++process->calls[call];
	if (options.record)
		fprintf(options.record, "%d %d %u %u %llu %llu %llu\n", process->number,
			process->parent, call, nth, (unsigned long long)info->entry.args[0],
			(unsigned long long)info->entry.args[1],
			(unsigned long long)info->entry.args[2]);
	if (process->number != options.process || call != options.call)
		return;
	if (nth == options.nth || is_of_kind(info))
		disturb(process, info);
}

static void leave_call(struct process *process)
{
	if (process->error)
		set_result(process->pid, -process->error);
	if (process->signal)
		kill(process->pid, process->signal);
	process->error = 0;
	process->signal = 0;
}

static void stopped_at_call(struct process *process)
{
	struct __ptrace_syscall_info info;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, process->pid, sizeof(info), &info) > 0) {
		if (info.op == PTRACE_SYSCALL_INFO_ENTRY)
			enter_call(process, &info);
		else if (info.op == PTRACE_SYSCALL_INFO_EXIT)
			leave_call(process);
	}
	resume(process, 0);
}

/* The child may have been seen before its parent tells of it. */
static void adopt(const struct process *parent)
{
	unsigned long pid;

	if (ptrace(PTRACE_GETEVENTMSG, parent->pid, 0, &pid) < 0)
		return;
	struct process *child = find((pid_t)pid);
	child->parent = parent->number;
	if (child->waits)
		resume(child, 0);
	child->waits = false;
}

static void stopped_by_event(struct process *process, int event, int signal)
{
	if (event == PTRACE_EVENT_STOP && signal != SIGTRAP) {
		ptrace(PTRACE_LISTEN, process->pid, 0, 0); /* as SIGSTOP wants it */
		return;
	}
	if (event == PTRACE_EVENT_STOP && process->number > 0 && process->parent < 0) {
		process->waits = true;
		return;
	}
	if (event == PTRACE_EVENT_EXEC)
		executed = true;
	else if (event != PTRACE_EVENT_STOP)
		adopt(process);
	resume(process, 0);
}

static void see_to(pid_t pid, int status)
{
	struct process *process = find(pid);

	if (WIFEXITED(status) || WIFSIGNALED(status)) {
		process->alive = false;
		if (process->number == 0) {
			ended = true;
			end_status = status;
		}
	} else if (status >> 16) {
		stopped_by_event(process, status >> 16, WSTOPSIG(status));
	} else if (WSTOPSIG(status) == (SIGTRAP | 0x80)) {
		stopped_at_call(process);
	} else {
		resume(process, WSTOPSIG(status));
	}
}

static int count_alive(void)
{
	int count = 0;

	for (int i = 0; i < process_count; i++)
		count += processes[i].alive;
	return count;
}

/* The read end of a pipe that holds all of the file. */
static int open_input(void)
{
	int pipe[2];

	if (pipe2(pipe, O_CLOEXEC) < 0)
		die("pipe");
	if (options.input) {
		char text[65536];
		int file = open(options.input, O_RDONLY | O_CLOEXEC);
		ssize_t length = read(file, text, sizeof(text));
		if (file < 0 || length < 0 || write(pipe[1], text, (size_t)length) != length)
			die(options.input);
		close(file);
	}
	close(pipe[1]);
	return pipe[0];
}

/* Return: the write end of a pipe for what goes to the file, or nowhere. */
static int open_output(struct output *output, const char *path)
{
	int pipe[2];

	output->file =
		open(path ? path : "/dev/null", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (output->file < 0 || pipe2(pipe, O_CLOEXEC) < 0)
		die(path);
	fcntl(pipe[0], F_SETFL, O_NONBLOCK);
	output->pipe = pipe[0];
	return pipe[1];
}

static void copy_output(struct output *output)
{
	char text[65536];
	ssize_t length;

	while (!output->closed && (length = read(output->pipe, text, sizeof(text))) >= 0) {
		output->closed = length == 0;
		if (write(output->file, text, (size_t)length) != length)
			die("output");
	}
}

static void start(void)
{
	int standard[] = {open_input(), open_output(&outputs[0], options.output),
		open_output(&outputs[1], options.errors)};
	int go[2];
	char byte;

	if (pipe2(go, O_CLOEXEC) < 0)
		die("pipe");
	pid_t pid = fork();
	if (pid == 0) {
		sigset_t none;
		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		for (int fd = 0; fd <= STDERR_FILENO; fd++)
			dup2(standard[fd], fd);
		if (read(go[0], &byte, 1) == 1)
			execv(options.program[0], options.program);
		_exit(127);
	}
	if (pid < 0 || ptrace(PTRACE_SEIZE, pid, 0, EVENTS) < 0)
		die("ptrace");
	find(pid);
	for (int fd = 0; fd <= STDERR_FILENO; fd++)
		close(standard[fd]);
	if (write(go[1], "", 1) != 1)
		die("pipe");
}

/* Wait until something happens, for so many ms at most, and see to it. */
static void step(int children, long long timeout)
{
	struct pollfd events[] = {
		{.fd = children, .events = POLLIN},
		{.fd = outputs[0].closed ? -1 : outputs[0].pipe, .events = POLLIN},
		{.fd = outputs[1].closed ? -1 : outputs[1].pipe, .events = POLLIN},
	};
	struct signalfd_siginfo child;
	int status;
	pid_t pid;

	if (poll(events, 3, timeout < 0 ? 0 : (int)timeout) > 0 && events[0].revents &&
		read(children, &child, sizeof(child)) < 0)
		die("signalfd");
	while ((pid = waitpid(-1, &status, __WALL | WNOHANG)) > 0)
		see_to(pid, status);
	copy_output(&outputs[0]);
	copy_output(&outputs[1]);
}

/* Return: ms until the program had ended and its output was closed, or what was waited for it. */
static long long run(int children)
{
	long long begin = now();
	long long end = 0;
	long long until = begin + options.limit;

	start();
	while (now() < until && !(ended && outputs[0].closed && outputs[1].closed)) {
		step(children, until - now());
		if (ended && !end) {
			end = now();
			until = end + HOLDING_MS;
		}
	}
	long long passed = (outputs[0].closed && outputs[1].closed ? now() : until) - begin;
	if (!ended)
		return passed;
	until = now() + options.linger;
	while (count_alive() > 0 && now() < until)
		step(children, until - now());
	return passed;
}

static void print_result(long long passed)
{
	if (!ended)
		printf("end=late");
	else if (WIFSIGNALED(end_status))
		printf("end=signal:%d", WTERMSIG(end_status));
	else
		printf("end=exit:%d", WEXITSTATUS(end_status));
	printf(" ms=%lld hit=%d closed=%d left=%d\n", passed, hit,
		outputs[0].closed && outputs[1].closed, count_alive());
}

static void kill_all(int children)
{
	for (int i = 0; i < process_count; i++) {
		if (processes[i].alive)
			kill(processes[i].pid, SIGKILL);
	}
	for (long long until = now() + 5000; count_alive() > 0 && now() < until;)
		step(children, until - now());
}

static void usage(void)
{
	fprintf(stderr, "usage: inject [-i FILE] [-o FILE] [-x FILE] [-l MS] [-t MS] [-r FILE |\n"
			"	-p PROCESS -c CALL -n NTH (-e ERRNO | -E ERRNO | -b SIGNAL |\n"
			"	-a SIGNAL)] PROGRAM ARGUMENT...\n");
	exit(2);
}

static int read_number(const char *text)
{
	char *end;
	long number = strtol(text, &end, 10);

	if (end == text || *end || number < 0 || number > 1000000)
		usage();
	return (int)number;
}

static void open_record(const char *path)
{
	options.record = fopen(path, "we");
	if (!options.record)
		die(path);
}

static void read_disturbance(int option, const char *value)
{
	int number = option == '?' ? 0 : read_number(value);

	switch (option) {
	case 'p':
		options.process = number;
		break;
	case 'c':
		options.call = (unsigned int)number;
		break;
	case 'n':
		options.nth = (unsigned int)number;
		break;
	case 'e':
	case 'E':
		options.error = number;
		options.from_here_on = option == 'E';
		break;
	case 'b':
		options.signal_before = number;
		break;
	case 'a':
		options.signal_after = number;
		break;
	default:
		usage();
	}
}

static void read_option(int option, const char *value)
{
	switch (option) {
	case 'i':
		options.input = value;
		break;
	case 'o':
		options.output = value;
		break;
	case 'x':
		options.errors = value;
		break;
	case 'r':
		open_record(value);
		break;
	case 'l':
		options.linger = read_number(value);
		break;
	case 't':
		options.limit = read_number(value);
		break;
	default:
		read_disturbance(option, value);
	}
}

int main(int argc, char **argv)
{
	sigset_t child;
	int option;

	while ((option = getopt(argc, argv, "+i:o:x:l:t:p:c:n:E:e:b:a:r:")) >= 0)
		read_option(option, optarg);
	if (optind == argc)
		usage();
	options.program = argv + optind;
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	int children = signalfd(-1, &child, SFD_CLOEXEC);
	if (children < 0)
		die("signalfd");
	long long passed = run(children);
	print_result(passed);
	kill_all(children);
	if (options.record && fclose(options.record) != 0)
		die("record");
	return 0;
}
