// SPDX-License-Identifier: GPL-2.0-or-later
#include "output.h"

#include "alloc.h"
#include "cleanup.h"
#include "log.h"
#include "run_program.h"
#include "write_all.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

/* The exit status of diff where there are any. */
#define DIFFERENCES 1

int output_write(struct text text)
{
	int result = write_all(STDOUT_FILENO, text.start, text.length);

	if (result != 0)
		log_error("standard output: %s", strerror(-result));
	return result;
}

/* A file without a name that diff can open; its path goes to @path. Return: its descriptor. */
static int text_file(struct text text, char path[32])
{
	int fd = memfd_create("virt-netboot", 0);
	int result = fd < 0 ? -errno : write_all(fd, text.start, text.length);

	if (result != 0) {
		if (fd >= 0)
			close(fd);
		return result;
	}
	snprintf(path, 32, "/proc/self/fd/%d", fd);
	return fd;
}

int output_diff(const char *name, struct text before, struct text after)
{
	char paths[2][32];
	CLEANUP(cleanup_free) char *label = alloc_format("--label=%s", name);
	CLEANUP(cleanup_fd) int one = text_file(before, paths[0]);
	CLEANUP(cleanup_fd) int other = text_file(after, paths[1]);
	char diff[] = "diff";
	char unified[] = "--unified";
	char *argv[] = {diff, unified, label, label, paths[0], paths[1], NULL};
	int result = one < 0 ? one : other < 0 ? other : run_program(argv, DIFFERENCES);

	if (result != 0)
		log_error("diff: %s", strerror(-result));
	return result;
}
