// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A worker that does what a worker must not do: what, is the first line of the file
 * /run/bad-worker. It takes the place of a hook's own (tests/libvirt/broken-worker.sh).
 */
#include "worker.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char fault[64];

static bool is(const char *wanted)
{
	return strcmp(fault, wanted) == 0;
}

static void run(struct progress_memory *memory, const struct event *event)
{
	(void)event;
	snprintf(memory->step, sizeof(memory->step), "being bad");
	if (is("killed"))
		raise(SIGKILL);
	if (is("stopped"))
		raise(SIGSTOP);
	if (is("status"))
		_exit(129);
	if (is("garbage"))
		memset(memory, 0xa5, offsetof(struct progress_memory, answer) + 4096);
	if (is("refuses")) {
		snprintf(memory->refusal, sizeof(memory->refusal), "no");
		memory->outcome = PROGRESS_REFUSED;
	}
	if (is("answers")) {
		memory->answer_length =
			(size_t)snprintf(memory->answer, sizeof(memory->answer), "<domain/>");
		memory->outcome = PROGRESS_ANSWERED;
	}
	if (is("zeros")) {
		memset(memory, 0, offsetof(struct progress_memory, answer) + 4096);
		pause();
	}
}

extern struct worker WORKER;

__attribute__((visibility("default"))) struct worker WORKER = {
	.version = WORKER_VERSION,
	.run = run,
};

/* Runs as the dynamic linker loads the file. */
__attribute__((constructor)) static void load(void)
{
	FILE *file = fopen("/run/bad-worker", "re");

	if (!file || !fgets(fault, sizeof(fault), file))
		return;
	fclose(file);
	fault[strcspn(fault, "\n")] = '\0';
	if (is("hangs in the dynamic linker"))
		pause();
	if (is("is stopped in the dynamic linker"))
		raise(SIGSTOP);
	if (is("crashes in a constructor"))
		abort();
	if (is("of another version"))
		snprintf(WORKER.version, sizeof(WORKER.version), "0.0.9-1");
	if (is("without a version"))
		memset(WORKER.version, 0xff, sizeof(WORKER.version));
}
