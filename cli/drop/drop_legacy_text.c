// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Only iptables itself knows how all its matches and targets are written, so it is asked. It gets
 * the names of a table and a chain that the kernel has told, as they are, and no shell reads them.
 */
#include "alloc.h"
#include "cleanup.h"
#include "drop_legacy.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#define PROGRAM "iptables-legacy"
#define LINE_SIZE 1024

/* How long it may take to list one rule. */
#define TIME 500 /* ms */

static _Noreturn void run(int output, char *const *arguments)
{
	int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (nothing >= 0 && dup2(nothing, STDIN_FILENO) >= 0 && dup2(output, STDOUT_FILENO) >= 0 &&
		dup2(nothing, STDERR_FILENO) >= 0)
		(void)execvp(PROGRAM, arguments);
	_exit(127);
}

/* The first line, or nothing if it does not come in time. */
static void read_line(int input, char *line, size_t size)
{
	size_t length = 0;
	struct pollfd ready = {.fd = input, .events = POLLIN};

	while (length + 1 < size && !memchr(line, '\n', length) && poll(&ready, 1, TIME) == 1) {
		ssize_t got = read(input, line + length, size - 1 - length);
		if (got <= 0)
			break;
		length += (size_t)got;
	}
	line[length] = '\0';
	line[strcspn(line, "\n")] = '\0';
}

/* One rule, or with number 0 the line with the policy, which is the first one. */
char *drop_legacy_text(const char *table, const char *chain, unsigned int number)
{
	CLEANUP(cleanup_free) char *rule = alloc_format("%u", number);
	CLEANUP(cleanup_free) char *in_table = alloc_copy(table);
	CLEANUP(cleanup_free) char *in_chain = alloc_copy(chain);
	char program[] = PROGRAM;
	char table_option[] = "-t";
	char list_option[] = "-S";
	char *const arguments[] = {
		program, table_option, in_table, list_option, in_chain, number ? rule : NULL, NULL};
	char line[LINE_SIZE] = "";
	int ends[2];

	/* It would be taken for an option. */
	if (*chain == '-' || pipe2(ends, O_CLOEXEC) < 0)
		return NULL;
	pid_t child = fork();
	if (child == 0)
		run(ends[1], arguments);
	close(ends[1]);
	if (child > 0) {
		read_line(ends[0], line, sizeof(line));
		(void)kill(child, SIGKILL);
		(void)waitpid(child, NULL, 0);
	}
	close(ends[0]);
	return *line == '-' ? alloc_copy(line) : NULL;
}
