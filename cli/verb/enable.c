// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * virt-netboot enable: has libvirt run the hooks.
 *
 * The packages' scripts call it, and disable, also where there is no libvirt, or no host at all:
 * then there are links and nothing else, and nothing is said.
 */
#include "cleanup.h"
#include "daemons.h"
#include "exit_status.h"
#include "hook_links.h"
#include "hook_names.h"
#include "hook_runs.h"
#include "root.h"
#include "verbs.h"

static const char usage[] =
	"usage: virt-netboot enable [OPTION]...\n"
	"\n"
	"Has libvirt run the hooks: makes their links, and reloads the daemons that run.\n"
	"\n"
	"  --root FOLDER      in the tree of files that is there\n";

/* Of two links one is enough, as soon as libvirt is not about to follow it. */
static int remove_second(const char *root, const char *hook)
{
	if (!hook_link_is_double(root, hook))
		return 0;
	hooks_wait_for_pause(root);
	return hook_link_remove_second(root, hook);
}

int verb_enable(int argc, char **argv)
{
	CLEANUP(cleanup_free) char *root = NULL;
	int status = root_parse(argc, argv, "enable", usage, &root);

	if (status != EXIT_DONE || !root)
		return status;
	for (size_t i = 0; i < HOOKS; i++) {
		if (hook_link_add(root, hook_names[i]) != 0 ||
			remove_second(root, hook_names[i]) != 0)
			status = EXIT_FAILED;
	}
	if (daemons_reload(root, hook_links_made(root)) != 0)
		status = EXIT_FAILED;
	return status;
}
