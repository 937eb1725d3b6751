// SPDX-License-Identifier: GPL-2.0-or-later
/* virt-netboot: the command for people. See virt-netboot(8). */
#include "close_output.h"
#include "exit_status.h"
#include "log.h"
#include "verbs.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct verb {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *help;
} verbs[] = {
	{"check", verb_check, "say whether a guest would get its address here"},
	{"probe", verb_probe, "ask for an address as a guest would"},
	{"repair", verb_repair, "do now what the hooks do, or take it back"},
	{"show", verb_show, "draw the bridges, their ports and guests"},
	{"explain", verb_explain, "say what a finding means and what to do"},
	{"enable", verb_enable, "switch the hooks on"},
	{"disable", verb_disable, "switch the hooks off"},
	{"status", verb_status, "say whether libvirt runs the hooks"},
	{"rewrite", verb_rewrite, "change the XML of a guest or network"},
};

#define VERB_COUNT (sizeof(verbs) / sizeof(verbs[0]))

static void print_usage(FILE *file)
{
	fputs("usage: virt-netboot VERB [OPTION]... | --help | --version\n\n", file);
	for (size_t i = 0; i < VERB_COUNT; i++)
		fprintf(file, "    %-10s %s\n", verbs[i].name, verbs[i].help);
	fputs("\nFor more see virt-netboot VERB --help, and virt-netboot(8).\n", file);
}

/* A descriptor that is closed would be taken by the next file to be opened. What is opened instead
 * can neither be read nor written, and needs no /dev. */
static void hold_standard_descriptors(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) < 0 && open("/", O_PATH) < 0)
			return;
	}
}

static int run_verb(int argc, char **argv)
{
	for (size_t i = 0; i < VERB_COUNT; i++) {
		if (strcmp(argv[1], verbs[i].name) != 0)
			continue;
		/* For getopt(3), which starts its messages with it. */
		argv[1] = argv[0];
		return verbs[i].run(argc - 1, argv + 1);
	}
	log_error("'%s' is not a verb", argv[1]);
	print_usage(stderr);
	return EXIT_USAGE;
}

static int run(int argc, char **argv)
{
	if (argc < 2) {
		print_usage(stderr);
		return EXIT_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0) {
		print_usage(stdout);
		return EXIT_DONE;
	}
	if (strcmp(argv[1], "--version") == 0) {
		printf("virt-netboot %s\n", VERSION);
		return EXIT_DONE;
	}
	return run_verb(argc, argv);
}

/* Who does not read what is printed does not stop the work; that it was lost is said at the end. */
int main(int argc, char **argv)
{
	hold_standard_descriptors();
	(void)signal(SIGPIPE, SIG_IGN);
	int status = run(argc, argv);
	int lost = close_output();

	if (lost == 0)
		return status;
	log_error("standard output: %s", strerror(-lost));
	return status == EXIT_DONE ? EXIT_LEFT : status;
}
