// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * bench-floor forks; the child loads the libraries that the qemu hook's worker is linked with
 * (floor_library.c) and does nothing: the floor for a hook that has work to do. bench-exec is the
 * same program under another name: its child becomes a program that is linked with the libraries.
 * What they load or run is beside them.
 */
#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static _Noreturn void run_child(const char *path, bool becomes_program)
{
	if (becomes_program)
		execl(path, path, (char *)NULL);
	else if (dlopen(path, RTLD_NOW | RTLD_LOCAL))
		_exit(0);
	_exit(1);
}

int main(void)
{
	char path[4096];
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 7);
	int status;

	if (length < 0)
		return 1;
	path[length] = '\0';
	bool becomes_program = strstr(path, "/bench-exec") != NULL;
	snprintf(path + length, 7, "%s", becomes_program ? "-child" : ".so");
	pid_t child = fork();
	if (child == 0)
		run_child(path, becomes_program);
	return waitpid(child, &status, 0) == child && status == 0 ? 0 : 1;
}
