// SPDX-License-Identifier: GPL-2.0-or-later
/* virt-netboot status: says whether libvirt runs the hooks. */
#include "at_boot.h"
#include "cleanup.h"
#include "exit_status.h"
#include "hook_states.h"
#include "root.h"
#include "verbs.h"
#include "wants_drop_ins.h"

#include <stdio.h>
#include <string.h>

/* [virt-netboot-findings(7)] */
#define FINDING "hook-not-active"

static const char usage[] =
	"usage: virt-netboot status [OPTION]...\n"
	"\n"
	"Says whether libvirt runs the hooks.\n"
	"\n"
	"  --root DIRECTORY   act on the directory tree there, an image for example\n";

/* As virt-host-validate(1) prints. */
static void print_state(const struct hook_state *state)
{
	const char *what = "DAEMON";

	if (state->hook)
		what = strcmp(state->hook, "qemu") == 0 ? "QEMU" : "NETWORK";
	printf("%7s: Checking %-60s : %s", what, state->what, state->passed ? "PASS" : "FAIL");
	if (!state->passed)
		printf(" (" FINDING ": %s)", state->hint);
	putchar('\n');
}

/* Not to have it is no failure: it is off unless somebody has switched it on. */
static void print_at_boot(enum at_boot at_boot)
{
	static const char *const states[] = {
		[AT_BOOT_OFF] = "NOTE (off; virt-netboot enable --at-boot)",
		[AT_BOOT_ON] = "PASS",
		[AT_BOOT_MASKED] = "NOTE (off; " AT_BOOT_UNIT " is masked)",
	};

	printf("%7s: Checking %-60s : %s\n", "BOOT", "for repairs at boot", states[at_boot]);
}

int verb_status(int argc, char **argv)
{
	CLEANUP(cleanup_free) char *root = NULL;
	int status = root_parse(argc, argv, "status", usage, &root, NULL);
	CLEANUP(hook_states_clear) struct hook_states states = {0};
	bool passed = true;

	if (status != EXIT_DONE || !root)
		return status;
	hook_states_find(root, wants_drop_ins(root), &states);
	for (size_t i = 0; i < states.count; i++) {
		print_state(&states.states[i]);
		passed = passed && states.states[i].passed;
	}
	print_at_boot(at_boot_find(root));
	return passed ? EXIT_DONE : EXIT_FAULTS;
}
