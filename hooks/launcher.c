// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What libvirtd runs as a hook: it starts the program of the same name in LIBEXECDIR, with the same
 * arguments and descriptors, waits for it and ends as it does.
 *
 * That program needs libraries that others install and remove. Without one, the dynamic linker ends
 * it before it can see to itself, with 127, or with 1 for a wrong version [glibc elf/rtld.c], and
 * libvirtd would take that for a refusal and kill a guest that runs. This one needs libc only, and
 * passes a refusal on where there can be one: at "prepare" and "start" of a guest.
 */
#include "guard.h"
#include "log.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROGRAM LIBEXECDIR "/virt-netboot-" HOOK "-hook"

/* As a shell ends when it cannot run a program. */
#define EXIT_NOT_RUN 127

static bool may_refuse(int argc, char **argv)
{
	return strcmp(HOOK, "qemu") == 0 && argc > 2 &&
	       (strcmp(argv[2], "prepare") == 0 || strcmp(argv[2], "start") == 0);
}

/* The program dies with us, as it would if libvirtd had started it itself. */
static _Noreturn void run(char **argv, pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() == parent)
		execv(PROGRAM, argv);
	_exit(EXIT_NOT_RUN);
}

/* As a shell has it: for a death by a signal, 128 and that. */
static int wait_for(pid_t child)
{
	int status;

	while (waitpid(child, &status, 0) < 0) {
		if (errno != EINTR)
			return EXIT_NOT_RUN;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void log_failure(const char *object, int status)
{
	log_set_object(strcmp(HOOK, "qemu") == 0 ? "guest" : "network", object);
	if (status > 128)
		log_error(PROGRAM " was ended by signal %d; what it had not done yet was not done",
			status - 128);
	else
		log_error(PROGRAM " did not run, and nothing was done (status %d); does it lack a "
				  "library? ldd says so",
			status);
}

int main(int argc, char **argv)
{
	/* Ignored, as it may be inherited, it would keep us from the child's status [wait(2)]. */
	signal(SIGCHLD, SIG_DFL);

	pid_t parent = getpid();
	pid_t child = fork();

	if (child == 0)
		run(argv, parent);
	int status = child < 0 ? EXIT_NOT_RUN : wait_for(child);
	if (status == 0 || argc < 3)
		return status;
	if (status == GUARD_REFUSED && may_refuse(argc, argv))
		return 1;
	log_failure(argv[1], status);
	return 0;
}
