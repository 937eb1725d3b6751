// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * virt-netboot enable: has libvirt run the hooks.
 *
 * The packages' scripts call it, and disable, also where there is no libvirt, or no host at all:
 * then there are links and nothing else, and nothing is said.
 */
#include "at_boot.h"
#include "cleanup.h"
#include "daemons.h"
#include "exit_status.h"
#include "hook_links.h"
#include "hook_names.h"
#include "hook_runs.h"
#include "one_at_a_time.h"
#include "root.h"
#include "verbs.h"
#include "wants_drop_ins.h"

static const char usage[] =
	"usage: virt-netboot enable [OPTION]...\n"
	"\n"
	"Switches the hooks on: makes their links and reloads libvirt's daemons.\n"
	"\n"
	"  --drop-in          make the links in network.d and qemu.d, and leave the names network\n"
	"                     and qemu to other hooks\n"
	"  --at-boot          also have systemd run 'virt-netboot repair --all' at boot, and "
	"after\n"
	"                     restarts of libvirt's daemons, firewalld, docker and nftables\n"
	"  --root DIRECTORY   act on the directory tree there, an image for example\n";

/* Of two links one is enough, as soon as libvirt is not about to follow it. */
static int make_link(const char *root, const char *hook, bool drop_in)
{
	int result = hook_link_add(root, hook, drop_in);

	if (result != 0 || !hook_link_is_double(root, hook))
		return result;
	hooks_wait_for_pause(root);
	return hook_link_remove_second(root, hook, drop_in);
}

static int make_links(const char *root, bool drop_in)
{
	int status = EXIT_DONE;

	for (size_t i = 0; i < HOOKS; i++) {
		hook_link_tidy(root, hook_names[i]);
		if (make_link(root, hook_names[i], drop_in) != 0)
			status = EXIT_FAILED;
	}
	return status;
}

int verb_enable(int argc, char **argv)
{
	CLEANUP(cleanup_free) char *root = NULL;
	CLEANUP(cleanup_fd) int lock = -1;
	struct enable_options options = {0};
	int status = root_parse(argc, argv, "enable", usage, &root, &options);

	if (status != EXIT_DONE || !root)
		return status;
	if (!one_at_a_time(root, &lock))
		return EXIT_FAILED;
	status = make_links(root, options.drop_in || wants_drop_ins(root));
	if (daemons_reload(root, hook_links_made(root)) < 0)
		status = EXIT_FAILED;
	if (options.at_boot && at_boot_enable(root) != 0)
		status = EXIT_FAILED;
	return status;
}
