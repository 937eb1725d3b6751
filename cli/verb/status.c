// SPDX-License-Identifier: GPL-2.0-or-later
/* virt-netboot status: says whether libvirt runs the hooks. */
#include "alloc.h"
#include "cleanup.h"
#include "daemons.h"
#include "exit_status.h"
#include "hook_links.h"
#include "hook_names.h"
#include "root.h"
#include "verbs.h"
#include "wants_drop_ins.h"

#include <stdio.h>
#include <string.h>

/* [virt-netboot-findings(7)] */
#define FINDING "hook-not-active"

static const char usage[] = "usage: virt-netboot status [OPTION]...\n"
			    "\n"
			    "Says whether libvirt runs the hooks.\n"
			    "\n"
			    "  --root FOLDER      in the tree of files that is there\n";

/* As virt-host-validate(1) prints. Return: @passed. */
static bool print_check(const char *what, const char *check, bool passed, const char *hint)
{
	printf("%7s: Checking %-60s : %s", what, check, passed ? "PASS" : "FAIL");
	if (!passed)
		printf(" (" FINDING ": %s)", hint);
	putchar('\n');
	return passed;
}

static bool print_link(const char *root, const char *hook, bool drop_in)
{
	CLEANUP(hook_link_clear) struct hook_link link;
	CLEANUP(cleanup_free) char *check = NULL;
	const char *what = strcmp(hook, "qemu") == 0 ? "QEMU" : "NETWORK";
	const char *hint = "virt-netboot enable";

	hook_link_examine(root, hook, &link);
	bool is_misplaced = drop_in && link.is_first;
	check = link.path ? alloc_format("for the hook %s", link.path)
			  : alloc_format("for the hook " HOOKDIR "/%s", hook);
	if (link.trouble)
		hint = link.trouble;
	else if (link.blocked)
		hint = "SELinux: see confinement.md";
	else if (link.path && !link.works)
		hint = "what the link leads to is missing: install virt-netboot anew";
	else if (!link.path && link.beside)
		hint = "somebody else's hook is there: virt-netboot enable";
	else if (is_misplaced)
		hint = "place = drop-in: virt-netboot enable";
	return print_check(what, check, link.works && !link.trouble && !is_misplaced, hint);
}

static bool print_daemons(const char *root)
{
	CLEANUP(cleanup_free) char *folder = hook_folder(root);
	struct timespec since = hook_links_made(root);
	size_t count;
	CLEANUP(cleanup_free) struct daemon *daemons = daemons_find(folder, &count);
	bool passed = true;

	for (size_t i = 0; i < count; i++) {
		CLEANUP(cleanup_free)
		char *check = alloc_format("if %s (process %d) was started or reloaded since",
			daemons[i].name, daemons[i].pid);
		passed &= print_check("DAEMON", check, daemon_has_looked(root, &daemons[i], since),
			"virt-netboot enable, unless you have reloaded it yourself");
	}
	return passed;
}

int verb_status(int argc, char **argv)
{
	CLEANUP(cleanup_free) char *root = NULL;
	int status = root_parse(argc, argv, "status", usage, &root, NULL);
	bool passed = true;

	if (status != EXIT_DONE || !root)
		return status;
	bool drop_in = wants_drop_ins(root);
	for (size_t i = 0; i < HOOKS; i++)
		passed &= print_link(root, hook_names[i], drop_in);
	passed &= print_daemons(root);
	return passed ? EXIT_DONE : EXIT_FAULTS;
}
