// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * bench-runner: the wall and CPU time of several programs, side by side.
 *
 *   bench-runner [-k] [-n RUNS] [-b BEFORE] [-r FILE -t TITLE] -i INPUT NAME=PROGRAM... --
 * [ARGUMENT...] bench-runner -c
 *
 * Theory of operation
 *
 * Each PROGRAM is started RUNS times with the same ARGUMENTs, with INPUT on stdin
 * and in the environment libvirtd gives a hook. All programs take their turn once
 * in every round, so that a noisy moment of the machine hits them alike. The order
 * changes from round to round, so that everybody runs after everybody else equally
 * often: a program that always ran after one that shares its libraries would find
 * them in the processor's caches and look 10 % faster than it is.
 *
 * Wall time is from before fork() until wait4() has returned. CPU time is user plus
 * system time as wait4() reports it: that of the program and of every child it has
 * waited for. A child it has not waited for falls to this program (it is the
 * "subreaper"), is waited for here and counted as well, so nothing hides; the wall
 * time, which is what libvirtd waits, does not include it.  -c checks all this.
 *
 * Means say little on a machine that does other things too, so the table has medians,
 * the quartiles of the wall time to show how noisy it was, and ratios to the first
 * program. -b names a program to run, unmeasured, before every measured one: it puts
 * things back as they were. -k kills what a program leaves behind, instead of waiting for it: a
 * hook's watcher would wait for a port for 10 s. -r appends the medians to FILE, one tab-separated
 * line per program: TITLE, NAME, wall ms, CPU ms.
 *
 * A program that fails makes the benchmark fail: its time would mean nothing.
 */
#define _DEFAULT_SOURCE // wait4()
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAX_CANDIDATES = 16, WARM_UP_ROUNDS = 2, CHECK_BURN_MS = 60 };

struct cost {
	double wall_ms, cpu_ms;
	bool left_child; // a process outlived the program
};

struct candidate {
	const char *name;
	char *program;
	double *wall_ms, *cpu_ms; // one per round
	unsigned left_children;
};

struct plan {
	unsigned runs;
	bool kill_left;
	const char *input, *results, *title;
	char *before;
	struct candidate candidates[MAX_CANDIDATES];
	unsigned count;
	char **arguments; // argv of every candidate; [0] is filled in
};

static void die(const char *what)
{
	fprintf(stderr, "bench-runner: %s: %s\n", what, strerror(errno));
	exit(1);
}

static double ms_between(const struct timespec *from, const struct timespec *to)
{
	return (double)(to->tv_sec - from->tv_sec) * 1e3 +
	       (double)(to->tv_nsec - from->tv_nsec) / 1e6;
}

static double cpu_ms(const struct rusage *usage)
{
	return (double)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * 1e3 +
	       (double)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) / 1e3;
}

/*
 * In the child. stderr stays open: what a failing program says should be seen.
 * _exit(), because stdout's buffer is the parent's to write.
 */
static _Noreturn void become(const char *program, char **arguments, const char *input)
{
	static char locale[] = "LC_ALL=C";
	static char path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	static char *environment[] = {locale, path, NULL};
	int in = open(input, O_RDONLY), out = open("/dev/null", O_WRONLY);

	if (dup2(in, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0) {
		perror(input);
		_exit(127);
	}
	close(in);
	close(out);
	execve(program, arguments, environment);
	perror(program);
	_exit(127);
}

/* Kills all children, of which the kernel has a list [proc(5), /proc/pid/task/tid/children]. */
static void kill_left_children(void)
{
	FILE *list = fopen("/proc/thread-self/children", "re");
	char *pid = NULL;
	size_t size = 0;

	while (list && getdelim(&pid, &size, ' ', list) > 0)
		kill((pid_t)strtol(pid, NULL, 10), SIGKILL);
	free(pid);
	if (list)
		fclose(list);
}

/* Waits for processes the program has left behind; returns the CPU time they took. */
static double reap_left_children(bool *any)
{
	struct rusage usage;
	double ms = 0;

	*any = false;
	while (wait4(-1, NULL, 0, &usage) > 0) {
		*any = true;
		ms += cpu_ms(&usage);
	}
	return ms;
}

static struct cost run(char *program, char **arguments, const char *input, bool kill_left)
{
	struct timespec start, end;
	struct rusage usage;
	struct cost cost;
	int status;

	arguments[0] = program;
	clock_gettime(CLOCK_MONOTONIC, &start);
	pid_t pid = fork();
	if (pid < 0)
		die("fork");
	if (pid == 0)
		become(program, arguments, input);
	while (wait4(pid, &status, 0, &usage) < 0)
		if (errno != EINTR)
			die("wait4");
	clock_gettime(CLOCK_MONOTONIC, &end);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		fprintf(stderr, "bench-runner: %s: %s %d\n", program,
			WIFEXITED(status) ? "exit status" : "killed by signal",
			WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
		exit(1);
	}
	cost.wall_ms = ms_between(&start, &end);
	if (kill_left)
		kill_left_children();
	cost.cpu_ms = cpu_ms(&usage) + reap_left_children(&cost.left_child);
	return cost;
}

/*
 * Who runs in which place of a round. The rows of a Williams square: 0, 1, n-1, 2,
 * n-2, ..., each round one further, so that within n rounds (2n for an odd n, the second half
 * backwards) everybody comes right after everybody else once.
 */
static unsigned whose_turn(unsigned round, unsigned place, unsigned count)
{
	bool backwards = count % 2 && round / count % 2;
	unsigned i = backwards ? count - 1 - place : place;
	unsigned start = i % 2 ? (i + 1) / 2 : (count - i / 2) % count;

	return (start + round) % count;
}

static void measure(struct plan *plan)
{
	char *nothing[2] = {NULL, NULL};
	for (unsigned round = 0; round < plan->runs + WARM_UP_ROUNDS; round++) {
		for (unsigned i = 0; i < plan->count; i++) {
			struct candidate *c = &plan->candidates[whose_turn(round, i, plan->count)];

			if (plan->before)
				run(plan->before, nothing, "/dev/null", false);
			struct cost cost =
				run(c->program, plan->arguments, plan->input, plan->kill_left);
			c->left_children += cost.left_child;
			if (round < WARM_UP_ROUNDS)
				continue;
			c->wall_ms[round - WARM_UP_ROUNDS] = cost.wall_ms;
			c->cpu_ms[round - WARM_UP_ROUNDS] = cost.cpu_ms;
		}
	}
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The value below which the given share of the sorted values lies. */
static double quantile(const double *sorted, unsigned count, double share)
{
	double at = share * (double)(count - 1);
	unsigned below = (unsigned)at, above = below + 1 < count ? below + 1 : below;

	return sorted[below] + (sorted[above] - sorted[below]) * (at - (double)below);
}

static void print_candidate(const struct candidate *c, const struct candidate *first, unsigned runs)
{
	double wall = quantile(c->wall_ms, runs, 0.5), cpu = quantile(c->cpu_ms, runs, 0.5);

	printf("  %-26s %8.2f  %6.2f ..%6.2f %8.2f %9.2f %6.2f\n", c->name, wall,
		quantile(c->wall_ms, runs, 0.25), quantile(c->wall_ms, runs, 0.75), cpu,
		wall / quantile(first->wall_ms, runs, 0.5),
		cpu / quantile(first->cpu_ms, runs, 0.5));
	if (c->left_children)
		printf("    (left a process behind in %u runs)\n", c->left_children);
}

static void append_results(const struct plan *plan)
{
	FILE *file = fopen(plan->results, "a");

	if (!file)
		die(plan->results);
	for (unsigned i = 0; i < plan->count; i++) {
		const struct candidate *c = &plan->candidates[i];

		fprintf(file, "%s\t%s\t%.4f\t%.4f\n", plan->title, c->name,
			quantile(c->wall_ms, plan->runs, 0.5),
			quantile(c->cpu_ms, plan->runs, 0.5));
	}
	if (fclose(file) != 0)
		die(plan->results);
}

static void report(struct plan *plan)
{
	printf("  %-26s %8s  %16s %8s %9s %6s\n", "median, ms", "wall", "wall quartiles", "CPU",
		"x wall", "x CPU");
	for (unsigned i = 0; i < plan->count; i++) {
		struct candidate *c = &plan->candidates[i];

		qsort(c->wall_ms, plan->runs, sizeof(double), ascending);
		qsort(c->cpu_ms, plan->runs, sizeof(double), ascending);
		print_candidate(c, &plan->candidates[0], plan->runs);
	}
	if (plan->results)
		append_results(plan);
}

/* Takes CHECK_BURN_MS of CPU time. */
static void burn(void)
{
	struct timespec start, now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
	do
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	while (ms_between(&start, &now) < CHECK_BURN_MS);
}

/* A program whose child does all the work; it waits for the child, or it does not. */
static int check_program(bool waits)
{
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (pid == 0) {
		burn();
		_exit(0);
	}
	if (waits && waitpid(pid, NULL, 0) < 0)
		die("waitpid");
	return 0;
}

static bool check_cost(const char *what, const char *role, bool left_child)
{
	char self[] = "/proc/self/exe", option[3] = {0};
	char *arguments[] = {self, option, NULL};

	memcpy(option, role, 2);
	struct cost cost = run(self, arguments, "/dev/null", false);
	bool good = cost.cpu_ms >= CHECK_BURN_MS && cost.left_child == left_child;

	printf("%s: a child that used %d ms, %s, counts as %.0f ms\n", good ? "ok" : "BROKEN",
		CHECK_BURN_MS, what, cost.cpu_ms);
	return good;
}

/* Shows on this machine what the comment at the top says of CPU time. */
static int check_costs(void)
{
	bool waited = check_cost("waited for", "-W", false);
	bool left = check_cost("left behind", "-L", true);

	return waited && left ? 0 : 1;
}

static void print_usage(void)
{
	fprintf(stderr,
		"usage: bench-runner [-k] [-n RUNS] [-b BEFORE] [-r FILE -t TITLE] -i INPUT "
		"NAME=PROGRAM... -- [ARGUMENT...]\n"
		"       bench-runner -c\n");
	exit(2);
}

static void add_candidate(struct plan *plan, char *name_and_program)
{
	struct candidate *c = &plan->candidates[plan->count];
	char *equals = strchr(name_and_program, '=');

	if (plan->count == MAX_CANDIDATES || !equals)
		print_usage();
	*equals = '\0';
	c->name = name_and_program;
	c->program = equals + 1;
	c->wall_ms = calloc(plan->runs, sizeof(double));
	c->cpu_ms = calloc(plan->runs, sizeof(double));
	if (!c->wall_ms || !c->cpu_ms)
		die("calloc");
	plan->count++;
}

static void parse_options(struct plan *plan, int argc, char **argv)
{
	int option;

	/* "+": the candidates come first, what follows their "--" is not ours */
	while ((option = getopt(argc, argv, "+kn:i:b:r:t:cWL")) != -1) {
		switch (option) {
		case 'k':
			plan->kill_left = true;
			break;
		case 'n':
			plan->runs = (unsigned)strtoul(optarg, NULL, 10);
			break;
		case 'i':
			plan->input = optarg;
			break;
		case 'b':
			plan->before = optarg;
			break;
		case 'r':
			plan->results = optarg;
			break;
		case 't':
			plan->title = optarg;
			break;
		case 'c':
			exit(check_costs());
		case 'W': // the two programs that -c measures
		case 'L':
			exit(check_program(option == 'W'));
		default:
			print_usage();
		}
	}
}

int main(int argc, char **argv)
{
	static struct plan plan = {.runs = 40, .title = ""};
	int i;

	if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)
		die("PR_SET_CHILD_SUBREAPER");
	parse_options(&plan, argc, argv);
	if (plan.runs == 0 || plan.runs > 100000)
		print_usage();
	for (i = optind; i < argc && strcmp(argv[i], "--") != 0; i++)
		add_candidate(&plan, argv[i]);
	/* argv[i] is the "--": run() puts the program's name there */
	if (i >= argc || plan.count == 0 || !plan.input)
		print_usage();
	plan.arguments = argv + i;
	measure(&plan);
	report(&plan);
	return 0;
}
