// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What libvirtd runs as a hook. It needs libc only: it ends at once where nothing is to be done,
 * and is otherwise the guard of a child process that loads the worker, and with it the libraries.
 *
 * Libraries are what others install and remove. A program that was linked with one that has gone
 * would be ended by the dynamic linker before its first line, with 127, or with 1 for a wrong
 * version [glibc elf/rtld.c], and libvirtd would take that for a refusal and kill a guest that
 * runs. In a child it is one line in the log.
 */
#include "close_output.h"
#include "guard.h"
#include "log.h"
#include "operations.h"
#include "worker.h"

#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#ifdef HOOK_NETWORK
#define HOOK "network"
#define OBJECT "network"
#define OPERATIONS network_operations
#else
#define HOOK "qemu"
#define OBJECT "guest"
#define OPERATIONS qemu_operations
#endif

#define PROGRAM "virt-netboot-" HOOK "-hook"
#define WORKER_FILE LIBEXECDIR "/" HOOK "-worker.so"

static int print_usage(FILE *file, int status)
{
	fprintf(file, "usage: " PROGRAM " OBJECT OPERATION SUBOPERATION EXTRA <XML\n"
		      "\n"
		      "A hook that libvirtd runs; see virt-netboot-hooks(7).\n"
		      "Operations that it acts on:");
	for (const struct operation *operation = OPERATIONS; operation->name; operation++) {
		if (operation->kind != EVENT_IGNORED)
			fprintf(file, " %s", operation->name);
	}
	fprintf(file, "\n");
	return status;
}

/* What was printed for a person has come through, or that is said. Return: an exit status. */
static int end_of_output(void)
{
	int lost = close_output();

	if (lost != 0)
		fprintf(stderr, PROGRAM ": standard output: %s\n", strerror(-lost));
	return lost == 0 ? 0 : 1;
}

/* Not as libvirt calls a hook. */
static int run_by_a_person(int argc, char **argv)
{
	(void)signal(SIGPIPE, SIG_IGN);
	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		print_usage(stdout, 0);
		return end_of_output();
	}
	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		puts(PROGRAM " " VERSION);
		return end_of_output();
	}
	return print_usage(stderr, argc < 2 ? 2 : 0);
}

/* Return: NULL for one that this version does not know, or that needs nothing. */
static const struct operation *find_operation(const char *name)
{
	for (const struct operation *operation = OPERATIONS; operation->name; operation++) {
		if (strcmp(operation->name, name) == 0)
			return operation->kind == EVENT_IGNORED ? NULL : operation;
	}
	return NULL;
}

/* In the child. */
static void load_and_run(struct progress_memory *memory, void *argument)
{
	const struct event *event = argument;

	progress_step("loading " WORKER_FILE);
	void *file = dlopen(WORKER_FILE, RTLD_NOW | RTLD_LOCAL);
	const struct worker *worker = file ? dlsym(file, WORKER_NAME) : NULL;
	if (!worker) {
		log_error("nothing was done: %s", dlerror());
		return;
	}
	if (strncmp(worker->version, WORKER_VERSION, sizeof(worker->version)) != 0) {
		log_error("nothing was done: " WORKER_FILE " is of version %.*s, and " PROGRAM
			  " of version " WORKER_VERSION "; is an upgrade under way?",
			(int)sizeof(worker->version), worker->version);
		return;
	}
	worker->run(memory, event);
}

int main(int argc, char **argv)
{
	const struct operation *operation = argc > 2 ? find_operation(argv[2]) : NULL;
	struct event event;

	if (argc < 3)
		return run_by_a_person(argc, argv);
	if (!operation)
		return 0;
	guard_begin();
	event = (struct event){.object = argv[1], .operation = argv[2], .kind = operation->kind};
	log_set_object(OBJECT, event.object);
	const struct guarded guarded = {
		.work = load_and_run,
		.argument = &event,
		.may_refuse = operation->may_refuse,
		.may_answer = operation->may_answer,
	};
	return guard_run(&guarded);
}
