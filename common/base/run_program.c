// SPDX-License-Identifier: GPL-2.0-or-later
#include "run_program.h"

#include <errno.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

int run_program(char *const argv[], int highest)
{
	pid_t pid;
	int status;
	int result = -posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ);

	if (result != 0)
		return result;
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	return WIFEXITED(status) && WEXITSTATUS(status) <= highest ? 0 : -EIO;
}
