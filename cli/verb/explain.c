// SPDX-License-Identifier: GPL-2.0-or-later
/* virt-netboot explain: what a finding or a line of `virt-netboot check` means, and what to do. */
#include "explain.h"

#include "cleanup.h"
#include "exit_status.h"
#include "log.h"
#include "terminal.h"
#include "usage_error.h"
#include "verbs.h"

#include <getopt.h>

/* Longer lines are hard to read, however wide the terminal is. */
#define WIDTH_MAX 100
#define WIDTH_DEFAULT 80

static const char usage[] = "usage: virt-netboot explain [NAME]...\n"
			    "\n"
			    "Says what a finding, or a line of `virt-netboot check`, means and "
			    "what to do.\n"
			    "NAME is the name of a finding (bridge-hold) or of a line "
			    "(bridge-hold-time). Without\n"
			    "NAME, lists all names.\n";

static int unknown(const char *name)
{
	CLEANUP(cleanup_free) char *near = explain_near(name);

	if (*near)
		log_error("unknown finding '%s'; did you mean: %s", name, near);
	else
		log_error("unknown finding '%s'; virt-netboot explain lists all", name);
	return EXIT_USAGE;
}

static struct explain_style style_of_output(void)
{
	unsigned int width = WIDTH_DEFAULT;

	(void)terminal_size(&width, NULL);
	return (struct explain_style){
		.width = width < WIDTH_MAX ? width : WIDTH_MAX,
		.bold = terminal_has_styles(),
	};
}

/* Those that are known are explained, whatever the others are. */
static int explain_all(char **names)
{
	struct explain_style style = style_of_output();
	int status = EXIT_DONE;
	bool first = true;

	for (; *names; names++) {
		const struct explanation *explanation = explain_find(*names);
		if (!explanation) {
			status = unknown(*names);
			continue;
		}
		if (!first)
			fputs("\n\n", stdout);
		explain_print(stdout, &style, explanation);
		first = false;
	}
	return status;
}

int verb_explain(int argc, char **argv)
{
	static const struct option options[] = {
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	int option = getopt_long(argc, argv, "", options, NULL);

	if (option == 'h') {
		fputs(usage, stdout);
		return EXIT_DONE;
	}
	if (option != -1)
		return usage_error("explain");
	if (optind < argc)
		return explain_all(&argv[optind]);
	explain_list(stdout);
	return EXIT_DONE;
}
