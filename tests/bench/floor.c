// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Forks; the child loads the libraries that the qemu hook's worker is linked with (floor_library.c)
 * and does nothing: the floor for a hook that has work to do. The library is beside the program.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
	char path[4096];
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 4);
	int status;

	if (length < 0)
		return 1;
	snprintf(path + length, 4, ".so");
	pid_t child = fork();
	if (child == 0)
		_exit(dlopen(path, RTLD_NOW | RTLD_LOCAL) ? 0 : 1);
	return waitpid(child, &status, 0) == child && status == 0 ? 0 : 1;
}
