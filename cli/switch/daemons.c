// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Theory of operation
 *
 * A daemon of libvirt's remembers for which drivers there are hooks, and looks again at SIGHUP
 * [libvirt src/util/virhook.c, virHookCall(); src/remote/remote_daemon.c, daemonReloadHandler()].
 * While it starts, SIGHUP would end it, and when it has a handler, it looks for hooks and forgets
 * about the signal until its drivers are there. So it gets the signal only when it has the handler
 * and no thread that starts drivers. A process that the daemon has forked, and that has not become
 * another program yet, gets none.
 *
 * The reload is done by a thread of that name. A daemon that is told to end in the midst of it
 * may hang (libvirt 11.3), so that is waited for.
 *
 * When a daemon was reloaded cannot be seen from outside. Whom we reloaded is noted in
 * /run/virt-netboot/reloaded, a line for each, "PID START".
 */
#include "daemons.h"

#include "alloc.h"
#include "cleanup.h"
#include "clock.h"
#include "hook_names.h"
#include "log.h"
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

/* Milliseconds: how long a daemon may take to start, and to reload; until the thread that does that
 * appears, after the signal was taken; between two looks. */
#define READY_MAX 10000
#define RELOAD_MAX 10000
#define RELOAD_BEGINS 300
#define PAUSE 10

/* A daemon younger than so many seconds may be starting; how long it must look ready, in ms. */
#define YOUNG 60
#define QUIET 500

/* Names of threads, as in /proc/PID/task/TID/comm. */
#define INIT_THREAD "daemon-init\n"
#define RELOAD_THREAD "daemon-reload\n"

static const char *const daemon_names[] = {"libvirtd", "virtqemud", "virtnetworkd"};

/* Whether /proc/PID/status has a line that begins so; the rest of it is in @value. */
static bool read_status(pid_t pid, const char *key, char value[64])
{
	CLEANUP(cleanup_file) FILE *file = process_file(pid, "status");
	size_t length = strlen(key);
	char line[256];

	while (file && fgets(line, sizeof(line), file)) {
		if (strncmp(line, key, length) == 0) {
			snprintf(value, 64, "%.63s", line + length);
			return true;
		}
	}
	return false;
}

/* Whether SIGHUP is in one of the sets of signals there. */
static bool has_hangup(pid_t pid, const char *set)
{
	char value[64];

	return read_status(pid, set, value) && (strtoull(value, NULL, 16) >> (SIGHUP - 1) & 1);
}

/* Whether its first thread, which sees to signals, has or wants a processor. */
static bool is_running(pid_t pid)
{
	char value[64];

	return read_status(pid, "State:", value) && value[strspn(value, " \t")] == 'R';
}

static bool catches_hangup(pid_t pid)
{
	return has_hangup(pid, "SigCgt:");
}

/* True if the process is of our user, and the folder of hooks that it sees is @wanted. */
static bool looks_into(pid_t pid, const struct stat *wanted)
{
	CLEANUP(cleanup_free) char *path = alloc_format("/proc/%d/root" HOOKDIR, pid);
	struct stat folder;

	return process_is_of_user(pid, geteuid()) && stat(path, &folder) == 0 &&
	       folder.st_dev == wanted->st_dev && folder.st_ino == wanted->st_ino;
}

static bool is_daemon(const char *name)
{
	for (size_t i = 0; i < sizeof(daemon_names) / sizeof(daemon_names[0]); i++) {
		if (strcmp(name, daemon_names[i]) == 0)
			return true;
	}
	return false;
}

static bool examine(pid_t pid, const struct stat *folder, struct daemon *daemon)
{
	CLEANUP(cleanup_free) char *program = process_program(pid, NULL);

	if (!program || !is_daemon(program) || !looks_into(pid, folder))
		return false;
	*daemon = (struct daemon){.pid = pid, .takes_reload = catches_hangup(pid)};
	snprintf(daemon->name, sizeof(daemon->name), "%s", program);
	return process_stat(pid, &daemon->parent, &daemon->start);
}

static bool is_child_of_one(const struct daemon *daemon, const struct daemon *daemons, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (daemons[i].pid == daemon->parent && daemons[i].takes_reload)
			return true;
	}
	return false;
}

/* Take out what a daemon has forked. A parent that does not take a reload is one that goes into the
 * background, and whose child is the daemon. */
static size_t without_children(struct daemon *daemons, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		struct daemon daemon = daemons[i];
		if (!is_child_of_one(&daemon, daemons, count))
			daemons[kept++] = daemon;
	}
	return kept;
}

struct daemon *daemons_find(const char *folder, size_t *count)
{
	CLEANUP(cleanup_dir) DIR *proc = opendir("/proc");
	struct daemon *daemons = NULL;
	struct daemon daemon;
	struct stat wanted;
	pid_t pid;

	*count = 0;
	if (!proc || stat(folder, &wanted) < 0)
		return NULL;
	while ((pid = process_next(proc)) != 0) {
		if (!examine(pid, &wanted, &daemon))
			continue;
		daemons = alloc_one_more(daemons, *count, sizeof(*daemons));
		daemons[(*count)++] = daemon;
	}
	*count = without_children(daemons, *count);
	return daemons;
}

static char *note_path(const char *root)
{
	return alloc_format("%s/run/virt-netboot/reloaded", root);
}

static bool is_after(struct timespec time, struct timespec since)
{
	return time.tv_sec > since.tv_sec ||
	       (time.tv_sec == since.tv_sec && time.tv_nsec > since.tv_nsec);
}

static bool is_noted(const char *root, const struct daemon *daemon, struct timespec since)
{
	CLEANUP(cleanup_free) char *path = note_path(root);
	CLEANUP(cleanup_file) FILE *file = fopen(path, "re");
	struct stat status;
	unsigned long long start;
	pid_t pid;

	if (!file || fstat(fileno(file), &status) < 0 || !is_after(status.st_mtim, since))
		return false;
	// NOLINTNEXTLINE(cert-err34-c): write_note() wrote these
	while (fscanf(file, "%d %llu", &pid, &start) == 2) {
		if (pid == daemon->pid && start == daemon->start)
			return true;
	}
	return false;
}

static double seconds(struct timespec time)
{
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* In seconds; up to a clock tick more than it is. */
static double age_of(const struct daemon *daemon)
{
	struct timespec up;

	clock_gettime(CLOCK_BOOTTIME, &up);
	return seconds(up) - (double)daemon->start / (double)sysconf(_SC_CLK_TCK);
}

static bool was_started_after(const struct daemon *daemon, struct timespec since)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return age_of(daemon) < seconds(now) - seconds(since);
}

bool daemon_has_looked(const char *root, const struct daemon *daemon, struct timespec since)
{
	return was_started_after(daemon, since) || is_noted(root, daemon, since);
}

/* Written beside and renamed, for who reads it meanwhile. */
static void write_note(const char *root, const struct daemon *daemons, size_t count)
{
	CLEANUP(cleanup_free) char *path = note_path(root);
	CLEANUP(cleanup_free) char *folder = alloc_format("%s/run/virt-netboot", root);
	CLEANUP(cleanup_free) char *half = alloc_format("%s.new", path);

	if (mkdir(folder, 0700) < 0 && errno != EEXIST)
		return;
	FILE *file = fopen(half, "we");
	if (!file)
		return;
	for (size_t i = 0; i < count; i++)
		fprintf(file, "%d %llu\n", daemons[i].pid, daemons[i].start);
	if (fclose(file) == 0)
		(void)rename(half, path);
}

void daemons_note(const char *root)
{
	CLEANUP(cleanup_free) char *folder = hook_folder(root);
	size_t count;

	free(daemons_find(folder, &count));
	if (count > 0)
		write_note(root, NULL, 0);
}

bool daemons_are_noted(const char *root)
{
	CLEANUP(cleanup_free) char *path = note_path(root);

	return access(path, F_OK) == 0;
}

void daemons_forget(const char *root)
{
	CLEANUP(cleanup_free) char *path = note_path(root);

	(void)unlink(path);
}

static bool has_thread(pid_t pid, const char *wanted)
{
	CLEANUP(cleanup_free) char *path = alloc_format("/proc/%d/task", pid);
	CLEANUP(cleanup_dir) DIR *tasks = opendir(path);
	char name[32];
	pid_t task;

	while (tasks && (task = process_next(tasks)) != 0) {
		CLEANUP(cleanup_free) char *comm = alloc_format("task/%d/comm", task);
		CLEANUP(cleanup_file) FILE *file = process_file(pid, comm);
		if (file && fgets(name, sizeof(name), file) && strcmp(name, wanted) == 0)
			return true;
	}
	return false;
}

/* Wait until a process has such a thread, or has none. Return: false if it did not, in time. */
static bool wait_for_thread(pid_t pid, const char *name, bool wanted, int timeout)
{
	long long end = clock_now() + timeout * NANOSECONDS_PER_MILLISECOND;

	while (has_thread(pid, name) != wanted) {
		if (clock_now() >= end)
			return false;
		poll(NULL, 0, PAUSE);
	}
	return true;
}

static bool is_still_there(const struct daemon *daemon)
{
	pid_t parent;
	unsigned long long start;

	return process_stat(daemon->pid, &parent, &start) && start == daemon->start;
}

/*
 * A number may pass to another process, a descriptor cannot: if the process with the number is the
 * daemon after the descriptor was opened, it was the daemon when it was opened. By number only
 * where that cannot be had, in kernels before 5.3 or where a seccomp filter forbids it. syscall(2),
 * because glibc has wrappers since 2.36.
 *
 * Return: false if it has gone.
 */
static bool send_hangup(const struct daemon *daemon)
{
	CLEANUP(cleanup_fd) int process = (int)syscall(SYS_pidfd_open, daemon->pid, 0);
	long result = -1;

	if (!is_still_there(daemon))
		return false;
	if (process >= 0)
		result = syscall(SYS_pidfd_send_signal, process, SIGHUP, NULL, 0);
	if (process < 0 || (result < 0 && errno != ESRCH))
		result = kill(daemon->pid, SIGHUP);
	return result == 0;
}

/* Wait until a process has taken the signal, and come to rest after it: one that does not get a
 * processor has not. Return: false if it did not take it, in time. */
static bool wait_for_delivery(pid_t pid)
{
	long long end = clock_now() + RELOAD_MAX * NANOSECONDS_PER_MILLISECOND;
	bool pending = true;

	while ((pending = has_hangup(pid, "ShdPnd:")) || is_running(pid)) {
		if (clock_now() >= end)
			break;
		poll(NULL, 0, PAUSE);
	}
	return !pending;
}

/* The daemon looks for hooks first [virHookCall()]; what it then does with its networks and guests
 * may take longer than anybody wants to wait. A reload that was over before it was seen is one that
 * is over; so is that of a daemon that has gone. */
static bool reload(const struct daemon *daemon, bool *goes_on)
{
	if (!send_hangup(daemon))
		return true;
	if (!wait_for_delivery(daemon->pid))
		return false;
	(void)wait_for_thread(daemon->pid, RELOAD_THREAD, true, RELOAD_BEGINS);
	if (!wait_for_thread(daemon->pid, RELOAD_THREAD, false, RELOAD_MAX)) {
		log_warning("%s (process %d) goes on reloading; it knows the hooks already",
			daemon->name, daemon->pid);
		*goes_on = true;
	}
	return true;
}

static void complain_of_daemon(const struct daemon *daemon)
{
	log_error("%s (process %d) does not take a reload: systemctl reload %s", daemon->name,
		daemon->pid, daemon->name);
}

/* A list of daemons that have not looked. */
struct late {
	struct daemon *daemons;
	size_t count;
};

static void cleanup_late(struct late *late)
{
	free(late->daemons);
}

static struct late find_late(const char *root, struct timespec since)
{
	CLEANUP(cleanup_free) char *folder = hook_folder(root);
	struct late late;
	size_t count;
	size_t kept = 0;

	late.daemons = daemons_find(folder, &count);
	for (size_t i = 0; i < count; i++) {
		struct daemon daemon = late.daemons[i];
		if (!daemon_has_looked(root, &daemon, since))
			late.daemons[kept++] = daemon;
	}
	late.count = kept;
	return late;
}

/* How long all of them have to be ready without a break, in milliseconds: between a daemon's
 * handler and its drivers' thread is a moment in which it looks ready. */
static int quiet_needed(const struct late *late)
{
	for (size_t i = 0; i < late->count; i++) {
		if (age_of(&late->daemons[i]) < YOUNG)
			return QUIET;
	}
	return 0;
}

static bool is_among(const struct daemon *daemon, const struct late *late)
{
	for (size_t i = 0; i < late->count; i++) {
		if (late->daemons[i].pid == daemon->pid && late->daemons[i].start == daemon->start)
			return true;
	}
	return false;
}

static bool is_starting(const struct daemon *daemon)
{
	return !daemon->takes_reload || has_thread(daemon->pid, INIT_THREAD);
}

static bool one_is_starting(const struct late *late)
{
	for (size_t i = 0; i < late->count; i++) {
		if (is_starting(&late->daemons[i]))
			return true;
	}
	return false;
}

/* Wait until all that have not looked can be reloaded, or for as long as that may take. */
static struct late wait_for_late(const char *root, struct timespec since)
{
	long long begin = clock_now();
	long long quiet = begin;

	for (;;) {
		struct late late = find_late(root, since);
		long long now = clock_now();
		if (one_is_starting(&late))
			quiet = now;
		else if (now - quiet >= quiet_needed(&late) * NANOSECONDS_PER_MILLISECOND)
			return late;
		if (now - begin >= READY_MAX * NANOSECONDS_PER_MILLISECOND)
			return late;
		cleanup_late(&late);
		poll(NULL, 0, PAUSE);
	}
}

void daemons_wait(const char *root)
{
	struct late late = wait_for_late(root, DAEMONS_ALL);

	cleanup_late(&late);
}

/* Note those that have looked: all but the ones of which was complained. */
static void note_all_but(const char *root, const struct late *failed)
{
	CLEANUP(cleanup_free) char *folder = hook_folder(root);
	size_t kept = 0;
	size_t count;
	CLEANUP(cleanup_free) struct daemon *daemons = daemons_find(folder, &count);

	for (size_t i = 0; i < count; i++) {
		struct daemon daemon = daemons[i];
		if (!is_among(&daemon, failed))
			daemons[kept++] = daemon;
	}
	write_note(root, daemons, kept);
}

/* One that is not ready, or slow, does not keep the others from being told. */
int daemons_reload(const char *root, struct timespec since)
{
	CLEANUP(cleanup_late) struct late late = wait_for_late(root, since);
	struct late failed = {.daemons = late.daemons};
	bool goes_on = false;

	for (size_t i = 0; i < late.count; i++) {
		struct daemon daemon = late.daemons[i];
		if (!is_starting(&daemon) && reload(&daemon, &goes_on))
			continue;
		complain_of_daemon(&daemon);
		failed.daemons[failed.count++] = daemon;
	}
	if (late.count > 0)
		note_all_but(root, &failed);
	if (failed.count > 0)
		return -ETIMEDOUT;
	return goes_on ? DAEMONS_GO_ON : 0;
}
